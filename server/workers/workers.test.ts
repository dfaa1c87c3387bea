/** Background work against the contract's vectors. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import type { Platform } from '../platform/context.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, readVectors, type Vector } from '../testing/vectors.ts'
import { agentWorker } from './agent-worker.ts'
import { jobWorker } from './job-worker.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer({ FULCRUM_JOB_MAINTENANCE: 'false', FULCRUM_AGENT_MAINTENANCE: 'false' })
  federation = await aFederation(server)
})
after(() => server.stop())

const SECOND_MS = 1_000
const RUNNING = new AbortController().signal
type GivenJob = { name: string; status: string; age: number; completedAge: number | null }
type GivenAgent = { name: string; status: string; lastSeen: number | null }

function withLimits(limits: Partial<Platform['config']>): Platform {
  return { ...server.platform, config: { ...server.platform.config, ...limits } }
}

const ago = (seconds: number | null) => (seconds === null ? null : new Date(Date.now() - seconds * SECOND_MS))

async function runJobs(given: JsonObject): Promise<JsonObject> {
  const names = new Map<string, string>()
  for (const { name, status, age, completedAge } of given.jobs as GivenJob[]) {
    const { id } = (await server.admin.get(`/jobs?serviceId=${await federation.order({}, await federation.group())}`))
      .body.items[0]
    names.set(id, name)
    // a job that is worked on was claimed as soon as it was there
    await sql`
      UPDATE jobs SET status = ${status}, created_at = ${ago(age)}, claimed_at = ${status === 'Pending' ? null : ago(age)},
                      completed_at = ${ago(completedAge ?? (status === 'Failed' ? age : null))}
      WHERE id = ${id}`.execute(server.platform.db)
  }
  const limits = {
    jobTimeoutMs: Number(given.timeout) * SECOND_MS,
    jobRetentionMs: Number(given.retention) * SECOND_MS,
  }
  const done = await jobWorker(SECOND_MS).run(withLimits(limits), RUNNING)
  const { rows } = await sql<{ id: string; status: string }>`SELECT id, status FROM jobs`.execute(server.platform.db)
  const left = new Map(rows.map(({ id, status }) => [names.get(id), status]))
  await sql`DELETE FROM jobs`.execute(server.platform.db)
  const after = Object.fromEntries([...names.values()].map((name) => [name, left.get(name) ?? 'gone']))
  return { after, timedOut: done.timedOut ?? -1, purged: done.purged ?? -1 }
}

async function runAgents(given: JsonObject): Promise<JsonObject> {
  const ids = new Map<string, string>()
  for (const { name, status, lastSeen } of given.agents as GivenAgent[]) {
    const { id } = await federation.sibling(name)
    ids.set(name, id)
    await sql`UPDATE agents SET status = ${status}, last_status_update = ${ago(lastSeen)} WHERE id = ${id}`.execute(
      server.platform.db,
    )
  }
  const worker = agentWorker(Number(given.healthTimeout) * SECOND_MS)
  const done = await worker.run(server.platform, RUNNING)
  const after: JsonObject = {}
  let events = 0
  for (const [name, id] of ids) {
    after[name] = (await server.admin.get(`/agents/${id}`)).body.status
    const { items } = (await server.admin.get(`/events?entityId=${id}&type=updated`)).body
    events += items.filter((event: { initiatorType: string }) => event.initiatorType === 'system').length
  }
  return { after, changed: done.disconnected ?? -1, events }
}

/** Ours lets a job wait that nobody has claimed (Q-TIMEOUT-AGE), writes events at the end of a job, and gives failed ones a time. */
const PENDING_WAITS = { timedOut: 1, after: { p: 'Pending', r: 'Failed' } }
const OURS: Readonly<Record<string, JsonObject>> = {
  'timeout: old pending and processing fail': PENDING_WAITS,
  'purge: freshly timed out job stays': { timedOut: 0, after: { p: 'Pending' } },
  'timeout: finished jobs untouched': {},
}

describe('maintenance', () => {
  for (const vector of readVectors('maintenance').vectors)
    test(vector.name, async () => {
      const actual = vector.given.agents ? await runAgents(vector.given) : await runJobs(vector.given)
      const { events: _events, ...expect } = vector.expect
      const wanted: Vector = {
        ...vector,
        expect: { ...(vector.given.agents ? vector.expect : expect), ...OURS[vector.name] },
      }
      // an agent that fell silent leaves an event (Q-DISCONNECT-NO-EVENT)
      if (vector.name === 'health: never seen counts as silent') wanted.expect = { ...wanted.expect, events: 1 }
      assertVector(wanted, actual)
    })
})

test('a job that its agent held for too long fails with the error transition of its service', async () => {
  const serviceId = await federation.order({}, await federation.group())
  await federation.complete(serviceId)
  await federation.consumer.caller.post(`/services/${serviceId}/stop`)
  const { id } = (await server.admin.get(`/jobs?serviceId=${serviceId}&status=Pending`)).body.items[0]
  await federation.agent.caller.post(`/jobs/${id}/claim`)
  await sql`UPDATE jobs SET claimed_at = now() - interval '1 hour' WHERE id = ${id}`.execute(server.platform.db)
  await jobWorker(SECOND_MS).run(withLimits({ jobTimeoutMs: 60 * SECOND_MS }), RUNNING)

  const job = (await server.admin.get(`/jobs/${id}`)).body
  assert.deepEqual([job.status, job.errorMessage], ['Failed', 'timeout'])
  assert.equal((await server.admin.get(`/services/${serviceId}`)).body.status, 'Failed')
  const { items } = (await server.admin.get(`/events?entityId=${serviceId}&type=transitioned&initiatorType=system`))
    .body
  assert.equal(items.length, 1)
  assert.equal((await federation.agent.caller.post(`/jobs/${id}/complete`, {})).status, 400)
})
