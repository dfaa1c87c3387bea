/** Metric entries over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { insertServiceRows, type ServiceRows } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'

const NOW = new Date('2026-03-31T12:00:00.250Z')

let server: TestServer
let admin: Caller
let provider: { id: string; caller: Caller }
let consumer: { id: string; caller: Caller }
let stranger: { id: string; caller: Caller }
let mine: ServiceRows
let foreign: ServiceRows
let agent: Caller
let typeId: string
/** The server's clock stands still where a test needs it. */
let clock = () => new Date()

before(async () => {
  server = await startTestServer({}, () => clock())
  admin = server.admin
  provider = await server.participant('provider')
  consumer = await server.participant('consumer')
  stranger = await server.participant('stranger')
  mine = await insertServiceRows(server.platform.db, provider.id, consumer.id)
  foreign = await insertServiceRows(server.platform.db, provider.id, stranger.id)
  await sql`UPDATE services SET agent_instance_id = '100'`.execute(server.platform.db)
  const { value } = (await admin.post('/tokens', { name: 'a', role: 'agent', scopeId: mine.agentId })).body
  agent = server.as(value)
  typeId = (await admin.post('/metric-types', { name: 'cpu', entityType: 'Resource' })).body.id
})
after(() => server.stop())
beforeEach(async () => {
  clock = () => new Date()
  await sql`DELETE FROM metric_entries`.execute(server.platform.db)
})

function entry(rest: object = {}): object {
  return { serviceId: mine.serviceId, resourceId: 'disk 1', value: 1.5, typeName: 'cpu', ...rest }
}

async function count(): Promise<number> {
  return (await admin.get('/metric-entries')).body.totalItems
}

describe('recording one measurement', () => {
  test('the owners are the service’s, the id is of version 7, the time is that of arrival', async () => {
    clock = () => NOW
    const { status, body } = await agent.post('/metric-entries', entry({ timestamp: '2001-01-01T00:00:00Z' }))
    const { id, ...rest } = body
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.equal(Number.parseInt(id.replace('-', '').slice(0, 12), 16), NOW.getTime())
    const { serviceId, agentId, providerId, consumerId } = mine
    const at = { createdAt: '2026-03-31T12:00:00Z', updatedAt: '2026-03-31T12:00:00Z' }
    const wanted = { serviceId, agentId, providerId, consumerId, resourceId: 'disk 1', value: 1.5, typeId, ...at }
    assert.deepEqual([status, rest], [201, wanted])
  })

  test('by the agent’s own id of the instance; serviceId wins; the value is 0 by default', async () => {
    const byInstance = { serviceId: undefined, value: undefined, agentInstanceId: '100' }
    const { body } = await agent.post('/metric-entries', entry(byInstance))
    assert.deepEqual([body.serviceId, body.value], [mine.serviceId, 0])
    assert.equal((await agent.post('/metric-entries', entry({ agentInstanceId: 'nothing' }))).status, 201)
  })

  for (const [what, rest, status] of [
    ['a service of another agent', () => ({ serviceId: foreign.serviceId }), 403],
    ['a service that does not exist', () => ({ serviceId: randomUUID() }), 404],
    ['an instance that the agent does not have', () => ({ serviceId: undefined, agentInstanceId: '7' }), 404],
    ['a type that does not exist', () => ({ typeName: 'CPU' }), 404],
    ['a foreign service and an unknown type', () => ({ serviceId: foreign.serviceId, typeName: 'x' }), 403],
    ['no service', () => ({ serviceId: undefined }), 400],
    ['an empty instance', () => ({ serviceId: undefined, agentInstanceId: '' }), 400],
    ['an empty resource', () => ({ resourceId: '' }), 400],
    ['a resource that does not fit into an index', () => ({ resourceId: 'x'.repeat(1001) }), 400],
    ['NUL in the resource', () => ({ resourceId: 'a\0b' }), 400],
    ['a value that sums could not hold', () => ({ value: -1e301 }), 400],
    ['a value of another type', () => ({ value: '1' }), 400],
    ['a time that is none', () => ({ timestamp: 'now' }), 400],
  ] as const)
    test(`${what} is ${status} and leaves nothing behind`, async () => {
      assert.equal((await agent.post('/metric-entries', entry(rest()))).status, status)
      assert.equal(await count(), 0)
    })

  test('nobody but agents records', async () => {
    for (const caller of [admin, provider.caller, consumer.caller]) {
      assert.equal((await caller.post('/metric-entries', entry())).status, 403)
      assert.equal((await caller.post('/metric-entries/batch', { entries: [entry()] })).status, 403)
    }
  })

  test('a type with entries is not deleted', async () => {
    await agent.post('/metric-entries', entry())
    assert.equal((await admin.delete(`/metric-types/${typeId}`)).status, 409)
    assert.equal((await admin.get(`/metric-types/${typeId}`)).status, 200)
  })
})

