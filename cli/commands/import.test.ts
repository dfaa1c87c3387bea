/** What the command itself does; the import has its tests in the server. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ended, fulcrum, root, start } from '../command-harness.ts'
import { importReportText } from '../output/import-report.ts'

const NOBODY = 'postgres://fulcrum:s3cret@127.0.0.1:9/nothing'

test('import says where it would write, and that the source cannot be reached, without the password', async () => {
  const { code, out, err } = await fulcrum('import', '--from-go', NOBODY, '--to', `${NOBODY}?sslmode=disable`)
  assert.deepEqual([code, out], [9, ''])
  assert.match(err, /^Target: database nothing on 127\.0\.0\.1:9 \(--to\)\nError: Cannot connect to .*--from-go/)
  assert.doesNotMatch(err, /s3cret/)
})

test('the target is the configured database, else the embedded one', async () => {
  const target = async (env: Record<string, string>) =>
    (await ended(start(['import', '--from-go', NOBODY, '--dry-run'], env))).err.split('\n')[0]
  assert.match(
    (await target({ FULCRUM_DB_DSN: 'host=db dbname=ours password=s3cret' })) ?? '',
    /^Target: database ours on db:5432 \(FULCRUM_DB_DSN\) \(dry run: nothing is written\)$/,
  )
  const dataDir = join(root, 'data')
  assert.equal(
    await target({ FULCRUM_DATA_DIR: dataDir }),
    `Target: the embedded database in ${dataDir} (dry run: nothing is written)`,
  )
})

test('wrong words are told before anything is done', async () => {
  const [none, dsn, format] = await Promise.all([
    fulcrum('import'),
    fulcrum('import', '--from-go', 'my s3cret'),
    fulcrum('import', '--from-go', NOBODY, '-o', 'xml'),
  ])
  assert.deepEqual([none.code, dsn.code, format.code], [2, 2, 2])
  assert.match(none.err, /--from-go <dsn>/)
  assert.match(dsn.err, /^Error: --from-go is neither a postgres:\/\/ URL nor/)
  assert.doesNotMatch(dsn.err, /s3cret/)
})

test('findings of one kind are one line, with their number and some ids', () => {
  const finding = (id: string | null, count = 1) =>
    ({ table: 'jobs', id, treatment: 'skipped', text: 'is a job of nothing', count }) as const
  const text = importReportText({
    dryRun: false,
    tables: [
      { table: 'jobs', source: 9, added: 1, changed: 0, unchanged: 0, kept: 1, notImported: 7, placeholders: 0 },
    ],
    findings: [...['a', 'b', 'c', 'd'].map((id) => finding(id)), finding(null, 3), { ...finding(null, 5), table: 'x' }],
  })
  assert.match(text, /^TABLE +SOURCE +NEW .*\njobs +9 +1 +0 +0 +1 +7 +0\n/)
  assert.match(
    text,
    /\nskipped {2}jobs: 7 × is a job of nothing \(a, b, c, …\)\nskipped {2}x: 5 × is a job of nothing\n$/,
  )
})
