/** Rows that are not as ours must be: what becomes of each, and that nothing is dropped without a word. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Caller, startTestServer, type TestServer, testDatabase } from '../testing/test-server.ts'
import { ImportRefusal, type ImportReport } from './report.ts'
import { aGoDatabase, contents, type GoDatabase, id, importGo } from './testing.ts'

let source: GoDatabase
let target: Awaited<ReturnType<typeof testDatabase>>
let server: TestServer
let report: ImportReport
let admin: Caller
before(async () => {
  source = await aGoDatabase(['rows', 'flaws'])
  target = await testDatabase()
  report = await importGo(source, target.url)
  server = await startTestServer({
    FULCRUM_DB_DSN: target.url,
    FULCRUM_JOB_MAINTENANCE: 'false',
    FULCRUM_AGENT_MAINTENANCE: 'false',
  })
  admin = server.as('admin-of-old')
})
after(async () => {
  await server.stop()
  await target.drop()
  await source.drop()
})

/** Table, number of the id, treatment, a part of the text. Rows of `rows.sql` that are adapted come last. */
const EXPECTED: readonly (readonly [string, number | null, string, RegExp])[] = [
  ['participants', 301, 'mended', /empty name/],
  ['participants', 302, 'mended', /unknown status: Disabled/],
  ['participants', 390, 'mended', /participant that does not exist.*hidden row/],
  ['service_types', 311, 'skipped', /empty row/],
  ['service_types', 312, 'warning', /property schema that would be refused today/],
  ['service_types', 313, 'mended', /name that another one has/],
  ['service_types', 389, 'mended', /service type that does not exist/],
  ['agent_types', 314, 'warning', /template that would be refused today/],
  ['agent_types', 395, 'mended', /agent type that does not exist/],
  ['agent_types', 391, 'mended', /agent type that does not exist/],
  ['agent_type_service_types', 12, 'skipped', /link/],
  ['agent_type_service_types', 12, 'skipped', /link/],
  ['service_options', 316, 'mended', /display order/],
  ['service_options', 317, 'skipped', /type that does not exist/],
  ['service_pool_sets', 397, 'mended', /pool set that does not exist/],
  ['service_pools', 322, 'skipped', /nothing says whose/],
  ['service_pools', 323, 'mended', /unknown property type/],
  ['service_pools', 323, 'mended', /configuration that is no object/],
  ['service_pools', 323, 'mended', /type of another pool/],
  ['service_pools', 324, 'skipped', /unknown generator type/],
  ['service_pools', 325, 'mended', /another owner/],
  ['service_pools', 325, 'warning', /without a valid cidr/],
  ['config_pools', 326, 'mended', /type of another pool/],
  ['config_pools', 328, 'skipped', /unknown generator type/],
  ['agents', 331, 'mended', /unknown status/],
  ['agents', 331, 'mended', /configuration that is no object/],
  ['agents', 391, 'mended', /agent that does not exist/],
  ['tokens', 40, 'left out', /change-me/],
  ['tokens', 41, 'left out', /change-me/],
  ['tokens', 341, 'skipped', /participant that does not exist/],
  ['tokens', 342, 'skipped', /agent that does not exist/],
  ['tokens', 343, 'skipped', /same value/],
  ['tokens', 344, 'skipped', /unknown role/],
  ['tokens', 345, 'mended', /admin token with a scope/],
  ['tokens', 346, 'mended', /agent's provider/],
  ['agent_install_tokens', 347, 'skipped', /agent that does not exist/],
  ['agent_install_tokens', 348, 'mended', /token that does not exist/],
  ['service_groups', 392, 'mended', /service group that does not exist/],
  ['services', 361, 'mended', /agent instance data/],
  ['services', 362, 'mended', /properties that are no object/],
  ['services', 363, 'mended', /agentInstanceId of an older service/],
  ['services', 364, 'adapted', /ended and still has an agentInstanceId/],
  ['services', 365, 'warning', /pool value that another service holds/],
  ['services', 365, 'warning', /state that its lifecycle does not have/],
  ['jobs', 371, 'mended', /second active job/],
  ['jobs', 372, 'skipped', /service that does not exist/],
  ['jobs', 373, 'mended', /agent that does not exist/],
  ['jobs', 373, 'mended', /unknown status/],
  ['jobs', 373, 'mended', /priority/],
  ['jobs', 373, 'mended', /params that are no object/],
  ['jobs', 374, 'mended', /no time of its claim/],
  ['service_pool_values', 80, 'mended', /given twice/],
  ['service_pool_values', 381, 'mended', /given twice/],
  ['service_pool_values', 382, 'mended', /held by something that does not exist/],
  ['service_pool_values', 383, 'skipped', /pool that is not imported/],
  ['service_pool_values', 384, 'mended', /another owner/],
  ['config_pool_values', 385, 'mended', /held by something that does not exist/],
  ['config_pool_values', 386, 'skipped', /pool that is not imported/],
  ['vault_secrets', 195, 'skipped', /left-over/],
  ['vault_secrets', 196, 'skipped', /left-over/],
  ['vault_secrets', 197, 'skipped', /no id/],
  ['vault_secrets', 198, 'skipped', /does not open/],
  ['metric_types', 401, 'mended', /entity type/],
  ['metric_entries', null, 'skipped', /metric type that does not exist/],
  ['metric_entries', null, 'skipped', /no number/],
  ['events', null, 'mended', /no id/],
  ['event_subscriptions', 412, 'mended', /beyond the newest/],
]

test('each is mended, skipped or warned of as the rules say, and no other', () => {
  const left = [...report.findings]
  const missing = EXPECTED.filter(([table, n, treatment, text]) => {
    const row = n === null ? null : id(n)
    const index = left.findIndex(
      (one) => one.table === table && one.id === row && one.treatment === treatment && text.test(one.text),
    )
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
  assert.deepEqual(missing, [])
  const known = new Set([71, 72, 373, 80, 82, 83, 381].map(id))
  assert.deepEqual(
    left.filter((one) => one.treatment !== 'adapted' || !known.has(one.id ?? '')),
    [],
  )
})

test('each row of the source is accounted for', () => {
  for (const { table, source: rows, added, notImported, changed, unchanged, kept } of report.tables)
    assert.deepEqual([added + notImported, changed, unchanged, kept], [rows, 0, 0, 0], table)
  const count = (table: string) => report.tables.find((one) => one.table === table)
  assert.deepEqual([count('participants')?.placeholders, count('metric_entries')?.notImported], [1, 3])
})

test('with --strict the same is refused, with the report, and nothing is written', async () => {
  const { url, drop } = await testDatabase()
  try {
    await importGo(await fresh(), url, { dryRun: true })
    await assert.rejects(importGo(source, url, { strict: true }), (error) => {
      assert.ok(error instanceof ImportRefusal)
      assert.deepEqual([error.kind, error.report?.findings.length], ['conflict', report.findings.length])
      return true
    })
    assert.doesNotMatch(await contents(url), new RegExp(id(60)))
  } finally {
    await drop()
  }
})

let healthy: GoDatabase | undefined
const fresh = async () => {
  healthy ??= await aGoDatabase()
  return healthy
}
after(() => healthy?.drop())

test('with --strict a source without flaws is imported', async () => {
  const { url, drop } = await testDatabase()
  try {
    const { tables } = await importGo(await fresh(), url, { strict: true })
    assert.equal(tables.find(({ table }) => table === 'services')?.added, 4)
  } finally {
    await drop()
  }
})

describe('the API works on what was mended', () => {
  const KINDS = [
    'participants',
    'agent-types',
    'agents',
    'service-types',
    'service-groups',
    'services',
    'jobs',
    'service-option-types',
    'service-options',
    'service-pool-sets',
    'service-pools',
    'service-pool-values',
    'config-pools',
    'config-pool-values',
    'metric-types',
    'metric-entries',
    'events',
    'tokens',
  ]
  for (const kind of KINDS)
    test(`${kind} can be listed, and each one read`, async () => {
      const list = await admin.get(`/${kind}?pageSize=100`)
      assert.equal(list.status, 200, JSON.stringify(list.body))
      if (['events', 'metric-entries', 'jobs'].includes(kind)) return
      for (const item of list.body.items) assert.equal((await admin.get(`/${kind}/${item.id}`)).status, 200)
    })

  test('a service of a deleted participant is still served by its agent', async () => {
    const agent = server.as('agent-of-old')
    const { body } = await agent.get(`/services/${id(361)}`)
    assert.deepEqual([body.consumerId, body.status], [id(390), 'Started'])
    assert.equal((await admin.get(`/participants/${id(390)}`)).status, 404)
    assert.equal((await server.as('orphan-1').get('/services')).status, 401)
  })

  test('an address that was given twice is not given again when one of the two services ends', async () => {
    const consumer = server.as('consumer-of-old')
    const agent = server.as('agent-of-old')
    assert.equal((await consumer.delete(`/services/${id(60)}`)).status, 204)
    const [job] = (await admin.get(`/jobs?serviceId=${id(60)}&status=Pending`)).body.items
    await agent.post(`/jobs/${job.id}/claim`)
    assert.equal((await agent.post(`/jobs/${job.id}/complete`, {})).status, 204)
    const body = {
      name: 'next',
      groupId: id(51),
      serviceTypeId: id(11),
      agentId: id(30),
      properties: { size: 'small' },
    }
    const ordered = await consumer.post('/services', body)
    assert.equal(ordered.status, 201, JSON.stringify(ordered.body))
    assert.deepEqual([ordered.status, ordered.body.properties.ip], [201, '10.1.0.2'])
  })

  test('a secret that another service wrote into its properties stays with its owner', async () => {
    // both hold the reference; the older service owns it, so its end above has deleted it
    assert.equal((await server.as('agent-of-old').get(`/vault/secrets/${id(91)}`)).status, 404)
  })

  test('a consumer whose cursor was beyond the newest event gets the next one', async () => {
    const lease = { subscriberId: 'ahead', instanceId: 'i', limit: 1000 }
    const { body } = await admin.post('/events/lease', lease)
    const numbers: number[] = body.events.map((event: { sequenceNumber: number }) => event.sequenceNumber)
    assert.equal(numbers[0], 8)
  })
})
