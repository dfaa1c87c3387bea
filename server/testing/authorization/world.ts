/**
 * Where the matrix is tried: one server, two whole federations that must not see each other, and a third in which somebody is
 * disabled. Whatever a federation makes is named after it, so that a stray name shows whose it is.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import type { Operation } from '@fulcrum/contract'
import { type KeycloakStandIn, startKeycloakStandIn } from '../../keycloak-users/testing.ts'
import { aFederation, type TestFederation } from '../federation.ts'
import { type Caller, startTestServer, type TestServer } from '../test-server.ts'
import type { Parts, Walk } from '../walk.ts'
import { type CallerName, describeCaller, type Side } from './expectations.ts'
import { fingerprints, Watch } from './watch.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
export type Answer = { status: number; text: string; body: any }

/** A call; `search` instead of `query` where parameters are repeated. */
export type Request = Parts & { search?: URLSearchParams }

export type World = {
  server: TestServer
  walks: Readonly<Record<Side, Walk>>
  /** The bearer of each caller; null: none. */
  tokens: Readonly<Record<CallerName, string | null>>
  /** Whom the caller's token speaks for. */
  identities: Readonly<Partial<Record<CallerName, { participantId: string; agentId: string | null }>>>
  /** The id of the other agent of each side's provider. */
  siblings: Readonly<Record<Side, string>>
  watch: Watch
  /** What the database holds now, one line for each table. */
  fingerprint(): Promise<string[]>
  /** Calls an operation; `token` instead of the caller's own where the object has one of its own. */
  send(operation: Operation, caller: CallerName, parts: Request, token?: string): Promise<Answer>
  stop(): Promise<void>
}

