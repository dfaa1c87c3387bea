/** Agent types over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { insertServiceRows } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, readVectors, type Vector, vectorError } from '../testing/vectors.ts'
import { agentTypeShape, getAgentType } from './agent-type-store.ts'

const SCHEMA = { properties: { url: { type: 'string' } } }
const TYPE = { name: 'at', configurationSchema: SCHEMA }
const LIFECYCLE = {
  states: [{ name: 'New' }],
  actions: [{ name: 'create', transitions: [{ from: 'New', to: 'New' }] }],
  initialState: 'New',
}

let server: TestServer
let admin: Caller
before(async () => {
  server = await startTestServer()
  admin = server.admin
})
after(() => server.stop())
beforeEach(async () => {
  // no TRUNCATE: it would reach the tokens by way of the agents
  for (const table of ['services', 'agents', 'agent_types', 'service_types'])
    await sql`DELETE FROM ${sql.table(table)}`.execute(server.platform.db)
})

async function serviceType(name: string): Promise<string> {
  return (await admin.post('/service-types', { name, propertySchema: SCHEMA, lifecycleSchema: LIFECYCLE })).body.id
}

async function lastEvent(): Promise<{ type: string; properties: unknown }> {
  return (await admin.get('/events?type=agent_type&sort=-sequenceNumber&pageSize=1')).body.items[0]
}

describe('agent types', () => {
  test('an admin creates, reads, changes and deletes one, and each change is an event', async () => {
    const created = await admin.post('/agent-types', TYPE)
    assert.equal(created.status, 201)
    const { id, createdAt, updatedAt, ...rest } = created.body
    assert.deepEqual(rest, {
      name: 'at',
      serviceTypeIds: [],
      configurationSchema: {
        properties: { url: { type: 'string', label: '', required: false, immutable: false } },
        validators: null,
      },
      configTemplate: '',
      cmdTemplate: '',
      configContentType: 'text/plain',
    })
    assert.deepEqual((await admin.get(`/agent-types/${id}`)).body, created.body)
    assert.equal((await lastEvent()).type, 'agent_type.created')
    assert.equal((await admin.patch(`/agent-types/${id}`, { name: 'other' })).body.name, 'other')
    assert.deepEqual((await lastEvent()).properties, {
      diff: [
        { op: 'test', path: '/name', value: 'at' },
        { op: 'replace', path: '/name', value: 'other' },
      ],
    })
    assert.equal((await admin.delete(`/agent-types/${id}`)).status, 204)
    assert.equal((await lastEvent()).type, 'agent_type.deleted')
    assert.equal((await admin.get(`/agent-types/${id}`)).status, 404)
  })

  test('service types keep their order without repetitions; a patch replaces, empties or keeps them', async () => {
    const [vm, disk] = [await serviceType('vm'), await serviceType('disk')]
    const { id, serviceTypeIds } = (await admin.post('/agent-types', { ...TYPE, serviceTypeIds: [vm, disk, vm] })).body
    assert.deepEqual(serviceTypeIds, [vm, disk])
    const ids = async (body: object) => (await admin.patch(`/agent-types/${id}`, body)).body.serviceTypeIds
    assert.deepEqual(await ids({ name: 'renamed' }), [vm, disk])
    assert.deepEqual(await ids({ serviceTypeIds: [disk] }), [disk])
    assert.deepEqual((await admin.get('/agent-types')).body.items[0].serviceTypeIds, [disk])
    assert.equal((await admin.patch(`/agent-types/${id}`, { serviceTypeIds: [vm, randomUUID()] })).status, 400)
    assert.deepEqual(await ids({}), [disk])
    assert.deepEqual(await ids({ serviceTypeIds: [] }), [])
  })

  test('a patch that waits for another one keeps the service types that the other one set', async () => {
    const [vm, disk] = [await serviceType('vm'), await serviceType('disk')]
    const { id } = (await admin.post('/agent-types', { ...TYPE, serviceTypeIds: [vm] })).body
    const other = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const transaction = server.platform.db.transaction().execute(async (tx) => {
      await sql`SELECT FROM agent_types WHERE id = ${id} FOR UPDATE`.execute(tx)
      await sql`UPDATE agent_type_service_types SET service_type_id = ${disk} WHERE agent_type_id = ${id}`.execute(tx)
      await sql`UPDATE agent_types SET config_content_type = 'a/b' WHERE id = ${id}`.execute(tx)
      holding.resolve()
      await other.promise
    })
    await Promise.race([holding.promise, transaction])
    const patch = admin.patch(`/agent-types/${id}`, { name: 'renamed' })
    await untilSomebodyWaits().finally(() => other.resolve())
    await transaction
    const { body } = await patch
    assert.deepEqual([body.name, body.serviceTypeIds, body.configContentType], ['renamed', [disk], 'a/b'])
    assert.deepEqual((await admin.get(`/agent-types/${id}`)).body.serviceTypeIds, [disk])
  })

  test('templates come both or not at all, also by a patch', async () => {
    const { id } = (await admin.post('/agent-types', TYPE)).body
    const refused = await admin.patch(`/agent-types/${id}`, { configTemplate: 'x' })
    assert.deepEqual(
      [refused.status, refused.body.error],
      [400, 'invalid input: configTemplate and cmdTemplate must both be set or both be empty'],
    )
    const templates = { configTemplate: 'url={{.url}}', cmdTemplate: 'curl {{.configUrl}} {{.authToken}}' }
    assert.equal((await admin.patch(`/agent-types/${id}`, templates)).body.configTemplate, templates.configTemplate)
  })

  test('an empty content type is the default again', async () => {
    const { id } = (await admin.post('/agent-types', { ...TYPE, configContentType: 'application/yaml' })).body
    const { body } = await admin.patch(`/agent-types/${id}`, { configContentType: '' })
    assert.equal(body.configContentType, 'text/plain')
  })

  for (const configContentType of ['', 'yaml', 'a/b; c=d; e="f \\" g"', 'text/plain;'])
    test(`content type '${configContentType}' is accepted`, async () => {
      assert.equal((await admin.post('/agent-types', { ...TYPE, configContentType })).status, 201)
    })
  for (const configContentType of ['a/', '/b', 'a b', 'a/b; c', 'a/b; c="d\r\nset-cookie: x"', `a/${'b'.repeat(300)}`])
    test(`content type ${JSON.stringify(configContentType.slice(0, 30))} is refused`, async () => {
      assert.equal((await admin.post('/agent-types', { ...TYPE, configContentType })).status, 400)
    })

  test('the former dialect is switched on and off, and shown while it is on', async () => {
    const { id, legacyDialect } = (await admin.post('/agent-types', TYPE)).body
    assert.equal(legacyDialect, undefined)
    assert.equal((await admin.patch(`/agent-types/${id}`, { legacyDialect: true })).body.legacyDialect, true)
    assert.deepEqual((await lastEvent()).properties, { diff: [{ op: 'add', path: '/legacyDialect', value: true }] })
    assert.equal((await admin.patch(`/agent-types/${id}`, { name: 'kept' })).body.legacyDialect, true)
    assert.equal((await admin.get(`/agent-types/${id}`)).body.legacyDialect, true)
    assert.equal('legacyDialect' in (await admin.patch(`/agent-types/${id}`, { legacyDialect: false })).body, false)
    assert.equal(
      (await admin.post('/agent-types', { ...TYPE, name: 'b', legacyDialect: true })).body.legacyDialect,
      true,
    )
    assert.equal((await admin.post('/agent-types', { ...TYPE, name: 'c', legacyDialect: 'yes' })).status, 400)
  })

  test('everybody may read, only admins write', async () => {
    const { id } = (await admin.post('/agent-types', TYPE)).body
    const { caller } = await server.participant('reader')
    assert.equal((await caller.get(`/agent-types/${id}`)).status, 200)
    assert.equal((await caller.get('/agent-types')).body.totalItems, 1)
    assert.equal((await caller.post('/agent-types', TYPE)).status, 403)
    assert.equal((await caller.patch(`/agent-types/${id}`, { name: 'mine' })).status, 403)
    assert.equal((await caller.delete(`/agent-types/${id}`)).status, 403)
  })

  test('a missing id is 404, what is no id 400', async () => {
    for (const [id, status] of [
      [randomUUID(), 404],
      ['nothing', 400],
    ] as const) {
      assert.equal((await admin.get(`/agent-types/${id}`)).status, status)
      assert.equal((await admin.patch(`/agent-types/${id}`, { name: 'x' })).status, status)
      assert.equal((await admin.delete(`/agent-types/${id}`)).status, status)
    }
  })

  test('a type whose agents are all hidden is hidden with them, and its name is free again', async () => {
    const { id } = (await admin.post('/agent-types', TYPE)).body
    await insertAgent(id)
    assert.equal((await admin.delete(`/agent-types/${id}`)).status, 409)
    await sql`UPDATE agents SET deleted_at = now() WHERE agent_type_id = ${id}`.execute(server.platform.db)
    assert.equal((await admin.delete(`/agent-types/${id}`)).status, 204)
    assert.equal((await admin.get(`/agent-types/${id}`)).status, 404)
    assert.equal((await admin.post('/agent-types', TYPE)).status, 201)
  })

  test('an agent shows its type with the service types', async () => {
    const vm = await serviceType('vm')
    const { id } = (await admin.post('/agent-types', { ...TYPE, serviceTypeIds: [vm] })).body
    const agentId = await insertAgent(id)
    const full = (await admin.get(`/agent-types/${id}`)).body
    assert.deepEqual((await admin.get(`/agents/${agentId}`)).body.agentType, full)
    assert.deepEqual((await admin.get('/agents')).body.items[0].agentType, full)
  })
})

/** An agent of this type, written beside the API. */
async function insertAgent(typeId: string): Promise<string> {
  const { id } = await server.participant('provider')
  const { agentId } = await insertServiceRows(server.platform.db, id, id)
  await sql`UPDATE agents SET agent_type_id = ${typeId} WHERE id = ${agentId}`.execute(server.platform.db)
  await sql`DELETE FROM services WHERE agent_id = ${agentId}`.execute(server.platform.db)
  return agentId
}

