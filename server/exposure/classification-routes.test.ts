/** Classifications over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { settleEvents } from '../events/index.ts'
import { insertServiceRows } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { classificationsOf } from './index.ts'

let server: TestServer
let provider: { id: string; caller: Caller }
let consumer: { id: string; caller: Caller }
before(async () => {
  server = await startTestServer()
  provider = await server.participant('provider')
  consumer = await server.participant('consumer')
})
after(() => server.stop())

const aService = async () => (await insertServiceRows(server.platform.db, provider.id, consumer.id)).serviceId

const WHOLE = {
  criticality: 'critical',
  function: 'Patient records',
  rtoTargetSeconds: 14_400,
  rpoTargetSeconds: 0,
  monthlySpend: { amount: 1234.56, currency: 'EUR' },
  contractRef: 'V-17',
  contractStart: '2026-01-01',
  contractEnd: '2027-12-31',
  noticePeriodDays: 60,
  dataClasses: ['health'],
}

test('a service that nobody has classified is a normal one', async () => {
  const id = await aService()
  const { status, body } = await consumer.caller.get(`/services/${id}/classification`)
  assert.deepEqual(
    [status, body],
    [200, { serviceId: id, consumerId: consumer.id, criticality: 'normal', dataClasses: [] }],
  )
})

test('what a consumer says comes back as it was said, and the next word replaces all of it', async () => {
  const id = await aService()
  const put = await consumer.caller.put(`/services/${id}/classification`, WHOLE)
  assert.equal(put.status, 200)
  const { updatedAt, ...said } = put.body
  assert.deepEqual(said, { serviceId: id, consumerId: consumer.id, ...WHOLE })
  assert.match(updatedAt, /Z$/)
  const read = await consumer.caller.get(`/services/${id}/classification`)
  assert.deepEqual(read.body, put.body)

  await consumer.caller.put(`/services/${id}/classification`, { criticality: 'important' })
  const { body } = await server.admin.get(`/services/${id}/classification`)
  assert.deepEqual(
    { ...body, updatedAt: null },
    { serviceId: id, consumerId: consumer.id, criticality: 'important', dataClasses: [], updatedAt: null },
  )
})

test('neither the provider nor a stranger may read or say what a service is to its consumer', async () => {
  const id = await aService()
  const stranger = await server.participant('stranger')
  for (const { caller } of [provider, stranger]) {
    assert.equal((await caller.get(`/services/${id}/classification`)).status, 403)
    assert.equal((await caller.put(`/services/${id}/classification`, WHOLE)).status, 403)
  }
  assert.equal((await consumer.caller.get(`/services/${randomUUID()}/classification`)).status, 404)
  assert.equal((await consumer.caller.put(`/services/${randomUUID()}/classification`, WHOLE)).status, 404)
})

test('the event tells what changed to the consumer alone, and no amounts', async () => {
  const id = await aService()
  await consumer.caller.put(`/services/${id}/classification`, WHOLE)
  await settleEvents(server.platform.db)
  const { items } = (await consumer.caller.get('/events?type=service.classified&sort=-sequenceNumber')).body
  const event = items.find((one: { entityId: string }) => one.entityId === id)
  assert.deepEqual(event.properties.changed.toSorted(), Object.keys(WHOLE).toSorted())
  assert.ok(!JSON.stringify(event).includes('1234'))
  const seen = (await provider.caller.get('/events?type=service.classified')).body
  assert.deepEqual(seen.items, [])
})

test('the list shows each participant the services that it consumes, narrowed by what is asked', async () => {
  const [critical, normal] = [await aService(), await aService()]
  await consumer.caller.put(`/services/${critical}/classification`, WHOLE)
  await consumer.caller.put(`/services/${normal}/classification`, {})
  const listed = async (caller: Caller, query: string) =>
    (await caller.get(`/service-classifications?pageSize=100&${query}`)).body.items.map(
      ({ serviceId }: { serviceId: string }) => serviceId,
    )
  assert.ok((await listed(consumer.caller, 'criticality=critical')).includes(critical))
  assert.ok(!(await listed(consumer.caller, 'criticality=critical')).includes(normal))
  assert.deepEqual(await listed(consumer.caller, `serviceId=${normal}`), [normal])
  assert.deepEqual(await listed(provider.caller, ''), [])
  const [whole] = (await consumer.caller.get(`/service-classifications?serviceId=${critical}`)).body.items
  assert.deepEqual([whole.contractStart, whole.contractEnd], ['2026-01-01', '2027-12-31'])
})

test('other features read classifications of many services at once, with the defaults', async () => {
  const [one, two, unknown] = [await aService(), await aService(), randomUUID()]
  await consumer.caller.put(`/services/${one}/classification`, WHOLE)
  const some = await classificationsOf(server.platform.db, [one, two, unknown])
  assert.deepEqual([some.get(one), some.get(two)], [WHOLE, { criticality: 'normal', dataClasses: [] }])
  assert.equal(some.has(unknown), false)
  const all = await classificationsOf(server.platform.db, null)
  assert.deepEqual(all.get(one), WHOLE)
})
