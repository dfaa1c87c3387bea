/** Many rows: they stream through, and memory does not grow with them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testDatabase } from '../testing/test-server.ts'
import { aGoDatabase, type GoDatabase, id, importGo } from './testing.ts'

const ENTRIES = 200_000
/** The rows alone are some 40 MB as text, several times that as objects. */
const MOST_GROWTH_BYTES = 60e6

let source: GoDatabase
let target: Awaited<ReturnType<typeof testDatabase>>
before(async () => {
  source = await aGoDatabase()
  target = await testDatabase()
})
after(async () => {
  await target.drop()
  await source.drop()
})

test(`${ENTRIES} metric entries are copied with bounded memory`, async () => {
  await source.query(
    `INSERT INTO metric_entries (id, created_at, updated_at, resource_id, value, type_id, agent_id, service_id, provider_id, consumer_id)
     SELECT gen_random_uuid(), now() - n * interval '1 s', now() - n * interval '1 s', 'resource ' || n % 50, n / 7.0,
            '${id(110)}', '${id(30)}', '${id(60)}', '${id(1)}', '${id(2)}' FROM generate_series(1, ${ENTRIES}) n`,
  )
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  const report = await importGo(source, target.url)
  clearInterval(watch)
  const { source: rows, added } = report.tables.find(({ table }) => table === 'metric_entries') ?? {}
  assert.deepEqual([rows, added], [ENTRIES + 20, ENTRIES + 20])
  assert.ok(most - before < MOST_GROWTH_BYTES, `grew by ${Math.round((most - before) / 1e6)} MB`)
})
