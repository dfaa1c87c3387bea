/** Real processes, killed at random moments. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Job } from '@fulcrum/contract'
import { startTestServer, type TestServer } from './testing.ts'

const AGENT = fileURLToPath(import.meta.resolve('./crash-test-agent.ts'))
const KILLS = 20

let server: TestServer
let dir: string
let children: ChildProcess[]
let output: string

beforeEach(async () => {
  server = await startTestServer()
  dir = mkdtempSync(join(tmpdir(), 'crash-'))
  mkdirSync(join(dir, 'effects'))
  children = []
  output = ''
})
afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) await killed(child)
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

function start(env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [AGENT], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      FULCRUM_URL: server.url,
      FULCRUM_TOKEN: server.token,
      FULCRUM_AGENT_DATA_DIR: join(dir, 'data'),
      EFFECTS_DIR: join(dir, 'effects'),
      ...env,
    },
  })
  child.stdout?.on('data', (text) => {
    output += text
  })
  children.push(child)
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  await once(child, 'exit')
  return child.exitCode
}

const inProgress = () => [...server.jobs.values()].filter((job) => job.status === 'Processing').length

test('a killed agent ends every job, and no completed step runs twice', { timeout: 60_000 }, async () => {
  const created: Job[] = []
  const refused: Job[] = []
  let killedAtWork = 0
  for (let kill = 0; kill < KILLS; kill++) {
    for (let index = 0; index < 3; index++) created.push(server.addJob(server.addService(), 'create'))
    refused.push(server.addJob(server.addService(), 'refuse'))
    const asked = server.requests.length
    const child = start()
    // From the first claim or resumed job on: before it there is nothing to disturb.
    await server.until(() => server.requests.slice(asked).some(({ path }) => path === '/jobs'))
    await wait(Math.random() * 90)
    if (inProgress() > 0) killedAtWork++
    await killed(child)
  }
  const last = start()
  const ended = await Promise.all([...created, ...refused].map((job) => server.ended(job, 20_000)))
  last.kill('SIGTERM')
  assert.equal(await exitCode(last), 0)

  assert.ok(killedAtWork >= KILLS / 3, `only ${killedAtWork} kills hit a job`)
  for (const job of ended.slice(created.length)) assert.equal(job.errorMessage, 'refused as always')
  for (const job of ended.slice(0, created.length)) {
    assert.equal(job.status, 'Completed')
    const results = ['one', 'two', 'three'].map((step) => resultOf(job, step))
    assert.equal(server.services.get(job.serviceId)?.agentInstanceId, results.join(' '))
  }
  assert.deepEqual(readdirSync(join(dir, 'data', server.agent.id)), [])
  assert.equal(server.statuses.at(-1), 'Disconnected')
})

/** The one result of a step, after looking at all that happened to it. */
function resultOf(job: Job, step: string): string {
  const lines = readFileSync(join(dir, 'effects', `${job.id}.${step}`), 'utf8')
    .trim()
    .split('\n')
  const results = new Set(lines.filter((line) => line.startsWith('returned')))
  assert.equal(results.size, 1, `step ${step} had several results: ${lines.join(', ')}`)
  const firstReturn = lines.findIndex((line) => line.startsWith('returned'))
  assert.ok(!lines.slice(firstReturn).includes('run'), `step ${step} ran after its end: ${lines.join(', ')}`)
  return [...results].join('').replace('returned ', '')
}

test('a second process with the same journal ends with a clear message', async () => {
  start()
  await server.until(() => server.statuses.length > 0)
  const second = start()
  assert.equal(await exitCode(second), 75)
  assert.match(output, /is used by the agent process \d+; each agent needs its own directory/)
})

test('a refused token ends the process after the configured time', async () => {
  const child = start({ FULCRUM_TOKEN: 'not-the-token', FULCRUM_AGENT_TOKEN_PATIENCE_SECONDS: '0' })
  assert.equal(await exitCode(child), 77)
  assert.match(output, /refuses the token/)
  assert.doesNotMatch(output, /not-the-token/)
})

test('a wrong environment ends the process with the name of the variable', async () => {
  const child = start({ FULCRUM_AGENT_PARALLEL_JOBS: 'many' })
  assert.equal(await exitCode(child), 78)
  assert.match(output, /FULCRUM_AGENT_PARALLEL_JOBS must be a whole number from 1, not 'many'/)
})
