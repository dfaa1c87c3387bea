/** Everyday life of a server: starting, stopping, refusing. Each test has a directory of its own. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { createHome, fast, isRoot, query, removeHome, restoreCluster } from './cluster-for-tests.ts'
import { bundledInstallation, startPostgres, startTestPostgres, systemInstallations } from './index.ts'

const home = createHome()
after(() => removeHome(home))

/** A listener on a free port of 127.0.0.1. */
async function listen(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

async function freePort(): Promise<number> {
  const { port, close } = await listen()
  await close()
  return port
}

const refusal = (message: RegExp) => ({ name: 'PostgresStartError', message })

test('data written before a stop is there after the next start, and the directory is private', async () => {
  const dir = path.join(home, 'kept')
  const first = await startPostgres({ dir, ...fast, durable: true })
  assert.match(first.version, /^18\./)
  assert.equal(first.adopted, false)
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  assert.equal(await query(first.url, 'SHOW listen_addresses'), '')
  assert.equal(await query(first.url, 'SHOW fsync'), 'on')
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700)
  assert.equal(fs.statSync(first.socketDir).mode & 0o777, 0o700)
  assert.equal(fs.statSync(path.join(dir, 'secret')).mode & 0o777, 0o600)
  assert.equal(fs.statSync(path.join(dir, 'postgres.log')).mode & 0o777, 0o600)
  if (isRoot) assert.notEqual(fs.statSync(`/proc/${first.pid}`).uid, 0)
  await first.stop()
  await first.exited
  assert.throws(() => process.kill(first.pid, 0), { code: 'ESRCH' })

  // a log of more than 10 MB is put aside
  fs.truncateSync(path.join(dir, 'postgres.log'), 11 * 1024 * 1024)
  const second = await startPostgres({ dir, ...fast })
  assert.equal(await query(second.url, 'SELECT answer FROM kept'), 42)
  assert.ok(fs.statSync(path.join(dir, 'postgres.log')).size < 1024 * 1024)
  assert.ok(fs.existsSync(path.join(dir, 'postgres.log.1')))
  await second.stop()
  await second.stop()
})

test('a TCP port lets in over loopback by password, and one that is taken is named', async () => {
  const taken = await listen()
  const fresh = path.join(home, 'taken')
  await assert.rejects(startPostgres({ dir: fresh, ...fast, tcpPort: taken.port }), refusal(/^port \d+ is in use$/))
  assert.equal(fs.existsSync(path.join(fresh, 'data')), false)
  const dir = await restoreCluster(home, 'tcp')
  await taken.close()

  const server = await startPostgres({ dir, ...fast, tcpPort: taken.port })
  try {
    assert.equal(new URL(server.url).host, `127.0.0.1:${taken.port}`)
    assert.equal(await query(server.url, 'SELECT 1'), 1)
    assert.equal(await query(server.url, 'SHOW listen_addresses'), '127.0.0.1')
    const rules = `SELECT string_agg(concat_ws(' ', type, address, netmask, auth_method), '; ') FROM pg_hba_file_rules`
    assert.equal(await query(server.url, rules), 'local scram-sha-256; host 127.0.0.1 255.255.255.255 scram-sha-256')
    const wrong = new URL(server.url)
    wrong.password = 'wrong'
    await assert.rejects(query(String(wrong), 'SELECT 1'), { code: '28P01' })
  } finally {
    await server.stop()
  }
})

test('a path of 200 characters with a comma and spaces works, and its socket directory goes with the server', async () => {
  const start = path.join(home, "a, 'b' ")
  const long = await restoreCluster(home, `a, 'b' ${'x'.repeat(200 - start.length)}`)
  assert.equal(long.length, 200)
  const server = await startPostgres({ dir: long, ...fast })
  assert.match(server.socketDir, /^\/tmp\/fulcrum-pg-[0-9a-f]{16}$/)
  assert.equal(fs.statSync(server.socketDir).mode & 0o777, 0o700)
  assert.equal(await query(server.url, 'SELECT 1'), 1)
  await server.stop()
  assert.equal(fs.existsSync(server.socketDir), false)
  await assert.rejects(startPostgres({ dir: long, settings: { work_mem: 'x' } }), refusal(/did not start/))
  assert.equal(fs.existsSync(server.socketDir), false)

  const short = path.join(home, "a, 'b'")
  const other = await startPostgres({ dir: short, ...fast })
  assert.equal(other.socketDir, path.join(short, 'run'))
  assert.equal(await query(other.url, 'SELECT 1'), 1)
  await other.stop()
})

test('of two starts at once in one directory one wins, and the other is told who has it', async () => {
  const dir = path.join(home, 'contended')
  const results = await Promise.allSettled([1, 2, 3].map(() => startPostgres({ dir, ...fast })))
  const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  try {
    assert.equal(won.length, 1)
    for (const result of results)
      if (result.status === 'rejected') assert.match(String(result.reason), /is in use by this process/)
  } finally {
    for (const server of won) await server.stop()
  }
})

