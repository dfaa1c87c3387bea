/** A whole database of the Go control plane, imported, and then used over HTTP with the bearer values of old. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Caller, startTestServer, type TestServer, testDatabase } from '../testing/test-server.ts'
import type { ImportReport } from './report.ts'
import { aGoDatabase, type GoDatabase, id, importGo, openClient } from './testing.ts'

let source: GoDatabase
let target: Awaited<ReturnType<typeof testDatabase>>
let server: TestServer
let report: ImportReport
let admin: Caller
let provider: Caller
let consumer: Caller
let agent: Caller
before(async () => {
  source = await aGoDatabase()
  target = await testDatabase()
  report = await importGo(source, target.url)
  // the rows are a day old: background work would end what is open
  server = await startTestServer({
    FULCRUM_DB_DSN: target.url,
    FULCRUM_JOB_MAINTENANCE: 'false',
    FULCRUM_AGENT_MAINTENANCE: 'false',
  })
  admin = server.as('admin-of-old')
  provider = server.as('provider-of-old')
  consumer = server.as('consumer-of-old')
  agent = server.as('agent-of-old')
})
after(async () => {
  await server.stop()
  await target.drop()
  await source.drop()
})

const KINDS = [
  ['participants', 'participants'],
  ['agent-types', 'agent_types'],
  ['agents', 'agents'],
  ['service-types', 'service_types'],
  ['service-groups', 'service_groups'],
  ['services', 'services'],
  ['jobs', 'jobs'],
  ['service-option-types', 'service_option_types'],
  ['service-options', 'service_options'],
  ['service-pool-sets', 'service_pool_sets'],
  ['service-pools', 'service_pools'],
  ['service-pool-values', 'service_pool_values'],
  ['config-pools', 'config_pools'],
  ['config-pool-values', 'config_pool_values'],
  ['metric-types', 'metric_types'],
  ['metric-entries', 'metric_entries'],
  ['events', 'events'],
] as const

const seconds = (time: Date) => `${time.toISOString().slice(0, 19)}Z`

describe('after the import', () => {
  for (const [path, table] of KINDS)
    test(`every row of ${table} is there, under its id and with its times`, async () => {
      const { body } = await admin.get(`/${path}?pageSize=100`)
      const rows = await source.query<{ id: string; created_at: Date; updated_at: Date }>(`SELECT * FROM ${table}`)
      assert.equal(body.totalItems, rows.length)
      const items = new Map<string, { createdAt: string; updatedAt?: string }>(
        body.items.map((item: { id: string; createdAt: string }) => [item.id, item]),
      )
      for (const row of rows) {
        assert.equal(items.get(row.id)?.createdAt, seconds(row.created_at))
        if (table !== 'events') assert.equal(items.get(row.id)?.updatedAt, seconds(row.updated_at))
        if (!['jobs', 'events', 'metric-entries'].includes(path))
          assert.equal((await admin.get(`/${path}/${row.id}`)).status, 200)
      }
    })

  test('times keep their microseconds', async () => {
    const client = await openClient(target.url)
    const { rows } = await client.query<{ us: string }>(
      `SELECT to_char(created_at, 'US') AS us FROM services WHERE id = '${id(60)}'`,
    )
    await client.end()
    assert.equal(rows[0]?.us, '123456')
  })

  test('a service is as it was', async () => {
    const { body } = await consumer.get(`/services/${id(60)}`)
    const { name, status, agentInstanceId, agentInstanceData, agentId, groupId, serviceTypeId, properties } = body
    assert.deepEqual(
      [name, status, agentInstanceId, agentInstanceData.node, agentId, groupId, serviceTypeId, properties.ip],
      ['one', 'Started', '100', 'n1', id(30), id(50), id(11), '10.1.0.1'],
    )
    const [row] = await source.query<{ properties: unknown }>(`SELECT properties FROM services WHERE id = '${id(60)}'`)
    assert.deepEqual(properties, row?.properties)
  })

  test('an agent is as it was', async () => {
    const { body } = await agent.get('/agents/me')
    assert.deepEqual(
      [body.id, body.name, body.status, body.tags, body.configuration.port],
      [id(30), 'agent', 'Connected', ['eu', 'fast disk'], 7001],
    )
    assert.deepEqual((await admin.get(`/agent-types/${id(12)}`)).body.serviceTypeIds, [id(11)])
  })

  test('tokens work, but for the one that everybody knows', async () => {
    for (const caller of [admin, provider, consumer, agent])
      assert.equal((await caller.get('/service-types')).status, 200)
    assert.equal((await server.as('change-me').get('/service-types')).status, 401)
    assert.equal((await admin.get('/tokens')).body.totalItems, 6)
    assert.deepEqual(
      report.findings.filter(({ treatment }) => treatment === 'left out').map((finding) => finding.id),
      [id(40), id(41)],
    )
    // there is an admin token, so the server has made none
    assert.equal(server.bootstrapToken, null)
  })

  test('what an install command fetches can still be fetched', async () => {
    const { status, body } = await provider.get(`/agents/${id(31)}/install-command`)
    assert.ok(status === 403, JSON.stringify(body))
    const own = await server.as('other-of-old').get(`/agents/${id(31)}/install-command`)
    assert.deepEqual([own.status, own.body.expiresAt], [200, '2040-01-01T00:00:00Z'])
    assert.equal((await server.as('bootstrap-of-old').get('/agents/me')).body.id, id(31))
  })

  test('secrets open with the old key, for their agent only', async () => {
    for (const [n, value] of [
      [91, 'one pw'],
      [92, 'pending pw'],
      [93, 'pending once'],
      [94, 'agent key'],
    ] as const) {
      assert.deepEqual((await agent.get(`/vault/secrets/${id(n)}`)).body, { value })
      assert.equal((await server.as('bootstrap-of-old').get(`/vault/secrets/${id(n)}`)).status, 404)
    }
  })

  test('aggregates of metrics are equal', async () => {
    const [row] = await source.query<{ avg: number; max: number; from: Date }>(
      'SELECT avg(value)::float8 AS avg, max(value)::float8 AS max, min(created_at) AS from FROM metric_entries',
    )
    const start = new Date((row?.from.getTime() ?? 0) - 60_000).toISOString()
    for (const kind of ['avg', 'max'] as const) {
      const { status, body } = await consumer.get(
        `/metric-entries/aggregate/${id(60)}/vcpu/${id(110)}?aggregateType=${kind}&bucket=hour&start=${start}`,
      )
      assert.equal(status, 200)
      assert.deepEqual(
        body.data.map(([, value]: [string, number]) => value),
        [row?.[kind]],
      )
    }
  })

  test('only what every Go control plane leaves was changed', () => {
    assert.deepEqual(
      report.findings.map(({ table, id: row, treatment }) => [treatment, table, row]),
      [
        ['left out', 'tokens', id(40)],
        ['left out', 'tokens', id(41)],
        ['adapted', 'jobs', id(71)],
        ['adapted', 'service_pool_values', id(80)],
        ['adapted', 'service_pool_values', id(82)],
        ['adapted', 'service_pool_values', id(83)],
      ],
    )
  })
})

describe('then it goes on', () => {
  test('an agent claims the job that was pending and completes it', async () => {
    const { body: pending } = await agent.get('/jobs/pending')
    assert.deepEqual(
      pending.map((job: { id: string }) => job.id),
      [id(73)],
    )
    assert.equal((await agent.post(`/jobs/${id(73)}/claim`)).status, 204)
    assert.equal((await agent.post(`/jobs/${id(73)}/complete`, { agentInstanceId: '101' })).status, 204)
    const { body } = await consumer.get(`/services/${id(62)}`)
    assert.deepEqual([body.status, body.agentInstanceId], ['Started', '101'])
    // an ephemeral secret ends with the job, as its schema says
    assert.equal((await agent.get(`/vault/secrets/${id(93)}`)).status, 404)
    assert.equal((await agent.get(`/vault/secrets/${id(92)}`)).status, 200)
  })

  test('the job that was being worked on can be completed', async () => {
    assert.equal((await agent.post(`/jobs/${id(74)}/complete`, {})).status, 204)
    assert.equal((await consumer.get(`/services/${id(63)}`)).body.status, 'Started')
  })

  test('an order gets a free address and a free slot: none that is held, none that was reserved by hand', async () => {
    const order = async (name: string) => {
      const body = { name, groupId: id(51), serviceTypeId: id(11), agentId: id(30), properties: { size: 'small' } }
      const reply = await consumer.post('/services', body)
      assert.equal(reply.status, 201, JSON.stringify(reply.body))
      return [reply.body.properties.ip, reply.body.properties.slot]
    }
    assert.deepEqual(await order('a'), ['10.1.0.2', 'slot-d'])
    assert.deepEqual(await order('b'), ['10.1.0.6', 'slot-e'])
  })

  test('an ended service gives its address and its secrets back', async () => {
    assert.equal((await consumer.delete(`/services/${id(60)}`)).status, 204)
    const { body } = await agent.get('/jobs/pending')
    const job = body.find((one: { serviceId: string }) => one.serviceId === id(60))
    assert.equal((await agent.post(`/jobs/${job.id}/claim`)).status, 204)
    assert.equal((await agent.post(`/jobs/${job.id}/complete`, {})).status, 204)
    const value = (await provider.get(`/service-pool-values/${id(80)}`)).body
    assert.deepEqual([value.name, value.serviceId], ['10.1.0.1', undefined])
    assert.equal((await agent.get(`/vault/secrets/${id(91)}`)).status, 404)
  })

  test("events go on with higher numbers, and a consumer's lease at its cursor", async () => {
    const { body: events } = await admin.get('/events?pageSize=100&sort=sequenceNumber')
    const numbers: number[] = events.items.map((event: { sequenceNumber: number }) => event.sequenceNumber)
    assert.deepEqual(numbers.slice(0, 6), [1, 2, 3, 5, 6, 7])
    const lease = { subscriberId: 'billing', instanceId: 'instance-2', limit: 100 }
    const { body } = await admin.post('/events/lease', lease)
    assert.deepEqual(
      body.events.map((event: { sequenceNumber: number }) => event.sequenceNumber),
      numbers.slice(3),
    )
    assert.deepEqual(body.events[0].properties.diff[1].value, 'Started')
  })
})
