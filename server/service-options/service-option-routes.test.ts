/** Service option types and options over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { insertServiceRows } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, readVectors, type Vector, vectorError } from '../testing/vectors.ts'
import { checkServiceOption } from './service-option.ts'
import {
  enabledOptionValues,
  getServiceOption,
  getServiceOptionType,
  optionShape,
  optionTypeShape,
} from './service-option-store.ts'

const OS = { name: 'Operating system', type: 'os' }

let server: TestServer
let admin: Caller
let provider: { id: string; caller: Caller }
let stranger: { id: string; caller: Caller }
let osId: string
before(async () => {
  server = await startTestServer()
  admin = server.admin
  provider = await server.participant('provider')
  stranger = await server.participant('stranger')
})
after(() => server.stop())
beforeEach(async () => {
  await sql`DELETE FROM service_options`.execute(server.platform.db)
  await sql`DELETE FROM service_option_types`.execute(server.platform.db)
  osId = (await admin.post('/service-option-types', OS)).body.id
})

function option(value: unknown, rest: object = {}): object {
  return { providerId: provider.id, serviceOptionTypeId: osId, name: String(value), value, ...rest }
}

async function lastEvent(type: string): Promise<{ type: string; properties: unknown; providerId?: string }> {
  return (await admin.get(`/events?type=${type}&sort=-sequenceNumber&pageSize=1`)).body.items[0]
}

describe('service option types', () => {
  test('an admin creates, reads, changes and deletes one, and each change is an event', async () => {
    const created = await admin.post('/service-option-types', { name: 'Plan', type: 'plan' })
    const { id, createdAt, updatedAt, ...rest } = created.body
    assert.deepEqual([created.status, rest], [201, { name: 'Plan', type: 'plan', description: '' }])
    assert.deepEqual((await admin.get(`/service-option-types/${id}`)).body, created.body)
    assert.equal((await lastEvent('service_option_type')).type, 'service_option_type.created')
    const { body } = await admin.patch(`/service-option-types/${id}`, { description: 'sizes', type: 'ignored' })
    assert.deepEqual([body.description, body.type], ['sizes', 'plan'])
    assert.deepEqual((await lastEvent('service_option_type')).properties, {
      diff: [
        { op: 'test', path: '/description', value: '' },
        { op: 'replace', path: '/description', value: 'sizes' },
      ],
    })
    assert.equal((await admin.patch(`/service-option-types/${id}`, { name: '' })).status, 400)
    assert.equal((await admin.delete(`/service-option-types/${id}`)).status, 204)
    assert.equal((await lastEvent('service_option_type')).type, 'service_option_type.deleted')
    assert.equal((await admin.get(`/service-option-types/${id}`)).status, 404)
  })

  test('everybody may read, only admins write', async () => {
    const { caller } = provider
    assert.equal((await caller.get(`/service-option-types/${osId}`)).status, 200)
    assert.equal((await caller.get('/service-option-types?type=os')).body.totalItems, 1)
    assert.equal((await caller.post('/service-option-types', { name: 'x', type: 'x' })).status, 403)
    assert.equal((await caller.patch(`/service-option-types/${osId}`, { name: 'x' })).status, 403)
    assert.equal((await caller.delete(`/service-option-types/${osId}`)).status, 403)
  })

  test('a missing id is 404', async () => {
    const path = `/service-option-types/${randomUUID()}`
    assert.equal((await admin.get(path)).status, 404)
    assert.equal((await admin.patch(path, { name: 'x' })).status, 404)
    assert.equal((await admin.delete(path)).status, 404)
  })

  test('a type that does not fit into an index is 400', async () => {
    assert.equal((await admin.post('/service-option-types', { name: 'x', type: 'x'.repeat(9000) })).status, 400)
  })
})

describe('service options', () => {
  test('a provider creates, reads, changes and deletes its own, and each change is an event that it sees', async () => {
    const { caller } = provider
    const created = await caller.post('/service-options', option({ image: 'u-24' }, { name: 'Ubuntu' }))
    assert.equal(created.status, 201)
    const { id } = created.body
    assert.deepEqual((await caller.get(`/service-options/${id}`)).body, created.body)
    const { body } = await caller.patch(`/service-options/${id}`, { enabled: false, displayOrder: -3, value: null })
    assert.deepEqual([body.enabled, body.displayOrder, body.value], [false, -3, { image: 'u-24' }])
    const event = await lastEvent('service_option.')
    assert.deepEqual([event.type, event.providerId], ['service_option.updated', provider.id])
    assert.equal((await caller.get('/events?type=service_option.updated')).body.totalItems > 0, true)
    assert.equal((await caller.delete(`/service-options/${id}`)).status, 204)
    assert.equal((await caller.get(`/service-options/${id}`)).status, 404)
  })

  for (const value of [false, 0, '', [], {}, [1, { a: null }]])
    test(`the value ${JSON.stringify(value)} comes back as it was`, async () => {
      const { body } = await admin.post('/service-options', option(value, { name: 'x' }))
      assert.deepEqual((await admin.get(`/service-options/${body.id}`)).body.value, value)
    })

  test('options of somebody else are refused, wherever their owner is named', async () => {
    const { id } = (await admin.post('/service-options', option('u'))).body
    const { caller } = stranger
    assert.equal((await caller.get(`/service-options/${id}`)).status, 403)
    assert.equal((await caller.patch(`/service-options/${id}`, { name: 'mine' })).status, 403)
    assert.equal((await caller.delete(`/service-options/${id}`)).status, 403)
    assert.equal((await caller.post('/service-options', option('v'))).status, 403)
    assert.equal((await caller.get(`/service-options?providerId=${provider.id}`)).body.totalItems, 0)
  })

  test('an agent writes the options of its provider', async () => {
    const { agentId } = await insertServiceRows(server.platform.db, provider.id, stranger.id)
    const { value } = (await admin.post('/tokens', { name: 'a', role: 'agent', scopeId: agentId })).body
    const agent = server.as(value)
    assert.equal((await agent.post('/service-options', option('u'))).status, 201)
    assert.equal((await agent.post('/service-options', option('u', { providerId: stranger.id }))).status, 403)
  })

  test('a missing id is 404', async () => {
    const path = `/service-options/${randomUUID()}`
    assert.equal((await admin.get(path)).status, 404)
    assert.equal((await admin.patch(path, { name: 'x' })).status, 404)
    assert.equal((await admin.delete(path)).status, 404)
  })

  test('an order beyond 32 bits is 400', async () => {
    assert.equal((await admin.post('/service-options', option('u', { displayOrder: 3e9 }))).status, 400)
  })

  test('the list filters by provider, type and whether it is enabled', async () => {
    await admin.post('/service-options', option('u'))
    await admin.post('/service-options', option('v', { enabled: false }))
    const total = async (query: string) => (await admin.get(`/service-options?${query}`)).body.totalItems
    assert.equal(await total(`providerId=${provider.id}&serviceOptionTypeId=${osId}`), 2)
    assert.equal(await total('enabled=0'), 1)
    assert.equal(await total(`providerId=${stranger.id}`), 0)
    assert.equal((await admin.get('/service-options?enabled=yes')).status, 400)
  })

  test('what a provider offers is its enabled values in their order, and whether the type is known', async () => {
    await admin.post('/service-options', option('second', { displayOrder: 2 }))
    await admin.post('/service-options', option('first', { displayOrder: 1 }))
    await admin.post('/service-options', option('off', { enabled: false }))
    await admin.post('/service-options', option('foreign', { providerId: stranger.id }))
    const { db } = server.platform
    assert.deepEqual(await enabledOptionValues(db, provider.id, 'os'), {
      known: true,
      enabledValues: ['first', 'second'],
    })
    assert.deepEqual(await enabledOptionValues(db, randomUUID(), 'os'), { known: true, enabledValues: [] })
    assert.deepEqual(await enabledOptionValues(db, provider.id, 'nope'), { known: false, enabledValues: [] })
  })
})

describe('the contract’s rules of options', () => {
  const vectors = readVectors('entity-rules').vectors.filter(({ given }) => cmd(given).startsWith('serviceOption'))
  test('are there', () => assert.equal(vectors.length, 17))
  for (const vector of vectors) test(vector.name, async () => assertVector(vector, await run(vector)))
})

function cmd(given: JsonObject): string {
  return String((given.do as JsonObject).cmd) // every vector of this file has a command
}

async function run({ given }: Vector): Promise<JsonObject> {
  const { provider: named = 'provA', type = 'os', cmd: _cmd, ...body } = given.do as JsonObject // as above
  switch (cmd(given)) {
    case 'serviceOptionType.create':
      return outcome(await admin.post('/service-option-types', { ...body, type }))
    case 'serviceOptionType.delete':
      for (const value of ['a', 'b', 'c', 'd']) await admin.post('/service-options', option(value))
      return outcome(await admin.delete(`/service-option-types/${osId}`))
    case 'serviceOption.delete': {
      const { id } = (await admin.post('/service-options', option('u'))).body
      return { ...outcome(await admin.delete(`/service-options/${id}`)), result: {} }
    }
    default: {
      await admin.post('/service-options', option('u'))
      const { name = 'U' } = body
      // over HTTP null is absent, which is refused before the domain sees it; the vector speaks of the domain
      if (body.value === null) return { error: vectorError(400, { error: refusalOfNull() }) }
      const providerId = named === 'none' ? randomUUID() : provider.id
      const serviceOptionTypeId = type === 'none' ? randomUUID() : osId
      const reply = await admin.post('/service-options', { ...body, name, providerId, serviceOptionTypeId })
      if (reply.status !== 201 || !('enabled' in body)) return outcome(reply)
      const { enabled, displayOrder } = reply.body
      return { ok: true, result: { enabled, displayOrder } }
    }
  }
}

function outcome({ status, body }: { status: number; body: { error?: string } }): JsonObject {
  return status < 300 ? { ok: true } : { error: vectorError(status, body) }
}

function refusalOfNull(): string {
  const now = new Date()
  try {
    checkServiceOption({
      id: randomUUID(),
      providerId: provider.id,
      serviceOptionTypeId: osId,
      name: 'U',
      value: null,
      enabled: true,
      displayOrder: 0,
      createdAt: now,
      updatedAt: now,
    })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'accepted'
}

test('a value that is null or absent is 400', async () => {
  for (const value of [null, undefined])
    assert.equal((await admin.post('/service-options', option(value, { name: 'x' }))).status, 400)
})

test('events compare options and their types in the contract’s shapes', async () => {
  const shapes = new Map(readVectors('event-entity-shape').vectors.map(({ name, expect }) => [name, expect]))
  const { db } = server.platform
  const type = shapes.get('service option type')
  await admin.delete(`/service-option-types/${osId}`)
  const { id: typeId } = (await admin.post('/service-option-types', type)).body
  assert.deepEqual(optionTypeShape(await getServiceOptionType(db, typeId)), { ...type, id: typeId })
  const links = { providerId: provider.id, serviceOptionTypeId: typeId }
  const wanted = { ...shapes.get('service option'), ...links }
  const { id } = (await admin.post('/service-options', wanted)).body
  assert.deepEqual(optionShape(await getServiceOption(db, id)), { ...wanted, id })
})
