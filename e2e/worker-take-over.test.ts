/**
 * Work in the background goes on when the process that does it dies or hangs: two servers on one database, with hours between two
 * runs, so that only taking over can explain a run that comes within seconds.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newServerProcess, type ServerProcess } from './testing/server-process.ts'
import { createTestDatabase, query, type TestDatabase } from './testing/test-database.ts'

/** What is promised. */
const TAKE_OVER_MS = 10_000
const FIRST_RUN_MS = 20_000

let database: TestDatabase
let dataDir: string
let servers: ServerProcess[] = []
before(async () => {
  database = await createTestDatabase()
  dataDir = mkdtempSync(path.join(tmpdir(), 'fulcrum-take-over-'))
})
after(async () => {
  await database?.drop()
  rmSync(dataDir, { recursive: true, force: true })
})
afterEach(async () => {
  for (const server of servers) server.signal('SIGCONT')
  await Promise.all(servers.map((server) => server.stop()))
  servers = []
})

/** @returns the one that has the work */
async function startServers(): Promise<ServerProcess> {
  const make = () =>
    newServerProcess({
      FULCRUM_DB_DSN: database.url,
      FULCRUM_DATA_DIR: dataDir,
      FULCRUM_BOOTSTRAP_ADMIN_TOKEN: 'admin-token-for-tests',
      FULCRUM_CLEANUP_INTERVAL: '24h',
      FULCRUM_TOKEN_RETENTION_INTERVAL: '1h',
      FULCRUM_JOB_MAINTENANCE_INTERVAL: '24h',
    })
  const [working, idle] = [await make(), await make()]
  servers = [working, idle]
  // the first is at work before the second comes
  await working.start()
  assert.notEqual(await deletedWithin(await dueToken(), FIRST_RUN_MS), null, 'a first run deletes')
  await idle.start()
  return working
}

/** A token that is due to be deleted. */
async function dueToken(): Promise<string> {
  const [row] = await query<{ id: string }>(
    database.url,
    `INSERT INTO tokens (id, name, role, hash, expire_at, created_at, updated_at)
     VALUES (gen_random_uuid(), 'due', 'agent', gen_random_uuid(), now() - interval '2 hours', now(), now()) RETURNING id`,
  )
  return row?.id ?? assert.fail()
}

/** @returns after how many milliseconds it was deleted; null when it was not */
async function deletedWithin(id: string, withinMs: number): Promise<number | null> {
  const start = performance.now()
  while (performance.now() - start < withinMs) {
    const rows = await query(database.url, 'SELECT FROM tokens WHERE id = $1', [id])
    if (rows.length === 0) return performance.now() - start
    await sleep(50)
  }
  return null
}

/** How many connections hold the lock of the worker that deletes tokens. */
async function lockHolders(): Promise<number> {
  const rows = await query(
    database.url,
    `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
     WHERE locktype = 'advisory' AND granted AND objid = 4205407 AND datname = current_database()`,
  )
  return rows.length
}

for (const [what, strike] of [
  ['is killed', (server: ServerProcess) => server.kill()],
  ['hangs', async (server: ServerProcess) => server.signal('SIGSTOP')],
] as const)
  test(`when the server that works ${what}, the other one does the next run within ${TAKE_OVER_MS / 1_000} s`, async (t) => {
    const working = await startServers()
    const due = await dueToken()
    assert.equal(await deletedWithin(due, 4_000), null, 'the next run is hours away, whoever would do it')
    assert.equal(await lockHolders(), 1)

    await strike(working)
    const tookMs = await deletedWithin(due, TAKE_OVER_MS)
    assert.ok(tookMs !== null, `it is not done in time\n${servers.map((server) => server.output()).join('\n')}`)
    t.diagnostic(`taken over after ${Math.round(tookMs)} ms`)

    // the one that only hung finds its lock gone and works for nobody
    if (what !== 'hangs') return
    working.signal('SIGCONT')
    const later = await dueToken()
    assert.equal(await deletedWithin(later, 6_000), null)
    assert.equal(await lockHolders(), 1)
    assert.equal((await fetch(`${working.healthUrl}/ready`)).status, 200)
  })
