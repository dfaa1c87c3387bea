/** Many rows: they stream through, and memory does not grow with them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../testing/test-server.ts'
import { ImportRefusal } from './report.ts'
import { aGoDatabase, contents, type GoDatabase, id, importGo, openClient } from './testing.ts'

const ENTRIES = 200_000
/** The rows alone are some 40 MB as text, several times that as objects; what has passed waits for the collector for a while. */
const MOST_GROWTH_BYTES = 110e6

let source: GoDatabase
let target: Awaited<ReturnType<typeof testDatabase>>
before(async () => {
  source = await aGoDatabase()
  target = await testDatabase()
  await source.query(
    `INSERT INTO metric_entries (id, created_at, updated_at, resource_id, value, type_id, agent_id, service_id, provider_id, consumer_id)
     SELECT gen_random_uuid(), now() - n * interval '1 s', now() - n * interval '1 s', 'resource ' || n % 50, n / 7.0,
            '${id(110)}', '${id(30)}', '${id(60)}', '${id(1)}', '${id(2)}' FROM generate_series(1, ${ENTRIES}) n`,
  )
})
after(async () => {
  await target.drop()
  await source.drop()
})

for (const side of ['source', 'target'] as const)
  test(`a connection to the ${side} that is cut while rows stream ends the import, and nothing is left`, async () => {
    const { url } = side === 'source' ? source : target
    const watcher = await openClient(url)
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'fulcrum import' AND state = 'active' AND query LIKE 'COPY%metric_entries%'`
    try {
      const running = importGo(source, target.url)
      let ended = false
      const refused = assert.rejects(running, (error) => {
        assert.ok(error instanceof ImportRefusal, String(error))
        assert.equal(error.kind, 'unavailable')
        return true
      })
      refused.then(
        () => (ended = true),
        () => (ended = true),
      )
      while (!ended && (await watcher.query(cut)).rowCount === 0) await sleep(10)
      await refused
    } finally {
      await watcher.end()
    }
    assert.ok(!(await contents(target.url)).includes(id(60)))
  })

test(`${ENTRIES} metric entries are copied with bounded memory`, async () => {
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
