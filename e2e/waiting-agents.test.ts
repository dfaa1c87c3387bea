/** Many agents wait for jobs at once: the shape of measure-waiting-agents.ts, without its clock. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchServer, startBenchServer } from './testing/bench-server.ts'
import { type Field, type Handed, openField, waitForJobs } from './testing/waiting-agents.ts'

const AGENTS = 5
const JOBS_EACH = 10
/** A job that is handed out only when this is over, or at the server's own look every 10 s, was not told by a signal. */
const WAIT_SECONDS = 60
const TOLD_MS = 8_000
const PATIENCE_MS = 60_000

let server: BenchServer
let field: Field
before(async () => {
  server = await startBenchServer()
  field = await openField(server, { agents: AGENTS, groups: AGENTS * JOBS_EACH })
})
after(async () => {
  await field?.close()
  await server?.stop()
})

test('each job wakes exactly the agent that it is for, once and at once', async () => {
  const handed: Handed[] = []
  let questions = 0
  const waiting = field.agents.map((agent) =>
    waitForJobs(
      server.url,
      agent,
      WAIT_SECONDS,
      (one) => handed.push(one),
      () => questions++,
    ),
  )
  const until = async (holds: () => boolean) => {
    for (const end = performance.now() + PATIENCE_MS; !holds(); await sleep(5))
      assert.ok(performance.now() < end, `${handed.length} jobs were handed out`)
  }
  try {
    await until(() => questions === AGENTS)
    const ordered = new Map<string, { agentId: string; atMs: number }>()
    for (const [index, groupId] of field.groupIds.entries()) {
      const agentId = field.agents[index % AGENTS]?.id ?? assert.fail()
      const atMs = performance.now()
      ordered.set(await field.order(agentId, groupId), { agentId, atMs })
    }
    await until(() => handed.length >= ordered.size)

    assert.equal(handed.length, AGENTS * JOBS_EACH)
    assert.equal(new Set(handed.map(({ jobId }) => jobId)).size, AGENTS * JOBS_EACH)
    for (const { serviceId, agentId, atMs } of handed) {
      const order = ordered.get(serviceId) ?? assert.fail()
      assert.equal(agentId, order.agentId)
      assert.ok(atMs - order.atMs < TOLD_MS, `a job came after ${Math.round(atMs - order.atMs)} ms`)
    }
    // nobody was woken for somebody else's job: each answer but the open ones held something
    assert.ok(questions <= handed.length + AGENTS)
  } finally {
    await Promise.all(waiting.map(({ stop }) => stop()))
  }
})
