/** One import after another, imports that are refused, and imports that end half-way. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestServer, testDatabase } from '../testing/test-server.ts'
import { importFromGo } from './import.ts'
import { ImportRefusal, type ImportReport } from './report.ts'
import { readImportSettings } from './settings.ts'
import { aGoDatabase, contents, type GoDatabase, id, importGo, openClient } from './testing.ts'

const BOUND_MS = 20_000

let source: GoDatabase
before(async () => {
  source = await aGoDatabase()
})
after(() => source.drop())

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function aTarget(): Promise<string> {
  const { url, drop } = await testDatabase()
  undo.push(drop)
  return url
}

/** A source of its own, to be changed. */
async function aSource(): Promise<GoDatabase> {
  const own = await aGoDatabase()
  undo.push(own.drop)
  return own
}

const SERVER = { FULCRUM_JOB_MAINTENANCE: 'false', FULCRUM_AGENT_MAINTENANCE: 'false' }

async function aServer(url: string) {
  const server = await startTestServer({ FULCRUM_DB_DSN: url, ...SERVER })
  undo.push(server.stop)
  return server
}

function refused(kind: ImportRefusal['kind'], message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ImportRefusal, String(error))
    assert.deepEqual([error.kind, error.report], [kind, undefined])
    assert.match(error.message, message)
    return true
  }
}

/** Tables of which not all imported rows are in the state. */
function others(report: ImportReport, state: 'added' | 'unchanged'): string[] {
  return report.tables.filter((one) => one[state] + one.notImported !== one.source).map(({ table }) => table)
}

describe('a second import', () => {
  test('changes nothing when nothing changed, and counts the same', async () => {
    const target = await aTarget()
    const first = await importGo(source, target)
    const before = await contents(target)
    const second = await importGo(source, target)
    assert.deepEqual([others(first, 'added'), others(second, 'unchanged')], [[], []])
    assert.equal(await contents(target), before)
    assert.deepEqual(second.findings, first.findings)
  })

  test('takes what changed there, while a server runs on the target', async () => {
    const target = await aTarget()
    const own = await aSource()
    await importGo(own, target)
    const server = await aServer(target)
    const admin = server.as('admin-of-old')
    // remembered by the server
    assert.equal((await server.as('other-of-old').get('/service-types')).status, 200)
    await own.query(`UPDATE services SET name = 'renamed there', updated_at = now() WHERE id = '${id(60)}'`)
    await own.query(`UPDATE participants SET status = 'Disabled', updated_at = now() WHERE id = '${id(3)}'`)
    await own.query(`INSERT INTO participants (id, name, status) VALUES ('${id(4)}', 'new there', 'Enabled')`)
    await own.query(`DELETE FROM agent_type_service_types`)
    await own.query(`UPDATE agent_types SET updated_at = now()`)
    await own.query(
      `INSERT INTO events (id, sequence_number, initiator_type, initiator_id, type) VALUES ('${id(207)}', 7, 'user', '', 'participant.created')`,
    )
    const report = await importGo(own, target)
    const counts = (table: string) => {
      const { added, changed, unchanged } = report.tables.find((one) => one.table === table) ?? {}
      return [added, changed, unchanged]
    }
    assert.deepEqual(
      [counts('services'), counts('participants'), counts('events')],
      [
        [0, 1, 3],
        [1, 1, 2],
        [1, 0, 5],
      ],
    )
    assert.equal((await admin.get(`/services/${id(60)}`)).body.name, 'renamed there')
    assert.deepEqual((await admin.get(`/agent-types/${id(12)}`)).body.serviceTypeIds, [])
    assert.equal((await admin.get('/events?sort=-sequenceNumber')).body.items[0].id, id(207))
    // the server was told that what it remembers of tokens is void: well before it would forget by itself
    const until = performance.now() + 3_000
    while ((await server.as('other-of-old').get('/service-types')).status !== 403)
      assert.ok(performance.now() < until, 'the running server did not hear of the import')
  })

  test('keeps what changed here later, and does not bring back what was deleted here', async () => {
    const target = await aTarget()
    const own = await aSource()
    await importGo(own, target)
    const server = await aServer(target)
    const admin = server.as('admin-of-old')
    await own.query(`UPDATE service_groups SET name = 'there', updated_at = now() WHERE id = '${id(50)}'`)
    assert.equal((await admin.patch(`/service-groups/${id(50)}`, { name: 'here' })).status, 200)
    assert.equal((await admin.delete(`/tokens/${id(46)}`)).status, 204)
    assert.equal((await admin.delete(`/service-pool-values/${id(88)}`)).status, 204)
    const report = await importGo(own, target)
    assert.equal((await admin.get(`/service-groups/${id(50)}`)).body.name, 'here')
    assert.equal(report.tables.find(({ table }) => table === 'service_groups')?.kept, 1)
    assert.deepEqual(
      report.findings.filter(({ treatment }) => treatment === 'deleted here').map(({ table, id: row }) => [table, row]),
      [
        ['tokens', id(46)],
        ['service_pool_values', id(88)],
      ],
    )
    assert.equal((await server.as('other-of-old').get('/service-types')).status, 401)
  })

  test('gives events a new number when events of here have passed theirs', async () => {
    const target = await aTarget()
    const own = await aSource()
    await importGo(own, target)
    const server = await aServer(target)
    const admin = server.as('admin-of-old')
    await admin.patch(`/service-groups/${id(50)}`, { name: 'here' })
    const numbers = async () => {
      const { body } = await admin.get('/events?pageSize=100&sort=sequenceNumber')
      return body.items.map((event: { sequenceNumber: number; id: string }) => [event.sequenceNumber, event.id])
    }
    const [[number, ours]] = (await numbers()).slice(-1)
    assert.equal(number, 7)
    await own.query(
      `INSERT INTO events (id, sequence_number, initiator_type, initiator_id, type) VALUES ('${id(207)}', 7, 'user', '', 'x')`,
    )
    await importGo(own, target)
    assert.deepEqual((await numbers()).slice(-2), [
      [7, ours],
      [8, id(207)],
    ])
  })
})

