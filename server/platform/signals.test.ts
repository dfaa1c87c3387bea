/** Signals over real connections that break. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { testDatabase } from '../testing/test-server.ts'
import { connect } from './db.ts'
import { parseDsn } from './dsn.ts'
import { createLog } from './log.ts'
import { Signals } from './signals.ts'

const NAME = 'signals-under-test'
const PATIENCE_MS = 10_000

let database: { url: string; drop: () => Promise<void> }
let admin: pg.Client
let open: Signals[] = []
before(async () => {
  database = await testDatabase()
  admin = new pg.Client(database.url)
  admin.on('error', () => {})
  await admin.connect()
})
afterEach(async () => {
  for (const signals of open) await signals.close()
  open = []
})
after(async () => {
  await admin?.end()
  await database?.drop()
})

async function started(): Promise<Signals> {
  const connection = { ...parseDsn(database.url), application_name: NAME }
  const signals = new Signals(connection, createLog('silent', 'text'))
  open.push(signals)
  await signals.start()
  return signals
}

async function connections(): Promise<number> {
  const { rows } = await admin.query('SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1', [
    NAME,
  ])
  return rows[0].n
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !(await holds()); await sleep(10))
    assert.ok(performance.now() < end, 'waited too long')
}

test('every key that is sent reaches the other process, also while others are on their way', async () => {
  const [here, there] = [await started(), await started()]
  const heard = new Set<string>()
  const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`)
  for (const key of keys) there.on(key, (missed) => !missed && heard.add(key))
  for (const key of keys) {
    here.send(key)
    if (Math.random() < 0.1) await sleep(3)
  }
  await until(() => heard.size === keys.length)
})

test('a listener whose connection is cut again and again ends up with one connection, and hears', async () => {
  const [here, there] = [await started(), await started()]
  for (const end = performance.now() + 4_000; performance.now() < end; )
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()`,
      [NAME],
    )
  await until(async () => (await connections()) >= 2)
  let heard = 0
  there.on('key', (missed) => {
    if (!missed) heard++
  })
  await until(() => {
    here.send('key')
    return heard > 0
  })
  // longer than the pause before a reconnect, so that a second one would be there
  await sleep(1_500)
  assert.equal(await connections(), 2)
})

test('what goes with a commit reaches the other process, also when this one does nothing more', async () => {
  const [here, there] = [await started(), await started()]
  const db = connect({ ...parseDsn(database.url), max: 1 })
  let heard = 0
  there.on('key', (missed) => !missed && heard++)
  try {
    const rolledBack = db.transaction().execute(async (tx) => {
      await here.sendOnCommit(tx, 'key')
      throw new Error('changed its mind')
    })
    await assert.rejects(rolledBack, /changed its mind/)
    await db.transaction().execute((tx) => here.sendOnCommit(tx, 'key'))
    await until(() => heard > 0)
    assert.equal(heard, 1)
  } finally {
    await db.destroy()
  }
})
