/** What is left after kill -9 of the server, of its supervisor, or of both, and how the next start deals with it. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect, createHome, fast, isRoot, removeHome, restoreCluster } from './cluster-for-tests.ts'
import { startPostgres } from './index.ts'
import { takeOwnership } from './ownership.ts'
import { clusterProcesses, fromPs, processStart } from './processes.ts'

const home = createHome()
after(() => removeHome(home))

const LIMIT_MS = 20_000

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + LIMIT_MS
  while (!condition()) {
    assert.ok(Date.now() < end, `not within ${LIMIT_MS} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

type Report = { pid: number; adopted: boolean; url: string; name?: string; message?: string }

/** A supervisor in a process of its own; `command` may put a program such as setpriv in front. */
async function superviseInChild(
  t: TestContext,
  options: object,
  command: string[] = [],
  as: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; report: Report }> {
  const script = fileURLToPath(new URL('supervise-in-child.ts', import.meta.url))
  const [program = process.execPath, ...args] = [...command, process.execPath, script, JSON.stringify(options)]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], ...as })
  t.after(() => killHard(child))
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await until(() => output.includes('\n') || child.exitCode !== null)
  // written by supervise-in-child.ts
  return { child, report: JSON.parse(output) as Report }
}

async function killHard(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await until(() => child.signalCode !== null || child.exitCode !== null)
}

test('after kill -9 of the postmaster its end is noticed and the next start recovers, busy backends or not', async () => {
  const dir = await restoreCluster(home, 'recovers')
  const first = await startPostgres({ dir, ...fast })
  const client = await connect(first.url)
  await client.query('CREATE TABLE kept AS SELECT 42 AS answer')
  // should this test fail, nothing else ends that query
  await client.query("SET statement_timeout = '30s'")
  // computes without waiting for anything, so it does not notice that the postmaster dies
  const endless = client.query('SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b')
  const ended = assert.rejects(endless)
  const data = fs.realpathSync(path.join(dir, 'data'))
  process.kill(first.pid, 'SIGKILL')
  await first.exited

  const second = await startPostgres({ dir, ...fast })
  try {
    await ended
    assert.equal(second.adopted, false)
    const again = await connect(second.url)
    assert.deepEqual((await again.query('SELECT answer FROM kept')).rows, [{ answer: 42 }])
    await again.end()
  } finally {
    await second.stop()
  }
  const { uid, gid } = fs.statSync(data)
  assert.deepEqual(clusterProcesses(data, isRoot ? { uid, gid } : undefined), [])
})

test('after kill -9 of the supervisor the next one adopts the server with its connections', async (t) => {
  const dir = await restoreCluster(home, 'adopts')
  const { child, report } = await superviseInChild(t, { dir, ...fast })
  const client = await connect(report.url)
  await assert.rejects(startPostgres({ dir, ...fast }), {
    name: 'PostgresStartError',
    message: new RegExp(`is in use by process ${child.pid}`),
  })
  await killHard(child)

  const lines: string[] = []
  const second = await startPostgres({ dir, ...fast, log: (line) => lines.push(line) })
  try {
    assert.deepEqual([second.adopted, second.pid, second.url], [true, report.pid, report.url])
    assert.deepEqual(lines, [`adopted the running PostgreSQL, process ${report.pid}`])
    assert.equal((await client.query('SELECT 1')).rowCount, 1)
    const seen = fromPs(fs.realpathSync(path.join(dir, 'data')))
    assert.ok(seen.some(({ pid, certain }) => pid === report.pid && certain))
  } finally {
    await second.stop()
  }
  await second.exited
  assert.equal(processStart(report.pid), undefined)
})

test('a survivor with other settings is started anew', async (t) => {
  const dir = await restoreCluster(home, 'anew')
  const { child, report } = await superviseInChild(t, { dir, ...fast })
  await killHard(child)
  const second = await startPostgres({ dir, ...fast, settings: { ...fast.settings, work_mem: '1MB' } })
  try {
    assert.equal(second.adopted, false)
    assert.notEqual(second.pid, report.pid)
    const client = await connect(second.url)
    assert.deepEqual((await client.query('SHOW work_mem')).rows, [{ work_mem: '1MB' }])
    await client.end()
  } finally {
    await second.stop()
  }
})