describe('a dry run', () => {
  test('reports what an import would do and writes nothing, not even tables', async () => {
    const target = await aTarget()
    const before = await contents(target)
    const report = await importGo(source, target, { dryRun: true })
    assert.deepEqual([report.dryRun, others(report, 'added')], [true, []])
    assert.equal(await contents(target), before)
    assert.equal(before, '')
    const real = await importGo(source, target)
    assert.deepEqual({ ...real, dryRun: true }, report)
  })

  test('writes nothing into a database that is in use', async () => {
    const target = await aTarget()
    const own = await aSource()
    await importGo(own, target)
    const before = await contents(target)
    await own.query(`UPDATE services SET name = 'x', updated_at = now()`)
    const report = await importGo(own, target, { dryRun: true })
    assert.equal(report.tables.find(({ table }) => table === 'services')?.changed, 4)
    assert.equal(await contents(target), before)
  })
})

describe('nothing is written', () => {
  test('with another vault key, with none, or into a vault with another', async () => {
    const target = await aTarget()
    const KEY = 'FULCRUM_VAULT_ENCRYPTION_KEY'
    await assert.rejects(importGo(source, target, {}, { [KEY]: '22'.repeat(32) }), refused('usage', /is not the key/))
    await assert.rejects(importGo(source, target, {}, { [KEY]: '' }), refused('usage', /no key to open them/))
    await assert.rejects(importGo(source, target, {}, { [KEY]: 'abc' }), refused('usage', /64 hexadecimal digits/))
    assert.equal(await contents(target), '')
    await importGo(source, target)
    const client = await openClient(target)
    await client.query(`UPDATE vault_secrets SET key_id = 'another'`)
    await client.end()
    await assert.rejects(importGo(source, target), refused('conflict', /another key/))
  })

  test('into a database with other data, unless told to merge', async () => {
    const target = await aTarget()
    const server = await startTestServer({ FULCRUM_DB_DSN: target })
    const { body } = await server.admin.post('/participants', { name: 'ours', status: 'Enabled' })
    await server.admin.post('/metric-types', { name: 'cpu', entityType: 'Agent' })
    await server.stop()
    await assert.rejects(importGo(source, target), refused('conflict', /participants, metric types/))
    const report = await importGo(source, target, { merge: true })
    assert.deepEqual(
      report.findings.filter(({ table }) => table === 'metric_types').map(({ id: row, text }) => [row, text]),
      [[id(110), 'has a name that another one has: a part of its id stands behind it']],
    )
    const later = await aServer(target)
    const admin = later.as('admin-of-old')
    const { items } = (await admin.get('/participants?sort=name')).body
    assert.deepEqual(
      items.map((item: { name: string }) => item.name),
      ['consumer', 'other provider', 'ours', 'provider'],
    )
    assert.equal((await admin.get(`/participants/${body.id}`)).status, 200)
    // now it is the target of an earlier import
    await importGo(source, target)
  })

  test('when source and target are one database, or change places', async () => {
    const own = await aSource()
    const before = await contents(own.url)
    const target = await aTarget()
    await assert.rejects(importGo(own, own.url), refused('usage', /same database/))
    await assert.rejects(importGo(source, own.url), refused('usage', /not of this control plane/))
    await assert.rejects(importGo({ url: target }, own.url), refused('usage', /none of the tables/))
    await importGo(source, target)
    await assert.rejects(importGo({ url: target }, await aTarget()), refused('usage', /not of the Go one/))
    assert.equal(await contents(own.url), before)
  })

  test('from a source of another version, or without its metric database', async () => {
    const target = await aTarget()
    const own = await aSource()
    await own.query('ALTER TABLE service_pools RENAME participant_id TO owner_id')
    await assert.rejects(importGo(own, target), refused('usage', /lacks service_pools\.participant_id/))
    await own.query('ALTER TABLE service_pools RENAME owner_id TO participant_id')
    await own.query('ALTER TABLE metric_entries RENAME TO elsewhere')
    await assert.rejects(importGo(own, target), refused('usage', /metric entries are not in that database/))
    const report = await importGo(own, target, { fromGoMetrics: source.url })
    assert.equal(report.tables.find(({ table }) => table === 'metric_entries')?.added, 20)
  })

  test('when another import holds the target', async () => {
    const target = await aTarget()
    await importGo(source, target)
    const client = await openClient(target)
    await client.query('BEGIN; SELECT pg_advisory_xact_lock(4205418)')
    await assert.rejects(importGo(source, target), refused('conflict', /Another import/))
    await client.end()
    await importGo(source, target)
  })

  test('when the connection breaks half-way; the next import succeeds', async () => {
    const target = await aTarget()
    // tables, but no rows
    await importGo({ url: source.url }, target, { dryRun: true })
    await (await startTestServer({ FULCRUM_DB_DSN: target })).stop()
    const before = await contents(target)
    const watcher = await openClient(target)
    undo.push(() => watcher.end())
    const cut = async () => {
      const { rowCount } = await watcher.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'fulcrum import' AND pid <> pg_backend_pid()`,
      )
      return rowCount
    }
    let cuts = 0
    const settings = readImportSettings(
      { fromGo: source.url, to: target },
      { FULCRUM_VAULT_ENCRYPTION_KEY: '11'.repeat(32) },
    )
    // at the last step everything is written and nothing is committed
    const running = importFromGo(settings, (line) => {
      if (line === 'comparing') cut().then((n) => (cuts += n ?? 0), assert.ifError)
    })
    await assert.rejects(running)
    assert.equal(cuts, 1)
    for (const until = performance.now() + BOUND_MS; (await cut()) !== 0; await sleep(20))
      assert.ok(performance.now() < until)
    assert.equal(await contents(target), before)
    assert.deepEqual(others(await importGo(source, target), 'added'), [])
  })

  test('by words that make no sense, which are not repeated where they could hold a password', async () => {
    const read = (words: object, environment = {}) => readImportSettings({ fromGo: source.url, ...words }, environment)
    assert.throws(() => read({ fromGo: 'pass word' }), refused('usage', /^--from-go (?!.*pass word)/))
    assert.throws(() => read({ to: 'postgres://u:s3cret@[/x' }), refused('usage', /^--to (?!.*s3cret)/))
    assert.throws(() => read({}, { FULCRUM_METRIC_DB_DSN: 'nonsense' }), refused('usage', /^FULCRUM_METRIC_DB_DSN/))
    assert.throws(() => read({}, { FULCRUM_DB_DSN: 'nonsense' }), refused('usage', /^FULCRUM_DB_DSN/))
    const away = 'postgres://fulcrum:s3cret@127.0.0.1:1/x'
    await assert.rejects(importGo({ url: away }, source.url), refused('unavailable', /^Cannot connect to(?!.*s3cret)/))
    await assert.rejects(importGo(source, away), refused('unavailable', /target \(--to\)(?!.*s3cret)/))
  })
})

describe('the embedded database', () => {
  test('is the target when no other is named; a dry run leaves no trace of one', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'fulcrum-import-test-'))
    // PostgreSQL may run as another user
    chmodSync(dir, 0o711)
    undo.push(async () => rmSync(dir, { recursive: true, force: true }))
    const run = (dryRun: boolean) =>
      importFromGo(
        readImportSettings(
          { fromGo: source.url, dryRun },
          { FULCRUM_DATA_DIR: path.join(dir, 'data'), FULCRUM_VAULT_ENCRYPTION_KEY: '11'.repeat(32) },
        ),
      )
    assert.deepEqual(others(await run(true), 'added'), [])
    assert.equal(existsSync(path.join(dir, 'data')), false)
    assert.deepEqual(others(await run(false), 'added'), [])
    assert.deepEqual(others(await run(false), 'unchanged'), [])
  })
})