const WAIT_MS = 10_000

/** Until a connection of this database waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await sleep(10)) {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
      server.platform.db,
    )
    if (rows.length > 0) return
  }
  assert.fail('nobody waits for a lock')
}

describe('the contract’s rules of agent types', () => {
  const vectors = readVectors('entity-rules').vectors.filter(({ given }) => cmd(given).startsWith('agentType.'))
  test('are there', () => assert.equal(vectors.length, 6))
  for (const vector of vectors) test(vector.name, async () => assertVector(vector, await run(vector)))
})

function cmd(given: JsonObject): string {
  return String((given.do as JsonObject).cmd) // every vector of this file has a command
}

async function run({ given }: Vector): Promise<JsonObject> {
  const { configurationSchema = SCHEMA, ...body } = given.do as JsonObject // every vector of this file has a command
  const types: Record<string, string> = { vm: await serviceType('vm'), disk: await serviceType('disk') }
  const { id } = (await admin.post('/agent-types', TYPE)).body
  if (cmd(given) === 'agentType.delete') {
    await insertAgent(id)
    const reply = await admin.delete(`/agent-types/${id}`)
    return reply.status === 204 ? { ok: true } : { error: vectorError(reply.status, reply.body) }
  }
  const named = Array.isArray(body.serviceTypes) ? body.serviceTypes : []
  const serviceTypeIds = named.map((name) => types[String(name)] ?? randomUUID())
  const reply = await admin.post('/agent-types', { name: body.name, configurationSchema, serviceTypeIds })
  if (reply.status === 400 && reply.body.error.endsWith('is required'))
    // refused before the domain sees it, in other words
    return { error: { ...vectorError(400, {}), message: `invalid input: configurationSchema: ${NO_PROPERTY}` } }
  if (reply.status !== 201) return { error: vectorError(reply.status, reply.body) }
  const { configContentType, serviceTypeIds: links } = reply.body
  const { totalItems } = (await admin.get('/service-types')).body
  return { ok: true, result: { configContentType, links: links.length, serviceTypes: totalItems } }
}

const NO_PROPERTY = 'schema must have at least one property defined'

describe('the contract’s rules of templates', () => {
  const { world, vectors } = readVectors('agent-type-template')
  test('are there', () => assert.equal(vectors.length, 37))
  for (const { name, given, expect } of vectors)
    test(name, async () => {
      const { status, body } = await admin.post('/agent-types', { name: 'at', configurationSchema: world?.S, ...given })
      assert.equal(status, expect.ok ? 201 : 400, JSON.stringify(body))
      if (!expect.ok) assert.equal(body.error, `invalid input: ${expect.error}`)
    })
})

describe('the templates of an agent type', () => {
  const cmdTemplate = 'curl {{.configUrl}} {{.authToken}}'

  test('may use a lasting token of the agent, in the configuration only', async () => {
    const token = { configTemplate: '{{.agentToken}}', cmdTemplate }
    assert.equal((await admin.post('/agent-types', { ...TYPE, ...token })).status, 201)
    const inCommand = { configTemplate: 'x', cmdTemplate: `${cmdTemplate} {{.agentToken}}` }
    const refused = await admin.post('/agent-types', { ...TYPE, name: 'other', ...inCommand })
    assert.equal(refused.body.error, 'invalid input: cmdTemplate references unknown property "agentToken"')
  })

  test('are tried inside of loops over arrays, too', async () => {
    const hosts = { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } }
    const configurationSchema = { properties: { hosts } }
    const templates = { configTemplate: '{{range .hosts}}{{.nme}}{{end}}', cmdTemplate }
    const refused = await admin.post('/agent-types', { name: 'at', configurationSchema, ...templates })
    assert.equal(refused.body.error, 'invalid input: configTemplate references unknown property "nme"')
  })

  test('are checked again when the schema changes', async () => {
    const { id } = (await admin.post('/agent-types', { ...TYPE, configTemplate: '{{.url}}', cmdTemplate })).body
    const configurationSchema = { properties: { address: { type: 'string' } } }
    const refused = await admin.patch(`/agent-types/${id}`, { configurationSchema })
    assert.deepEqual(
      [refused.status, refused.body.error],
      [400, 'invalid input: configTemplate references unknown property "url"'],
    )
  })

  test('that never end are refused', async () => {
    const templates = { configTemplate: '{{range 1000000000}}{{end}}', cmdTemplate }
    const refused = await admin.post('/agent-types', { ...TYPE, ...templates })
    assert.deepEqual([refused.status, refused.body.error.includes('exceeds the bound')], [400, true])
  })
})

test('events compare an agent type in the contract’s shape', async () => {
  const wanted = readVectors('event-entity-shape').vectors.find(({ name }) => name === 'agent type')?.expect
  const { id } = (await admin.post('/agent-types', TYPE)).body
  assert.deepEqual(agentTypeShape(await getAgentType(server.platform.db, id)), { ...wanted, id })
})
