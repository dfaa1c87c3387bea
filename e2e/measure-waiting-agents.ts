/**
 * How fast a job reaches an agent that waits for it, and what waiting costs. Starts a server of its own; takes about two minutes.
 *
 *     node e2e/measure-waiting-agents.ts
 *
 * Way: 20 agents wait by long poll, 1000 orders come at a steady rate, each in a group of its own. From the answer to the order,
 * which is sent after the commit, to the parsed job in the agent's hands; below zero where the job was faster than the answer.
 * Agents and consumer run in this process, so its own work counts, too.
 * Rest: 200 agents wait and nothing happens. Processor time of the server and of its PostgreSQL, in parts of one core (Linux).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchServer, startBenchServer } from './testing/bench-server.ts'
import { openField, waitForJobs } from './testing/waiting-agents.ts'

const BUSY_AGENTS = 20
const JOBS_EACH = 50
const IDLE_AGENTS = 200
const WAIT_SECONDS = 60
const ORDER_EVERY_MS = 40
const IDLE_MS = 30_000
const SETTLE_MS = 3_000
/** After this time the measurement is given up. */
const LIMIT_MS = 175_000
const TARGETS = { medianMs: 50, idleShare: 0.05 }
/** proc_pid_stat(5) counts in these; the kernel shows 100 a second to programs on every common system. */
const TICKS_PER_SECOND = 100

type Way = { count: number; medianMs: number; p99Ms: number; maxMs: number; loadBefore: number }
type Rest = { agents: number; seconds: number; serverShare: number; postgresShare: number; loadBefore: number }

async function measureWay(server: BenchServer): Promise<Way> {
  const field = await openField(server, { agents: BUSY_AGENTS, groups: BUSY_AGENTS * JOBS_EACH })
  const handedAt = new Map<string, number>()
  const waiting = field.agents.map((agent) =>
    waitForJobs(server.url, agent, WAIT_SECONDS, ({ serviceId, atMs }) => handedAt.set(serviceId, atMs)),
  )
  await sleep(SETTLE_MS)
  const loadBefore = load()
  const answeredAt = new Map<string, number>()
  const startMs = performance.now()
  for (const [index, groupId] of field.groupIds.entries()) {
    await sleep(Math.max(0, startMs + index * ORDER_EVERY_MS - performance.now()))
    const agent = field.agents[index % BUSY_AGENTS]
    if (!agent) throw new Error('there is no agent')
    const id = await field.order(agent.id, groupId)
    answeredAt.set(id, performance.now())
  }
  while (handedAt.size < answeredAt.size) await sleep(20)
  await Promise.all(waiting.map(({ stop }) => stop()))
  await field.close()
  const ways = [...answeredAt].map(([id, atMs]) => (handedAt.get(id) ?? Number.NaN) - atMs).toSorted((a, b) => a - b)
  const at = (share: number) => ways[Math.min(ways.length - 1, Math.floor(ways.length * share))] ?? Number.NaN
  return { count: ways.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1), loadBefore }
}

async function measureRest(server: BenchServer): Promise<Rest> {
  const field = await openField(server, { agents: IDLE_AGENTS, groups: 0 })
  const waiting = field.agents.map((agent) => waitForJobs(server.url, agent, WAIT_SECONDS, () => {}))
  await sleep(SETTLE_MS)
  const loadBefore = load()
  const read = () => ({ ms: performance.now(), own: processorTicks(server.pid), pg: postgresTicks(server) })
  const before = read()
  await sleep(IDLE_MS)
  const after = read()
  await Promise.all(waiting.map(({ stop }) => stop()))
  await field.close()
  const seconds = (after.ms - before.ms) / 1_000
  const share = (ticks: number) => ticks / TICKS_PER_SECOND / seconds
  return {
    agents: IDLE_AGENTS,
    seconds,
    serverShare: share(after.own - before.own),
    postgresShare: share(after.pg - before.pg),
    loadBefore,
  }
}

function load(): number {
  return loadavg()[0] ?? Number.NaN
}

/** User and system time; with `ended`, of children that ended, too. */
function processorTicks(pid: number, ended = false): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the program's name in parentheses may hold anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, ...(ended ? [13, 14] : [])].reduce((sum, index) => sum + Number(fields[index]), 0)
}

function postgresTicks({ postmasterPid }: BenchServer): number {
  let sum = processorTicks(postmasterPid, true)
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmasterPid)
        sum += processorTicks(Number(name))
    } catch {
      // it has just ended
    }
  }
  return sum
}

function row(...cells: (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).padEnd(28)).join(' | ')} |\n`
}

const server = await startBenchServer()
let code = 1
const givenUp = AbortSignal.timeout(LIMIT_MS)
const tooLong = new Promise<never>((_, reject) =>
  givenUp.addEventListener('abort', () => reject(new Error(`not done within ${LIMIT_MS / 1_000} s`))),
)
try {
  const rest = await Promise.race([measureRest(server), tooLong])
  const way = await Promise.race([measureWay(server), tooLong])
  const ms = (value: number) => `${value.toFixed(1)} ms`
  const percent = (value: number) => `${(value * 100).toFixed(2)} % of a core`
  process.stdout.write(
    row('what', 'measured', 'target') +
      row(`way of ${way.count} jobs, median`, ms(way.medianMs), `below ${TARGETS.medianMs} ms`) +
      row('way, 99 of 100', ms(way.p99Ms), '') +
      row('way, longest', ms(way.maxMs), '') +
      row(`${rest.agents} waiting, server`, percent(rest.serverShare), '') +
      row(`${rest.agents} waiting, PostgreSQL`, percent(rest.postgresShare), '') +
      row('both', percent(rest.serverShare + rest.postgresShare), `below ${TARGETS.idleShare * 100} %`) +
      row('load average before', `${way.loadBefore.toFixed(2)}, ${rest.loadBefore.toFixed(2)}`, 'far below the cores'),
  )
  const met = way.medianMs < TARGETS.medianMs && rest.serverShare + rest.postgresShare < TARGETS.idleShare
  process.stdout.write(`${JSON.stringify({ way, rest, targets: TARGETS, met })}\n`)
  code = met ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
} finally {
  await server.stop()
}
process.exit(code)
