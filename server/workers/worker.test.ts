/** That one process at a time does a worker's work, and what happens to a run whose lock is lost. Two servers on one database. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Platform } from '../platform/context.ts'
import { parseDsn } from '../platform/dsn.ts'
import { LockSession } from '../platform/lock-session.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { inBatches, startWorker, TAKE_OVER_MS, type Worker } from './worker.ts'

const EVERY_MS = 20
let server: TestServer
let ends: (() => Promise<void>)[] = []
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

/** A process as far as workers are concerned. */
function aProcess(name: string): LockSession {
  const locks = new LockSession({ ...parseDsn(server.database), application_name: name }, server.platform.log)
  ends.push(() => locks.close())
  return locks
}

function work(worker: Worker, locks: LockSession, platform: Platform = server.platform): () => Promise<void> {
  const stop = startWorker(worker, platform, locks)
  ends.unshift(stop)
  return stop
}

async function until(holds: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds(); await sleep(5))
    assert.ok(performance.now() < end, `${what} did not happen in ${withinMs} ms`)
}

async function cut(name: string): Promise<void> {
  await sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = ${name}`.execute(server.platform.db)
}

/** Ends what a test has started, also after a failure. */
const tidy = (name: string, run: () => Promise<void>) =>
  test(name, async () => {
    try {
      await run()
    } finally {
      for (const end of ends.splice(0)) await end()
      ends = []
    }
  })

tidy('several processes never run at the same time, and the one that began goes on', async () => {
  const runs: string[] = []
  let atOnce = 0
  let most = 0
  const worker = (name: string): Worker => ({
    name: 'test',
    lock: 77,
    everyMs: EVERY_MS,
    run: async () => {
      runs.push(name)
      most = Math.max(most, ++atOnce)
      await sleep(10)
      atOnce--
      return {}
    },
  })
  for (const name of ['a', 'b', 'c']) work(worker(name), aProcess(name))
  await until(() => runs.length >= 10, 'ten runs')
  assert.equal(most, 1)
  assert.equal(new Set(runs).size, 1)
})

tidy('work that each process has to do for itself is done by all of them, one after another', async () => {
  const runs: string[] = []
  let atOnce = 0
  let most = 0
  const worker = (name: string): Worker => ({
    name: 'test',
    lock: 78,
    everyMs: EVERY_MS,
    everywhere: true,
    run: async () => {
      most = Math.max(most, ++atOnce)
      await sleep(5)
      runs.push(name)
      atOnce--
      return {}
    },
  })
  for (const name of ['a', 'b', 'c']) work(worker(name), aProcess(name))
  await until(() => new Set(runs).size === 3, 'a run of each')
  assert.equal(most, 1)
})

tidy('when its process ends orderly, another one works at its next look, long before the next time', async () => {
  const runs: string[] = []
  const worker = (name: string): Worker => ({
    name: 'test',
    lock: 79,
    everyMs: 3_600_000,
    run: async () => {
      runs.push(name)
      return {}
    },
  })
  const [a, b] = [aProcess('a'), aProcess('b')]
  const stop = work(worker('a'), a)
  await until(() => runs.length === 1, 'the first run')
  work(worker('b'), b)
  await sleep(TAKE_OVER_MS / 2)
  assert.deepEqual(runs, ['a'], 'one has it, and it is not time')
  await stop()
  await a.close()
  await until(() => runs.length === 2, 'a run of the other', TAKE_OVER_MS)
  assert.deepEqual(runs, ['a', 'b'])
})

tidy('a run whose connection with the lock breaks stops before its next step, and another one takes over', async () => {
  const steps: string[] = []
  const ended: string[] = []
  const worker = (name: string): Worker => ({
    name: 'test',
    lock: 80,
    everyMs: EVERY_MS,
    run: async (_platform, signal) => {
      await inBatches(1, signal, async () => {
        steps.push(name)
        await sleep(5)
        return 1
      })
      ended.push(name)
      return {}
    },
  })
  work(worker('a'), aProcess('lock-a'))
  await until(() => steps.length > 3, 'some steps')
  const second = new AbortController()
  work({ ...worker('b'), run: (platform) => worker('b').run(platform, second.signal) }, aProcess('lock-b'))
  await cut('lock-a')
  await until(() => ended.includes('a'), 'the end of the first run', 2_000)
  await until(() => steps.includes('b'), 'steps of the other', TAKE_OVER_MS)
  second.abort()
})

tidy('a stop waits for the step under way, not for the whole run', async () => {
  let steps = 0
  const stop = work(
    {
      name: 'test',
      lock: 81,
      everyMs: EVERY_MS,
      run: async (_platform, signal) => ({
        steps: await inBatches(1, signal, async () => {
          steps++
          await sleep(10)
          return 1
        }),
      }),
    },
    aProcess('a'),
  )
  await until(() => steps > 2, 'some steps')
  await stop()
  const before = steps
  await sleep(50)
  assert.equal(steps, before)
})

tidy('a worker that fails runs again', async () => {
  let runs = 0
  work(
    {
      name: 'test',
      lock: 82,
      everyMs: EVERY_MS,
      run: async () => {
        if (++runs < 3) throw new Error('not yet')
        return {}
      },
    },
    aProcess('a'),
  )
  await until(() => runs >= 3, 'the third run')
})

tidy('a lock is had once in all, given back, and known to be lost when its connection breaks', async () => {
  const [a, b] = [aProcess('lock-a'), aProcess('lock-b')]
  const held = await a.hold(90)
  assert.ok(held && !held.aborted)
  assert.equal(await a.hold(90), held, 'who has it has it still')
  assert.equal(await b.hold(90), null)
  await a.release(90)
  assert.ok(await b.hold(90))
  await b.release(90)

  const again = await a.hold(90)
  await cut('lock-a')
  await until(() => again?.aborted === true, 'the loss')
  assert.ok(await b.hold(90))
  assert.equal(await a.hold(90), null, 'it connects again, and another one has the lock now')
})
