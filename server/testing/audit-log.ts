/** For tests: reads a whole audit log over HTTP and verifies it as an auditor would. */
import assert from 'node:assert/strict'
import {
  type AuditRecord,
  type Checkpoint,
  LogVerifier,
  type Verdict,
  verifyCheckpoint,
} from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import type { TestServer } from './test-server.ts'

type Server = Pick<TestServer, 'admin' | 'platform'>

/** Signs everything until now. */
export async function sign({ admin }: Server): Promise<{ checkpoint: Checkpoint; note: string }> {
  const { status, body } = await admin.post('/audit/checkpoints')
  assert.equal(status, 200, JSON.stringify(body))
  return { checkpoint: await verified({ admin }, body.note), note: body.note }
}

/** @throws Error when it is not signed by the key of the server */
export async function verified({ admin }: Pick<Server, 'admin'>, note: string): Promise<Checkpoint> {
  const { origin, publicKey } = (await admin.get('/audit/key')).body
  return verifyCheckpoint(note, origin, Buffer.from(publicKey, 'base64'))
}

/** All records, in pages that are smaller than most logs of tests. */
export async function records({ admin }: Server, limit = 50): Promise<AuditRecord[]> {
  const all: AuditRecord[] = []
  for (let from: number | undefined = 1; from !== undefined; ) {
    const { status, body } = await admin.get(`/audit/entries?from=${from}&limit=${limit}`)
    assert.equal(status, 200, JSON.stringify(body))
    all.push(...body.items)
    from = body.next
  }
  return all
}

/** @param checkpoint  that holds for the log @param kept  of earlier */
export async function verify(
  server: Server,
  checkpoint: Checkpoint,
  kept: readonly Checkpoint[] = [],
): Promise<Verdict> {
  const verifier = new LogVerifier(
    checkpoint,
    kept.map((one) => ({ checkpoint: one, name: 'the kept checkpoint' })),
  )
  for (const record of await records(server)) verifier.add(record)
  return verifier.finish()
}

/** Every event has one entry, in the order of the numbers, and the log verifies. */
export async function expectComplete(server: Server): Promise<Verdict> {
  const { checkpoint } = await sign(server)
  const verdict = await verify(server, checkpoint)
  assert.deepEqual(verdict.findings, [])
  const { rows } = await sql<{ n: number }>`SELECT sequence_number AS n FROM events ORDER BY 1`.execute(
    server.platform.db,
  )
  const logged = (await records(server)).map(({ entry }) => entry.seq)
  const numbers = rows.map(({ n }) => n)
  assert.deepEqual(
    logged.filter((seq) => seq >= (numbers[0] ?? 0)),
    numbers,
  )
  return verdict
}