export async function aWorld(): Promise<World> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-authorization-'))
  const keycloak: KeycloakStandIn = await startKeycloakStandIn()
  const server = await startTestServer({
    FULCRUM_DATA_DIR: dataDir,
    // its rounds write what the fingerprints would take for the work of a request
    FULCRUM_VAULT_INTERVAL: 'off',
    FULCRUM_MIGRATION_DRIVER: 'false',
    FULCRUM_SOVEREIGNTY_INTERVAL: '24h',
    ...keycloak.environment,
  })
  const first = await aSide(server, 'first')
  const second = await aSide(server, 'second')
  const third = await aSide(server, 'third')
  const watch = new Watch()

  const tokens: Record<CallerName, string | null> = {
    nobody: null,
    unknown: randomUUID(),
    expired: await deadToken(server, (id) => server.admin.patch(`/tokens/${id}`, { expireAt: justNow() })),
    deleted: await deadToken(server, (id) => server.admin.delete(`/tokens/${id}`)),
    admin: server.admin.token,
    provider: first.own.provider.caller.token,
    consumer: first.own.consumer.caller.token,
    agent: first.own.agent.caller.token,
    sibling: first.sibling.caller.token,
    installer: await lastingInstallation(server, first.walk),
    otherProvider: second.own.provider.caller.token,
    otherConsumer: second.own.consumer.caller.token,
    otherAgent: second.own.agent.caller.token,
    disabledProvider: third.own.provider.caller.token,
    agentOfDisabledProvider: third.own.agent.caller.token,
    disabledConsumer: third.own.consumer.caller.token,
    disabledAgent: third.own.agent.caller.token,
  }
  const providerOf = ({ own }: OneSide) => ({ participantId: own.provider.id, agentId: null })
  const consumerOf = ({ own }: OneSide) => ({ participantId: own.consumer.id, agentId: null })
  const agentOf = ({ own }: OneSide) => ({ participantId: own.provider.id, agentId: own.agent.id })
  return {
    server,
    walks: { first: first.walk, second: second.walk, third: third.walk },
    tokens,
    identities: {
      provider: providerOf(first),
      consumer: consumerOf(first),
      agent: agentOf(first),
      sibling: { ...agentOf(first), agentId: first.sibling.id },
      otherProvider: providerOf(second),
      otherConsumer: consumerOf(second),
      otherAgent: agentOf(second),
    },
    siblings: { first: first.sibling.id, second: second.sibling.id, third: third.sibling.id },
    watch,
    fingerprint: await fingerprints(server.platform.db),
    send: async (operation, caller, parts, token) => {
      const answer = await send(server, operation, token ?? tokens[caller], parts)
      const { side } = describeCaller(caller)
      if (caller !== 'admin') watch.note(operation, side ?? null, caller, parts, answer)
      return answer
    },
    stop: async () => {
      CONNECTIONS.destroy()
      await server.stop()
      await keycloak.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

type OneSide = { own: TestFederation; sibling: { id: string; caller: Caller }; walk: Walk }

let serial = 0

/** A federation in the form that the cases of the walk want it. */
async function aSide(server: TestServer, side: Side): Promise<OneSide> {
  const own = await aFederation(server)
  const unique = () => `${side}_${serial++}`
  const sibling = await own.sibling(unique())
  const make: Walk['make'] = async (path, body) => {
    const reply = await server.admin.post(path, body)
    assert.equal(reply.status, 201, `${path} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const callers: Walk['callers'] = {
    admin: server.admin,
    provider: own.provider.caller,
    consumer: own.consumer.caller,
    agent: own.agent.caller,
    sibling: sibling.caller,
    // the cases make things as their own side only
    otherProvider: server.as('none'),
    otherConsumer: server.as('none'),
    otherAgent: server.as('none'),
  }
  const running = async () => {
    const serviceId = await own.order({}, await own.group())
    await own.complete(serviceId)
    return serviceId
  }
  const job = async () => {
    const serviceId = await own.order({}, await own.group())
    return (await server.admin.get(`/jobs?serviceId=${serviceId}`)).body.items[0].id
  }
  return { own, sibling, walk: { own, callers, db: server.platform.db, unique, make, job, running } }
}

/** Over, but not so long ago that somebody clears it away. */
function justNow(): string {
  return new Date(Date.now() - 2_000).toISOString()
}

/** A token that was good, and was used, before it was ended. */
async function deadToken(server: TestServer, end: (id: string) => Promise<{ status: number }>): Promise<string> {
  const { body } = await server.admin.post('/tokens', { name: 'was good', role: 'admin' })
  assert.equal((await server.as(body.value).get('/participants')).status, 200)
  assert.ok((await end(body.id)).status < 300)
  return body.value
}

/** An agent of the walk's provider whose installation has begun, with a token of its own. */
export async function anInstallation({ make, own, unique }: Walk) {
  const type = await make('/agent-types', {
    name: unique(),
    configurationSchema: { properties: { url: { type: 'string' } } },
    configTemplate: 'x',
    cmdTemplate: '{{.configUrl}} {{.authToken}}',
  })
  const { id } = await make('/agents', { name: unique(), providerId: own.provider.id, agentTypeId: type.id })
  const { value: agentToken } = await make('/tokens', { name: unique(), role: 'agent', scopeId: id })
  const { url } = await make(`/agents/${id}/install-command`, undefined)
  return { id, agentToken: String(agentToken), installToken: /install\/(.+)\/config$/.exec(url)?.[1] ?? '' }
}

/** An install token that outlives a slow run of the tests. */
async function lastingInstallation({ platform: { db } }: TestServer, walk: Walk): Promise<string> {
  const { id, installToken } = await anInstallation(walk)
  const expiresAt = new Date(Date.now() + 24 * 3_600_000)
  await db.updateTable('agent_install_tokens').set({ expires_at: expiresAt }).where('agent_id', '=', id).execute()
  return installToken
}

async function send(server: TestServer, operation: Operation, token: string | null, parts: Request): Promise<Answer> {
  const onHealthPort = operation.id.startsWith('health.')
  const base = onHealthPort ? server.healthUrl : `${server.url}/api/v1`
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts.params?.[name] ?? ''))
  const query = parts.search ?? (parts.query && new URLSearchParams(parts.query))
  const search = query ? `?${query}` : ''
  const body = parts.bytes ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body))
  const { status, text, contentType } = await exchange(`${base}${filled}${search}`, operation.method, token, {
    body,
    contentType: parts.bytes ? 'application/octet-stream' : 'application/json',
  })
  const isJson = text !== '' && contentType.startsWith('application/json')
  return { status, text, body: isJson ? JSON.parse(text) : text }
}

const CONNECTIONS = new http.Agent({ keepAlive: true })

type Raw = { status: number; text: string; contentType: string }

/** One request, with less around it than `fetch` has: there are thousands. */
function exchange(
  url: string,
  method: string,
  token: string | null,
  { body, contentType }: { body: string | Uint8Array | undefined; contentType: string },
): Promise<Raw> {
  const headers = {
    'content-type': contentType,
    'content-length': body === undefined ? 0 : Buffer.byteLength(body),
    ...(token !== null && { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: CONNECTIONS }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          contentType: response.headers['content-type'] ?? '',
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}