describe('recording a batch', () => {
  test('all are there, with their own values', async () => {
    const entries = Array.from({ length: 1000 }, (_, index) => entry({ value: index, resourceId: `r ${index % 3}` }))
    entries[1] = entry({ serviceId: undefined, agentInstanceId: '100', value: 1, resourceId: 'r "1", \\ {é}' })
    const { status, body } = await agent.post('/metric-entries/batch', { entries })
    assert.deepEqual([status, body], [201, { created: 1000 }])
    const page = (await admin.get('/metric-entries?sort=value&pageSize=2')).body
    assert.equal(page.totalItems, 1000)
    assert.deepEqual(
      page.items.map((item: { value: number; resourceId: string }) => [item.value, item.resourceId]),
      [
        [0, 'r 0'],
        [1, 'r "1", \\ {é}'],
      ],
    )
  })

  for (const [what, rest, status] of [
    ['a foreign service', () => ({ serviceId: foreign.serviceId }), 403],
    ['a missing service', () => ({ serviceId: randomUUID() }), 404],
    ['a missing type', () => ({ typeName: 'nope' }), 404],
    ['an empty resource', () => ({ resourceId: '' }), 400],
  ] as const)
    test(`one entry with ${what} refuses all and says which one it was`, async () => {
      const { status: got, body } = await agent.post('/metric-entries/batch', { entries: [entry(), entry(rest())] })
      assert.equal(got, status)
      assert.match(body.error, /^entries\[1\]: /)
      assert.equal(await count(), 0)
    })

  test('none and more than 1000 are refused', async () => {
    assert.equal((await agent.post('/metric-entries/batch', { entries: [] })).status, 400)
    const entries = Array.from({ length: 1001 }, () => entry())
    assert.equal((await agent.post('/metric-entries/batch', { entries })).status, 400)
    assert.equal((await agent.post('/metric-entries/batch', {})).status, 400)
  })
})

describe('the list', () => {
  test('shows service and type to both sides, the agent to its provider only, and nothing to others', async () => {
    await agent.post('/metric-entries', entry())
    const shown = async (caller: Caller) => {
      const { items } = (await caller.get('/metric-entries')).body
      return items.map((item: object) => ['agent', 'service', 'type'].filter((name) => name in item))
    }
    assert.deepEqual(await shown(admin), [['agent', 'service', 'type']])
    assert.deepEqual(await shown(provider.caller), [['agent', 'service', 'type']])
    assert.deepEqual(await shown(consumer.caller), [['service', 'type']])
    assert.deepEqual(await shown(stranger.caller), [])
    assert.equal((await agent.get('/metric-entries')).status, 403)
  })

  test('filters narrow, repeated ones never leave the scope', async () => {
    await agent.post('/metric-entries/batch', { entries: [entry(), entry({ resourceId: 'net' })] })
    const total = async (caller: Caller, query: string) =>
      (await caller.get(`/metric-entries?${query}`)).body.totalItems
    assert.equal(await total(admin, `serviceId=${mine.serviceId}&typeId=${typeId}&resourceId=DISK`), 1)
    assert.equal(await total(consumer.caller, `agentId=${mine.agentId}&resourceId=disk&resourceId=net`), 2)
    assert.equal(await total(stranger.caller, 'resourceId=disk&resourceId=net'), 0)
    assert.equal((await admin.get('/metric-entries?value=1')).status, 400)
  })

  test('a hidden agent is left out', async () => {
    await agent.post('/metric-entries', entry())
    await sql`UPDATE agents SET deleted_at = now() WHERE id = ${mine.agentId}`.execute(server.platform.db)
    const { items } = (await admin.get('/metric-entries')).body
    await sql`UPDATE agents SET deleted_at = NULL WHERE id = ${mine.agentId}`.execute(server.platform.db)
    assert.deepEqual(['agent' in items[0], 'service' in items[0]], [false, true])
  })
})

describe('resource ids', () => {
  beforeEach(async () => {
    const entries = ['b', 'a', 'B', 'a', '50%'].map((resourceId) => entry({ resourceId }))
    await agent.post('/metric-entries/batch', { entries })
  })

  test('each comes once, in byte order, page by page', async () => {
    const { body } = await admin.get('/metric-entries/resource-ids?pageSize=3&sort=ignored')
    assert.deepEqual(body, {
      items: ['50%', 'B', 'a'],
      totalItems: 4,
      totalPages: 2,
      currentPage: 1,
      hasNext: true,
      hasPrev: false,
    })
    const last = (await admin.get('/metric-entries/resource-ids?pageSize=3&page=2')).body
    assert.deepEqual([last.items, last.hasNext, last.hasPrev], [['b'], false, true])
    const beyond = (await admin.get('/metric-entries/resource-ids?page=9007199254740993')).body
    assert.deepEqual([beyond.items, beyond.totalItems], [[], 4])
  })

  test('filters narrow, and nobody sees beyond its scope', async () => {
    const ids = async (caller: Caller, query: string) =>
      (await caller.get(`/metric-entries/resource-ids?${query}`)).body.items
    assert.deepEqual(await ids(consumer.caller, 'resourceId=b'), ['B', 'b'])
    assert.deepEqual(await ids(provider.caller, `resourceId=%25&serviceId=${mine.serviceId}`), ['50%'])
    assert.deepEqual(await ids(admin, `typeId=${randomUUID()}`), [])
    assert.deepEqual(await ids(stranger.caller, 'resourceId=a&resourceId=b'), [])
    assert.equal((await agent.get('/metric-entries/resource-ids')).status, 403)
  })

  for (const query of ['page=0', 'pageSize=101', 'pageSize=x', 'agentId=x', 'nope=1', 'resourceId=a%00'])
    test(`${query} is 400`, async () => {
      assert.equal((await admin.get(`/metric-entries/resource-ids?${query}`)).status, 400)
    })
})
