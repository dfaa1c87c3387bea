/** Artifacts of the test server, in memory. */
import { createHash } from 'node:crypto'
import type { Agent, Artifact } from '@fulcrum/contract'
import type { ApiAnswer, ApiRequest } from './answers.ts'
import { timestamp } from './shapes.ts'

export type ArtifactShelf = {
  readonly all: Map<string, { artifact: Artifact; content: Buffer }>
  /** Puts a finished artifact there. */
  add(id: string, serviceId: string, content: Buffer, members?: Partial<Artifact>): Artifact
  /** @returns undefined when the request is not about artifacts */
  answer(request: ApiRequest): ApiAnswer | undefined
}

export function createArtifactShelf(agent: Agent): ArtifactShelf {
  const all: ArtifactShelf['all'] = new Map()

  function describe(id: string, serviceId: string, members: Partial<Artifact>): Artifact {
    return {
      id,
      serviceId,
      providerId: agent.providerId,
      consumerId: agent.providerId,
      agentId: agent.id,
      kind: 'backup',
      format: 'raw',
      state: 'Uploading',
      sizeBytes: 0,
      createdAt: timestamp(),
      updatedAt: timestamp(),
      ...members,
    }
  }

  function put(id: string, { query, body }: ApiRequest): ApiAnswer {
    const offset = Number(query.get('offset') ?? 0)
    const known = all.get(id)
    const before = known?.content ?? Buffer.alloc(0)
    if (known?.artifact.state === 'Complete') return refusal(409, 'the artifact is finished')
    if (offset !== before.length) return refusal(409, `the next piece starts at ${before.length}`)
    const content = Buffer.concat([before, body])
    const isLast = query.get('complete') !== 'false'
    const digest = createHash('sha256').update(content).digest('hex')
    if (isLast && query.has('sha256') && query.get('sha256') !== digest) return refusal(400, 'the digest differs')
    const artifact = known?.artifact ?? describe(id, query.get('serviceId') ?? '', {})
    const next: Artifact = {
      ...artifact,
      kind: query.get('kind') ?? artifact.kind,
      format: query.get('format') ?? artifact.format,
      sizeBytes: content.length,
      updatedAt: timestamp(),
      ...(isLast ? { state: 'Complete', sha256: digest } : {}),
    }
    all.set(id, { artifact: next, content })
    return { status: 200, body: next }
  }

  function get(id: string, range: string | undefined): ApiAnswer {
    const found = all.get(id)
    if (!found) return refusal(404, 'no such artifact')
    if (found.artifact.state !== 'Complete') return refusal(409, 'the artifact is not finished')
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    return { status: from > 0 ? 206 : 200, body: found.content.subarray(from) }
  }

  return {
    all,
    add(id, serviceId, content, members = {}) {
      const sha256 = createHash('sha256').update(content).digest('hex')
      const artifact = describe(id, serviceId, { state: 'Complete', sizeBytes: content.length, sha256, ...members })
      all.set(id, { artifact, content })
      return artifact
    },
    answer(request) {
      const [, kind, id = '', part] = request.path.split('/')
      if (kind !== 'artifacts' || id === '') return undefined
      if (request.method === 'PUT') return put(id, request)
      if (request.method === 'DELETE') return all.delete(id) ? { status: 204 } : refusal(404, 'no such artifact')
      if (part !== 'info') return get(id, request.range)
      const found = all.get(id)
      return found ? { status: 200, body: found.artifact } : refusal(404, 'no such artifact')
    },
  }
}

function refusal(status: number, error: string): ApiAnswer {
  return { status, body: { status: 'Refused', error } }
}
