/** The agent as a process, killed at random moments of its jobs. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Service } from '@fulcrum/contract'
import { BIG, openWorld, type World } from './agent-under-test.ts'
import { readRoutes } from './gateway/routes.ts'

const MAIN = fileURLToPath(import.meta.resolve('./main.ts'))
const INTERRUPTED = ['create', 'backup', 'restore', 'delete']
const KILLS_EACH = 5
/** Services that live at the same time. */
const SIDE_BY_SIDE = 2
/** A process that has begun the wanted action is killed within this time, in milliseconds; actions take 100 to 500. */
const LONGEST_LIFE_MS = 200

const CONTENT = `CREATE TABLE content AS SELECT n, repeat(md5(n::text), 32) AS text FROM generate_series(1, 3000) n`

let world: World
let children: ChildProcess[]
let output = ''
before(async () => {
  children = []
  world = await openWorld()
  // Killed processes write no compiled code, so that each would compile all of it; this one ends by itself, for want of a server.
  const first = spawn(process.execPath, [MAIN], { cwd: world.dir, stdio: 'ignore', env: compiled() })
  children.push(first)
  await once(first, 'exit')
  assert.equal(first.exitCode, 78)
})
after(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) await ended(child, 'SIGKILL')
  await world?.close()
})

const compiled = () => ({ NODE_COMPILE_CACHE: join(world.dir, 'compiled') })

function startAgent(): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    cwd: world.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...compiled(),
      PATH: process.env.PATH,
      TMPDIR: world.dir,
      FULCRUM_URL: world.api.url,
      FULCRUM_TOKEN: world.api.token,
      FULCRUM_AGENT_DATA_DIR: join(world.dir, 'journal'),
      FULCRUM_POSTGRES_ROUTES_FILE: world.routesFile,
    },
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      output += text
    })
  children.push(child)
  return child
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const processing = (action: string) =>
  [...world.api.jobs.values()].filter((job) => job.status === 'Processing' && job.action === action)

/** All that the killed agent remembered. */
function journal(): string {
  const dir = join(world.dir, 'journal', world.api.agent.id)
  if (!existsSync(dir)) return ''
  return readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('')
}

test('a killed agent ends each job once, and server and services agree', { timeout: 240_000 }, async () => {
  const passwords = new Set<string>([world.database.admin.password, encodeURIComponent(world.database.admin.password)])
  const remembered: string[] = []
  const kills = new Map(INTERRUPTED.map((action) => [action, 0]))
  const kept: Service[] = []
  const deleted: Service[] = []
  const killing = { over: false }

  /** One service after the other, as consumers would use them. */
  async function live(): Promise<void> {
    for (let round = 0; !killing.over; round++) {
      const service = await world.order({ plan: BIG })
      const done = async (action: string) => {
        await world.done(service, action)
        passwords.add(String(service.properties?.password))
      }
      await done('create')
      await world.sql(service, `${CONTENT}; CREATE TABLE t AS SELECT 'as in the backup' AS text`)
      await done('backup')
      await world.sql(service, `UPDATE t SET text = 'later'`)
      await done('rotate-credentials')
      await done('restore')
      assert.deepEqual(await world.sql(service, 'SELECT text FROM t'), [{ text: 'as in the backup' }])
      if (killing.over || round % 3 === 2) kept.push(service)
      else {
        await done('delete')
        deleted.push(service)
      }
    }
  }

  /** A kill counts when it hit its action; until the next one is reached, the agent has to come on. */
  async function kill(): Promise<void> {
    while (Math.min(...kills.values()) < KILLS_EACH)
      for (const [action, count] of kills) {
        const child = startAgent()
        const asked = world.api.requests.length
        await world.api.until(() => world.api.requests.slice(asked).some(({ path }) => path === '/jobs'), 60_000)
        await world.api.until(() => processing(action).length > 0, 60_000)
        await wait(Math.random() * LONGEST_LIFE_MS)
        await ended(child, 'SIGKILL')
        if (processing(action).length > 0) kills.set(action, count + 1)
        remembered.push(journal())
      }
    killing.over = true
    startAgent()
  }

  await Promise.all([kill(), ...Array.from({ length: SIDE_BY_SIDE }, live)])
  const last = children.at(-1) ?? assert.fail()
  await ended(last, 'SIGTERM')
  assert.equal(last.exitCode, 0)

  for (const { id, status, action } of world.api.jobs.values()) {
    assert.equal(status, 'Completed', action)
    const reports = world.api.requests.filter(
      ({ path, status: answer }) => answer === 204 && [`/jobs/${id}/complete`, `/jobs/${id}/fail`].includes(path),
    )
    assert.equal(reports.length, 1)
  }

  const onServer = await world.asAdmin('SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1')
  assert.deepEqual(
    onServer.map(({ datname }) => datname),
    ['postgres', ...kept.map((service) => String(service.properties?.database))].sort(),
  )
  const roles = await world.asAdmin(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%' AND rolcanlogin ORDER BY 1`,
  )
  assert.deepEqual(
    roles.map(({ rolname }) => rolname),
    kept.map((service) => String(service.properties?.username)).sort(),
  )
  const routed = (await readRoutes(world.routesFile)).map((route) => route.serviceId)
  assert.deepEqual(routed.sort(), kept.map(({ id }) => id).sort())
  for (const service of kept) await world.sql(service, 'INSERT INTO t VALUES (1)')

  const stored = [...world.api.artifacts.all.values()].map(({ artifact }) => artifact)
  // a backup of each, and in its place a last one of those that were deleted
  assert.equal(stored.length, kept.length + deleted.length)
  for (const artifact of stored) assert.equal(artifact.state, 'Complete')
  assert.deepEqual(readdirSync(join(world.dir, 'journal', world.api.agent.id)), [])
  assert.deepEqual(existsSync(world.spoolDir) ? readdirSync(world.spoolDir) : [], [])

  assert.ok(passwords.size > 2 * kept.length)
  for (const password of passwords) {
    assert.ok(!output.includes(password))
    assert.ok(!remembered.some((text) => text.includes(password)))
  }
})
