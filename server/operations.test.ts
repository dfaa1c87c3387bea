/**
 * A walk over every operation of the contract: each one must be handled and have a case in the tables, and is called by who may, by who may not, with ids that are missing, broken or somebody else's. Answers of success are held against the contract.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type JsonObject, type Operation, operations, ROLES, type Role } from '@fulcrum/contract'
import { Compile } from 'typebox/compile'
import { apiDocument } from './api-document.ts'
import { type KeycloakStandIn, startKeycloakStandIn } from './keycloak-users/testing.ts'
import { CASES } from './testing/cases.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'
import { aWalk, type Parts, type Walk, type Who } from './testing/walk.ts'

/** Served without authentication on a port of their own. */
const ON_HEALTH_PORT = ['health.live', 'health.ready']

const NOON = '2026-11-24T12:00:00Z'
const BY_ROLE: Readonly<Record<Role, Who>> = { admin: 'admin', participant: 'provider', agent: 'agent' }

let server: TestServer
let walk: Walk
let dataDir: string
let keycloak: KeycloakStandIn
before(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-operations-'))
  keycloak = await startKeycloakStandIn()
  server = await startTestServer({
    FULCRUM_DATA_DIR: dataDir,
    FULCRUM_SOVEREIGNTY_INTERVAL: '24h',
    FULCRUM_MIGRATION_DRIVER: 'false',
    ...keycloak.environment,
  })
  walk = await aWalk(server)
})
after(async () => {
  await server.stop()
  await keycloak.stop()
  await rm(dataDir, { recursive: true, force: true })
})

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Answer = { status: number; body: any; text: string }

/** The statuses of each operation that the OpenAPI document tells of. */
const DESCRIBED = new Map(
  Object.values(apiDocument(new Set(operations.map(({ id }) => id))).paths as Record<string, JsonObject>)
    .flatMap((item) => Object.values(item) as { operationId: string; responses: JsonObject }[]) // as every document has them
    .map(({ operationId, responses }): [string, string[]] => [operationId, Object.keys(responses)]),
)