test('a directory that cannot be used is refused with the reason, and left as it was', async () => {
  const file = path.join(home, 'file')
  fs.writeFileSync(file, '')
  await assert.rejects(startPostgres({ dir: file }), refusal(/is not a directory/))
  await assert.rejects(startPostgres({ dir: path.join(file, 'below') }), refusal(/not a directory/))
  await assert.rejects(startPostgres({ dir: '/proc/fulcrum' }), refusal(/cannot use \/proc\/fulcrum/))
  await assert.rejects(startPostgres({ dir: path.join(home, '$(id)') }), refusal(/does not work in a path with/))
  await assert.rejects(startPostgres({ dir: '/' }), refusal(/was not made by Fulcrum/))

  const foreign = path.join(home, 'photos')
  fs.mkdirSync(path.join(foreign, 'data'), { recursive: true, mode: 0o755 })
  await assert.rejects(startPostgres({ dir: foreign }), refusal(/not empty and was not made by Fulcrum/))
  assert.equal(fs.statSync(foreign).mode & 0o777, 0o755)
})

test('settings that decide who gets in are refused, and a wrong value is reported in the words of PostgreSQL', async () => {
  const dir = await restoreCluster(home, 'settings')
  const start = (settings: Record<string, string>) => startPostgres({ dir, durable: false, settings })
  await assert.rejects(start({ LISTEN_addresses: '*' }), refusal(/^the setting LISTEN_addresses cannot be changed$/))
  await assert.rejects(start({ '-x': '1' }), refusal(/"-x" is not a PostgreSQL setting/))
  await assert.rejects(startPostgres({ dir, tcpPort: 0 }), refusal(/^0 is not a TCP port/))
  await assert.rejects(
    start({ shared_buffers: 'plenty' }),
    refusal(/^PostgreSQL did not start: invalid value for parameter "shared_buffers": "plenty"$/),
  )
})

test('a broken data directory is refused with the reason', async () => {
  const dir = await restoreCluster(home, 'broken')
  const data = path.join(dir, 'data')

  fs.renameSync(path.join(data, 'global', 'pg_control'), path.join(home, 'pg_control'))
  await assert.rejects(startPostgres({ dir }), refusal(/^PostgreSQL did not start: .*pg_control/))
  fs.renameSync(path.join(home, 'pg_control'), path.join(data, 'global', 'pg_control'))

  const secret = fs.readFileSync(path.join(dir, 'secret'))
  fs.writeFileSync(path.join(dir, 'secret'), '')
  await assert.rejects(startPostgres({ dir }), refusal(/secret is missing or empty/))
  fs.writeFileSync(path.join(dir, 'secret'), secret)

  fs.writeFileSync(path.join(data, 'PG_VERSION'), '11\n')
  await assert.rejects(startPostgres({ dir }), refusal(/made by PostgreSQL 11, which is not installed/))
  fs.writeFileSync(path.join(data, 'PG_VERSION'), 'garbage')
  await assert.rejects(startPostgres({ dir }), refusal(/PG_VERSION holds no known version/))
  fs.rmSync(path.join(data, 'PG_VERSION'))
  await assert.rejects(startPostgres({ dir }), refusal(/PG_VERSION is missing/))
})

test('an aborted start ends with the reason and leaves nothing running', async () => {
  const dir = path.join(home, 'aborted')
  const controller = new AbortController()
  const starting = startPostgres({ dir, ...fast, signal: controller.signal })
  const seen = () => fs.existsSync(dir) && fs.readdirSync(dir).some((name) => name.startsWith('data.new.'))
  const until = Date.now() + 10_000
  while (!seen() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort(new Error('enough'))
  await assert.rejects(starting, /enough/)
  assert.equal(seen(), false)
  assert.equal(fs.existsSync(path.join(dir, 'data')), false)
})

const [system] = systemInstallations()
test('a system installation runs, and its data finds it again', {
  skip: system ? false : 'this system has no PostgreSQL server',
}, async () => {
  assert.ok(system)
  const dir = path.join(home, 'system')
  const first = await startPostgres({ dir, ...fast, installation: system, tcpPort: await freePort() })
  assert.equal(first.version, system.version)
  assert.match(String(await query(first.url, 'SHOW server_version')), new RegExp(`^${system.version}`))
  await first.stop()
  const second = await startPostgres({ dir, ...fast })
  assert.equal(second.version.split('.')[0], String(system.major))
  await second.stop()
  if (system.major !== 18) {
    await assert.rejects(
      startPostgres({ dir, installation: bundledInstallation() }),
      refusal(/made by PostgreSQL \d+, but PostgreSQL 18\.\d+ was chosen/),
    )
  }
})

test('root is told when PostgreSQL could not reach the directory', {
  skip: isRoot ? false : 'only root runs PostgreSQL as another user',
}, async () => {
  const closed = path.join(home, 'closed')
  fs.mkdirSync(closed, { mode: 0o700 })
  await assert.rejects(
    startPostgres({ dir: path.join(closed, 'a', 'postgres') }),
    refusal(/runs as user id \d+, which cannot enter .*\/closed; choose a data directory elsewhere/),
  )
  assert.deepEqual(fs.readdirSync(closed), [])
})

test('a test server copies databases and leaves nothing behind', async () => {
  const before = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('fulcrum-test-'))
  const server = await startTestPostgres()
  try {
    const template = await server.createDatabase()
    await query(template, 'CREATE TABLE copied AS SELECT 7 AS answer')
    const copies = await Promise.all([server.createDatabase(template), server.createDatabase(template)])
    for (const copy of copies) assert.equal(await query(copy, 'SELECT answer FROM copied'), 7)
    assert.equal(new Set([template, ...copies]).size, 3)
  } finally {
    await server.stop()
  }
  const left = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('fulcrum-test-') && !before.includes(name))
  assert.deepEqual(left, [])
})