test('locks of a dead server do not hinder, even when its process id was given to somebody else', async () => {
  const dir = await restoreCluster(home, 'stale')
  const first = await startPostgres({ dir, ...fast })
  const lock = fs.readFileSync(path.join(dir, 'data', 'postmaster.pid'), 'utf8')
  const { uid, gid } = fs.statSync(path.join(dir, 'data'))
  await first.stop()
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore', ...(isRoot ? { uid, gid } : {}) })
  try {
    const stale = lock.replace(/^\d+/, String(sleeper.pid))
    fs.writeFileSync(path.join(dir, 'data', 'postmaster.pid'), stale)
    fs.writeFileSync(path.join(dir, 'run', '.s.PGSQL.5432.lock'), stale)
    const second = await startPostgres({ dir, ...fast })
    assert.equal(second.adopted, false)
    await second.stop()
  } finally {
    await killHard(sleeper)
  }
})

test('a zombie postmaster does not count as alive', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async (t) => {
  const dir = await restoreCluster(home, 'zombie')
  const { child, report } = await superviseInChild(t, { dir, ...fast })
  // a stopped parent does not collect its child
  child.kill('SIGSTOP')
  process.kill(report.pid, 'SIGKILL')
  await until(() => /\) Z /.test(fs.readFileSync(`/proc/${report.pid}/stat`, 'utf8')))
  assert.equal(processStart(report.pid), undefined)
  for (const name of fs.readdirSync(dir)) if (name.startsWith('owner.')) fs.writeFileSync(path.join(dir, name), '1 1')
  try {
    const second = await startPostgres({ dir, ...fast })
    assert.equal(second.adopted, false)
    await second.stop()
  } finally {
    await killHard(child)
  }
})

test('of two processes that start in a fresh directory at once one wins, and the other names it', async (t) => {
  const dir = path.join(home, 'raced')
  const both = await Promise.all([superviseInChild(t, { dir, ...fast }), superviseInChild(t, { dir, ...fast })])
  const [winner, ...others] = both.filter(({ report }) => report.pid)
  const [loser] = both.filter(({ report }) => !report.pid)
  for (const { child } of both) await killHard(child)
  await (await startPostgres({ dir, ...fast })).stop()
  assert.equal(others.length, 0)
  assert.equal(loser?.report.name, 'PostgresStartError')
  assert.match(loser?.report.message ?? '', new RegExp(`is in use by process ${winner?.child.pid};`))
})

test('an abandoned directory is taken by exactly one of many, and a released one again', () => {
  const base = path.join(home, 'owned')
  fs.mkdirSync(base)
  // process ids are used again: this one lives, but started at another time
  fs.writeFileSync(path.join(base, 'owner.41'), `${process.pid} 1`)
  const place = { base, account: undefined }
  const release = takeOwnership(place)
  assert.throws(() => takeOwnership(place), /is in use by this process/)
  release()
  const again = takeOwnership(place)
  release()
  assert.throws(() => takeOwnership(place), /is in use by this process/)
  again()
  assert.deepEqual(fs.readdirSync(base).sort(), ['owner.42', 'owner.43'])
})

const dropTrace = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace']
const canDrop = () => {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' })
    return isRoot
  } catch {
    return false
  }
}
test('root in a container, who may not look into other processes, adopts as well', {
  skip: canDrop() ? false : 'needs root and setpriv',
}, async (t) => {
  const dir = await restoreCluster(home, 'container')
  const first = await superviseInChild(t, { dir, ...fast }, dropTrace)
  await killHard(first.child)
  const second = await superviseInChild(t, { dir, ...fast }, dropTrace)
  await killHard(second.child)
  assert.deepEqual([second.report.adopted, second.report.pid], [true, first.report.pid])
  const third = await startPostgres({ dir, ...fast })
  assert.equal(third.adopted, true)
  await third.stop()
})

test('another user than root runs it as himself, and root goes on with his data as that user', {
  skip: isRoot ? false : 'needs root to become somebody else',
}, async (t) => {
  const dir = path.join(home, 'unprivileged')
  fs.mkdirSync(dir)
  // initdb wants a user with a name, and root would have taken postgres
  const other = { uid: 65_534, gid: 65_534 }
  fs.chownSync(dir, other.uid, other.gid)
  const { child, report } = await superviseInChild(t, { dir, ...fast }, [], other)
  assert.equal(report.message, undefined)
  assert.equal(fs.statSync(`/proc/${report.pid}`).uid, other.uid)
  await killHard(child)
  const second = await startPostgres({ dir, ...fast, settings: {} })
  assert.equal(second.adopted, false)
  assert.equal(fs.statSync(`/proc/${second.pid}`).uid, other.uid)
  await second.stop()
})