async function send(operation: Operation, token: string | null, parts: Parts): Promise<Answer> {
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts.params?.[name] ?? ''))
  const search = parts.query ? `?${new URLSearchParams(parts.query)}` : ''
  const body = parts.bytes ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body))
  const response = await fetch(`${server.url}/api/v1${filled}${search}`, {
    method: operation.method,
    headers: {
      'content-type': parts.bytes ? 'application/octet-stream' : 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  assert.ok(
    DESCRIBED.get(operation.id)?.includes(`${response.status}`),
    `${operation.id} is not said to answer ${response.status}`,
  )
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return { status: response.status, body: isJson ? JSON.parse(text) : text, text }
}

const sendAs = (operation: Operation, who: Who, parts: Parts) => send(operation, walk.callers[who].token, parts)
const expectStatus = (answer: Answer, status: number, what: string) =>
  assert.equal(answer.status, status, `${what}: ${answer.text.slice(0, 300)}`)

/** Holds an answer against the contract, and allows no member that the contract does not know. */
function expectShape(operation: Operation, body: unknown): void {
  if (!operation.answer) return
  const shape = Compile(operation.answer)
  assert.deepEqual([...shape.Errors(body)], [], operation.id)
  assert.deepEqual(shape.Clean(structuredClone(body)), body, `${operation.id} answers more than the contract says`)
}

const isList = (operation: Operation) => 'item' in operation
const inPath = (operation: Operation, name: string) => operation.path.includes(`{${name}}`)
const isOwned = ({ access }: Operation) => access !== 'public' && Object.values(access).some(Array.isArray)
/** What a list, or an answer that is a series, shows; by id where there is one. */
const shown = ({ body }: Answer): unknown[] =>
  (body?.items ?? body?.data ?? body).map((item: unknown) =>
    item !== null && typeof item === 'object' && 'id' in item ? item.id : item,
  )
const answersItems = (operation: Operation) =>
  isList(operation) || ['jobs.pending', 'metricEntries.aggregate', 'audit.entries'].includes(operation.id)
/** Nothing in them names an object, so that there is no foreign one. */
const ABOUT_THE_CALLER = ['agents.me', 'agents.meStatus']

describe('the walk', () => {
  test('has a case for every operation, and every one is handled', () => {
    const served = operations.map(({ id }) => id).filter((id) => !ON_HEALTH_PORT.includes(id))
    assert.deepEqual([...server.api.handled].toSorted(), served.toSorted())
    assert.deepEqual(Object.keys(CASES).toSorted(), served.toSorted())
  })

  test('notices an answer that the contract does not describe', () => {
    const operation = operations.find(({ id }) => id === 'participants.get')
    assert.ok(operation)
    const right = { id: randomUUID(), name: 'n', status: 'Enabled', createdAt: NOON, updatedAt: NOON }
    expectShape(operation, right)
    for (const wrong of [
      { ...right, id: 'x' },
      { ...right, status: 'enabled' },
      { ...right, createdAt: '2026-11-24T12:00:00.5Z' },
      { ...right, createdAt: null },
      { ...right, hash: 'more than the contract says' },
    ])
      assert.throws(() => expectShape(operation, wrong), assert.AssertionError, JSON.stringify(wrong))
  })

  test('has a refusal of its own for every operation that reads a body', () => {
    const without = operations.filter(({ id, body }) => body && CASES[id] && !CASES[id].refusals)
    assert.deepEqual(without, [])
  })

  test('has a foreign caller for every operation on things that belong to somebody', () => {
    const without = operations
      .filter((operation) => isOwned(operation) && CASES[operation.id] && !CASES[operation.id]?.foreign?.length)
      .map(({ id }) => id)
      .filter((id) => !ABOUT_THE_CALLER.includes(id))
    assert.deepEqual(without, [])
  })
})

for (const operation of operations) {
  const row = CASES[operation.id]
  if (!row) continue
  const { as, call, foreign = [], foreignStatus = 403, refusals = {} } = row

  describe(`${operation.id} (${operation.method} ${operation.path})`, () => {
    test(`succeeds for ${as} and answers what the contract says`, async () => {
      const answer = await sendAs(operation, as, await call(walk))
      expectStatus(answer, operation.status, as)
      if (operation.status === 204) assert.equal(answer.text, '')
      expectShape(operation, answer.body)
      if (answersItems(operation)) assert.notEqual(shown(answer).length, 0, 'it shows nothing')
    })

    test('is refused without a token', async () => {
      expectStatus(await send(operation, null, await call(walk)), 401, 'nobody')
    })

    for (const role of ROLES.filter((name) => operation.access !== 'public' && !(name in operation.access)))
      test(`is refused to the role ${role}`, async () => {
        expectStatus(await sendAs(operation, BY_ROLE[role], await call(walk)), 403, role)
      })

    for (const who of foreign)
      test(`${answersItems(operation) ? 'shows nothing of it' : 'is refused'} to ${who}`, async () => {
        const parts = await call(walk)
        if (!answersItems(operation)) return expectStatus(await sendAs(operation, who, parts), foreignStatus, who)
        const all = isList(operation) ? { ...parts, query: { ...parts.query, pageSize: '100' } } : parts
        const answer = await sendAs(operation, who, all)
        expectStatus(answer, 200, who)
        const mine = shown(await sendAs(operation, as, all))
        assert.notEqual(mine.length, 0)
        assert.deepEqual(
          shown(answer).filter((item) => mine.includes(item)),
          [],
        )
      })

    for (const [what, refusal] of Object.entries(refusals))
      test(`refuses ${what} with ${refusal.status}`, async () => {
        expectStatus(await sendAs(operation, refusal.as ?? as, await refusal.call(walk)), refusal.status, what)
      })

    if (isList(operation))
      test(`${row.readsPastFilters ? 'reads past' : 'refuses'} a filter that it does not have, and refuses a page that is none`, async () => {
        const status = row.readsPastFilters ? 200 : 400
        expectStatus(await sendAs(operation, as, { query: { nonsense: '1' } }), status, 'filter')
        expectStatus(await sendAs(operation, as, { query: { pageSize: '101' } }), 400, 'page size')
      })

    if (inPath(operation, 'id')) {
      if (!row.makesItsId)
        test('answers 404 for an id that nothing has', async () => {
          const parts = await call(walk)
          const missing = { ...parts, params: { ...parts.params, id: randomUUID() } }
          expectStatus(await sendAs(operation, as, missing), 404, 'missing')
        })

      const ofNone = row.foreignIds ? 404 : 400
      test(`answers ${ofNone} for an id that is none`, async () => {
        const parts = await call(walk)
        const malformed = { ...parts, params: { ...parts.params, id: 'not-an-id' } }
        expectStatus(await sendAs(operation, as, malformed), ofNone, 'malformed')
      })
    }

    if (operation.body)
      test('refuses a body that is not JSON', async () => {
        const { body: _, ...parts } = await call(walk)
        const broken = { ...parts, bytes: new TextEncoder().encode('{"name":') }
        expectStatus(await sendAs(operation, as, broken), 400, 'broken body')
      })
  })
}

for (const id of ON_HEALTH_PORT)
  test(`${id} answers without a token on the port for health, and nowhere else`, async () => {
    const operation = operations.find((candidate) => candidate.id === id)
    assert.ok(operation)
    const response = await fetch(server.healthUrl + operation.path)
    assert.equal(response.status, 200)
    expectShape(operation, await response.json())
    assert.equal((await fetch(server.url + operation.path)).status, 404)
  })
