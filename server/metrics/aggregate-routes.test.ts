/** Aggregations over HTTP against a real PostgreSQL: the contract's vectors, and what a request may say. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { uuidv7 } from '../platform/ids.ts'
import { insertServiceRows } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { readVectors } from '../testing/vectors.ts'

const NOW = new Date('2026-03-31T12:00:00.250Z')
const { vectors, world } = readVectors('metric-aggregate')

let server: TestServer
let callers: Record<string, Caller>
/** Ids by the names of the vectors: services S and S2, types T and T2. */
const ids: Record<string, string> = {}

before(async () => {
  // the time zone of the session must not matter
  process.env.PGOPTIONS = '-c timezone=Pacific/Chatham'
  server = await startTestServer({}, () => NOW)
  const { db } = server.platform
  assert.deepEqual((await sql`SHOW timezone`.execute(db)).rows, [{ TimeZone: 'Pacific/Chatham' }])
  const [provider, consumer, other] = [
    await server.participant('prov'),
    await server.participant('cons'),
    await server.participant('cons2'),
  ]
  callers = { null: server.admin, 'participant prov': provider.caller }
  Object.assign(callers, { 'participant cons': consumer.caller, 'participant cons2': other.caller })
  const services = {
    S: await insertServiceRows(db, provider.id, consumer.id),
    S2: await insertServiceRows(db, provider.id, other.id),
  }
  for (const name of ['T', 'T2'])
    ids[name] = (await server.admin.post('/metric-types', { name, entityType: 'Resource' })).body.id
  for (const entry of (world?.entries ?? []) as JsonObject[]) {
    // the world of this file is a list of entries
    const { serviceId, agentId, providerId, consumerId } = entry.service === 'S' ? services.S : services.S2
    ids[String(entry.service)] = serviceId
    const at = new Date(String(entry.at))
    await db
      .insertInto('metric_entries')
      .values({
        id: uuidv7(at),
        type_id: ids[String(entry.type)] ?? '',
        resource_id: String(entry.resource),
        value: Number(entry.value),
        service_id: serviceId,
        agent_id: agentId,
        provider_id: providerId,
        consumer_id: consumerId,
        created_at: at,
        updated_at: at,
      })
      .execute()
  }
})
after(async () => {
  await server.stop()
  delete process.env.PGOPTIONS
})

async function aggregate(caller: Caller | undefined, resource: string, query: string, service = ids.S) {
  assert.ok(caller)
  return caller.get(`/metric-entries/aggregate/${service}/${resource}/${ids.T}?${query}`)
}

describe('the contract’s aggregations', () => {
  // totals over all resources have no operation in the API
  const withRows = vectors.filter(({ expect }) => 'rows' in expect)
  test('are there', () => assert.equal(withRows.length, 18))
  for (const { name, given, expect } of withRows)
    test(name, async () => {
      const { aggregate: aggregateType, bucket, start, end } = given
      const query = new URLSearchParams()
      for (const [key, value] of Object.entries({ aggregateType, bucket, start, end })) query.set(key, String(value))
      const { status, body } = await aggregate(callers[String(given.scope)], String(given.resource), query.toString())
      assert.deepEqual([status, body], [200, { data: expect.rows, aggregate: aggregateType, bucket, start, end }])
    })
})

describe('a request for an aggregation', () => {
  test('that says nothing gets the minimum by hour of the last seven days; unknown parameters do not matter', async () => {
    for (const query of ['', 'bucket=&aggregateType=&start=&end=&whatever=1'])
      assert.deepEqual((await aggregate(server.admin, 'R', query)).body, {
        data: [],
        aggregate: 'min',
        bucket: 'hour',
        start: '2026-03-24T12:00:00.25Z',
        end: '2026-03-31T12:00:00.25Z',
      })
  })

  test('gets start and end back in the offset of its own', async () => {
    const { body } = await aggregate(server.admin, 'R', 'aggregateType=sum&end=2026-03-01T12:30:00%2B02:00')
    assert.deepEqual([body.start, body.end], ['2026-02-22T12:30:00+02:00', '2026-03-01T12:30:00+02:00'])
    assert.deepEqual(body.data, [['2026-03-01T10:00:00Z', 30]])
  })

  for (const query of [
    'bucket=week',
    'aggregateType=count',
    'start=yesterday',
    'end=2026-02-30T00:00:00Z',
    'start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z',
    'bucket=minute&start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:01Z',
  ])
    test(`with ${query} is 400`, async () => {
      assert.equal((await aggregate(server.admin, 'R', query)).status, 400)
    })

  test('of ids that are none or a resource with NUL is 400, of an unknown service empty, of an agent refused', async () => {
    const { admin } = server
    assert.equal((await aggregate(admin, 'R', '', 'x')).status, 400)
    assert.equal((await aggregate(admin, 'a%00b', '')).status, 400)
    assert.deepEqual((await aggregate(admin, 'R', '', randomUUID())).body.data, [])
    const { rows } = await sql<{ id: string }>`SELECT id FROM agents LIMIT 1`.execute(server.platform.db)
    const token = (await admin.post('/tokens', { name: 'a', role: 'agent', scopeId: rows[0]?.id })).body.value
    assert.equal((await aggregate(server.as(token), 'R', '')).status, 403)
  })

  test('finds resources of every spelling', async () => {
    for (const resource of ['a b', 'ä/ö', '100%', '50%2F', 'x?y#z']) {
      await sql`
        UPDATE metric_entries SET resource_id = ${resource}, created_at = ${NOW}
        WHERE value = 1000`.execute(server.platform.db)
      const { body } = await aggregate(server.admin, encodeURIComponent(resource), '')
      assert.deepEqual(body.data, [['2026-03-31T12:00:00Z', 1000]], resource)
    }
  })

  test('over the largest values overflows nothing', async () => {
    await sql`
      INSERT INTO metric_entries
        (id, type_id, resource_id, value, service_id, agent_id, provider_id, consumer_id, created_at, updated_at)
      SELECT gen_random_uuid(), type_id, 'huge', sign * 1e300, service_id, agent_id, provider_id, consumer_id, ${NOW}, ${NOW}
      FROM (SELECT * FROM metric_entries LIMIT 1) one, unnest(ARRAY[1, 1, -1]) sign`.execute(server.platform.db)
    await sql`UPDATE metric_entries SET service_id = ${ids.S}, type_id = ${ids.T} WHERE resource_id = 'huge'`.execute(
      server.platform.db,
    )
    for (const [type, value] of [
      ['min', -1e300],
      ['max', 1e300],
      ['sum', 1e300],
      ['avg', 1e300 / 3],
      ['diff', 2e300],
    ] as const)
      assert.deepEqual((await aggregate(server.admin, 'huge', `aggregateType=${type}`)).body.data[0]?.[1], value, type)
  })
})
