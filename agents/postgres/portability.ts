/** What the server asks for when data moves: the member `portability` of a job's parameters. */
import { JobFailure } from '@fulcrum/agent-sdk'
import type { AnyJson, JsonObject } from '@fulcrum/contract'
import { CONTENT_ALGORITHM } from './database/index.ts'
import { isObject } from './service-properties.ts'

export type ExportWish = { artifactId: string; kind: string; retentionDays?: number }

export type ImportWish = {
  artifactId: string
  sha256?: string
  /** That the exporting server had; empty when it is not known. */
  extensions: { name: string; version: string }[]
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @returns null for an ordinary job @throws JobFailure that names the member */
export function exportWish(params: JsonObject): ExportWish | null {
  const wish = portabilityOf(params)
  if (!wish) return null
  const { kind, retentionDays } = wish
  if (typeof kind !== 'string') throw new JobFailure('params.portability.kind must be a text')
  if (retentionDays !== undefined && retentionDays !== null && typeof retentionDays !== 'number')
    throw new JobFailure('params.portability.retentionDays must be a number')
  return { artifactId: artifactIdOf(wish), kind, ...(typeof retentionDays === 'number' && { retentionDays }) }
}

/** @returns null for an ordinary job @throws JobFailure that names the member */
export function importWish(params: JsonObject): ImportWish | null {
  const wish = portabilityOf(params)
  if (!wish) return null
  const { sha256, content } = wish
  if (sha256 !== undefined && sha256 !== null && typeof sha256 !== 'string')
    throw new JobFailure('params.portability.sha256 must be a text')
  return {
    artifactId: artifactIdOf(wish),
    ...(typeof sha256 === 'string' && { sha256 }),
    extensions: extensionsOf(content),
  }
}

function portabilityOf({ portability }: JsonObject): JsonObject | null {
  if (portability === undefined || portability === null) return null
  if (!isObject(portability)) throw new JobFailure('params.portability must be an object')
  return portability
}

function artifactIdOf({ artifactId }: JsonObject): string {
  if (typeof artifactId !== 'string' || !UUID.test(artifactId))
    throw new JobFailure('params.portability.artifactId must be a UUID')
  return artifactId
}

/** Only our own digest is understood; what another kind of agent tells of its content is nothing to rely on. */
function extensionsOf(content: AnyJson | undefined): ImportWish['extensions'] {
  if (!isObject(content) || content.algorithm !== CONTENT_ALGORITHM || !Array.isArray(content.extensions)) return []
  return content.extensions.flatMap((entry) =>
    isObject(entry) && typeof entry.name === 'string' && typeof entry.version === 'string'
      ? [{ name: entry.name, version: entry.version }]
      : [],
  )
}
