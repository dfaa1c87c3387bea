/** Old events go, and the audit log stays. Against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { expectComplete } from '../testing/audit-log.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { eventWorker } from './retention-workers.ts'

const DAY_MS = 24 * 3_600_000

describe('old events', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer({ FULCRUM_AUDIT_LOG: 'false' })
    for (let n = 0; n < 6; n++) await server.participant(`${n}`)
  })
  after(() => server.stop())

  test('get their entry before they are deleted, lose their salt with it, and the tree stays as it is', async () => {
    const { db } = server.platform
    await server.admin.get('/events')
    await sql`UPDATE events SET created_at = created_at - interval '2 days' WHERE sequence_number <= 8`.execute(db)
    const worker = eventWorker(DAY_MS, DAY_MS)
    assert.deepEqual(await worker.run(server.platform, new AbortController().signal), { deleted: 8 })
    const { rows } = await sql<{ n: number }>`SELECT min(sequence_number) AS n FROM audit_salts`.execute(db)
    assert.equal(rows[0]?.n, 9)
    const verdict = await expectComplete(server)
    assert.deepEqual([verdict.entries, verdict.expired, verdict.payloads], [12, 8, 4])
    const { body } = await server.admin.get('/audit/proof/inclusion?seq=3')
    assert.equal(body.entry.type, 'participant.created')
  })
})
