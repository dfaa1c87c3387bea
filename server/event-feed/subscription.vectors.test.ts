/** Leases and acknowledgements over HTTP, against the contract's vectors. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, isObject, readVectors, type Vector, vectorError } from '../testing/vectors.ts'

let server: TestServer
let clock = new Date()
before(async () => {
  server = await startTestServer({}, () => clock)
  await sql`
    INSERT INTO events (sequence_number, id, type, initiator_type, initiator_id, created_at)
    SELECT n, gen_random_uuid(), 'participant.created', 'user', 'x', now() FROM generate_series(1, 10) AS n`.execute(
    server.platform.db,
  )
  await sql`UPDATE event_sequence SET last = 10`.execute(server.platform.db)
})
after(() => server.stop())
beforeEach(async () => {
  // whole seconds, as answers have them
  clock = new Date(Math.ceil(Date.now() / 1000) * 1000)
  await sql`DELETE FROM event_subscriptions`.execute(server.platform.db)
})

for (const vector of readVectors('event-lease').vectors)
  test(vector.name, async () => {
    const results: JsonObject[] = []
    for (const step of objects(vector.given.steps)) results.push(await perform(step))
    assertVector(ours(vector), { results })
  })

async function perform(step: JsonObject): Promise<JsonObject> {
  const ids = { subscriberId: step.subscriber, instanceId: step.instance }
  switch (step.op) {
    case 'lease': {
      const request = { ...ids, leaseDurationSeconds: step.seconds, limit: step.limit }
      const { status, body } = await server.admin.post('/events/lease', request)
      if (status !== 200) return { error: vectorError(status, body) }
      return {
        events: body.events.map((event: { sequenceNumber: number }) => event.sequenceNumber),
        lastProcessed: body.lastEventSequenceProcessed,
        leaseSeconds: (Date.parse(body.leaseExpiresAt) - clock.getTime()) / 1000,
      }
    }
    case 'ack': {
      const request = { ...ids, lastEventSequenceProcessed: step.sequence }
      const { status, body } = await server.admin.post('/events/ack', request)
      return status === 200 ? { lastProcessed: body.lastEventSequenceProcessed } : { error: vectorError(status, body) }
    }
    case 'wait':
      clock = new Date(clock.getTime() + 300_000)
      return { ok: true }
    default:
      throw new Error(`step ${step.op} is not known`)
  }
}

const ANSWERS_409 = /lease is already held|not owned|no active lease|cannot acknowledge/

/** The vector as HTTP says it: broken rules of leases are conflicts there (source: the vectors' own introduction). */
function ours(vector: Vector): Vector {
  const results = objects(vector.expect.results).map((result) =>
    isObject(result.error) && ANSWERS_409.test(String(result.error.message))
      ? { error: { ...result.error, kind: 'conflict' } }
      : result,
  )
  return { ...vector, expect: { ...vector.expect, results } }
}

function objects(value: unknown): JsonObject[] {
  assert.ok(Array.isArray(value))
  return value
}
