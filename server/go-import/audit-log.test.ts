/** Imported events in the audit log: with the numbers that they bring, gaps included. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectComplete, records, sign, verify } from '../testing/audit-log.ts'
import { startTestServer, testDatabase } from '../testing/test-server.ts'
import { aGoDatabase, importGo } from './testing.ts'

test('events are logged from the first one on that a Go control plane has left, with its numbers', async () => {
  const go = await aGoDatabase()
  const ours = await testDatabase()
  try {
    // its first token is ours: those of the other control plane are not known here
    const server = await startTestServer({
      FULCRUM_DB_DSN: ours.url,
      // imported agents are silent, and an event of that would be counted
      FULCRUM_AGENT_MAINTENANCE: 'false',
      FULCRUM_JOB_MAINTENANCE: 'false',
    })
    await importGo(go, ours.url, { merge: true })
    try {
      const { entries } = await expectComplete(server)
      const all = await records(server)
      assert.ok(entries > 0)
      assert.deepEqual(
        all.map(({ index }) => index),
        Array.from({ length: entries }, (_, at) => at),
      )
      // a later import takes numbers beyond a gap, and goes on behind what is logged
      const kept = await sign(server)
      await go.query(
        `INSERT INTO events (sequence_number, id, type, initiator_type, initiator_id, payload, created_at, updated_at)
         SELECT max(sequence_number) + 1000, gen_random_uuid(), 'participant.created', 'system', 'x', '{}', now(), now() FROM events`,
      )
      await importGo(go, ours.url, { merge: true })
      const { checkpoint } = await sign(server)
      assert.equal(checkpoint.size, kept.checkpoint.size + 1)
      assert.deepEqual((await verify(server, checkpoint, [kept.checkpoint])).findings, [])
      assert.ok(((await records(server)).at(-1)?.entry.seq ?? 0) >= 1_000)
    } finally {
      await server.stop()
    }
  } finally {
    await ours.drop()
    await go.drop()
  }
})
