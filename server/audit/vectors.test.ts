/** The vectors of the audit log through the store and the API: entries as they were hashed, roots, proofs, a signed checkpoint. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type AuditEntry, canonicalJson, verifyCheckpoint, verifyConsistency } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { appendEntries, lockLog } from './log-store.ts'
import { proveConsistency, proveInclusion, rootAt } from './proof-store.ts'

type Vectors = {
  entries: AuditEntry[]
  canonical: string[]
  leafHashes: string[]
  rootsBySize: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { from: number; to: number; proof: string[] }[]
  mustReject: { case: string; from: number; to: number; oldRoot: string; newRoot: string; proof: string[] }[]
  checkpoint: { publicKeyBase64: string; note: string }
}
// the file is ours and has this form
const vectors = JSON.parse(readFileSync(new URL('../testdata/audit.json', import.meta.url), 'utf8')) as Vectors
const hexes = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'))

let server: TestServer
before(async () => {
  server = await startTestServer({ FULCRUM_AUDIT_LOG: 'false', FULCRUM_PUBLIC_BASE_URL: 'https://fulcrum.example' })
  const { db } = server.platform
  // in three batches, so that the tree grows from what is kept of it
  for (const [from, to] of [
    [0, 3],
    [3, 4],
    [4, 7],
  ] as const)
    await db.transaction().execute(async (tx) => {
      const entries = vectors.entries.slice(from, to).map((entry) => ({
        entry,
        salt: Buffer.alloc(16),
        providerId: null,
        consumerId: null,
      }))
      await appendEntries(tx, await lockLog(tx), 'fulcrum.example', entries)
    })
})
after(() => server.stop())

describe('the vectors', () => {
  test('entries and leaves', async () => {
    const { rows } = await sql<{ entry: string }>`SELECT entry FROM audit_entries ORDER BY leaf_index`.execute(
      server.platform.db,
    )
    assert.deepEqual(
      rows.map(({ entry }) => entry),
      vectors.canonical,
    )
    const { items } = (await server.admin.get('/audit/entries')).body
    assert.deepEqual(
      items.map(({ entry }: { entry: AuditEntry }) => canonicalJson(entry)),
      vectors.canonical,
    )
    assert.deepEqual(
      items.map(({ leaf }: { leaf: string }) => leaf),
      vectors.leafHashes,
    )
  })

  test('roots', async () => {
    for (const [size, root] of vectors.rootsBySize.entries())
      assert.equal((await rootAt(server.platform.db, size)).toString('hex'), root)
  })

  test('proofs', async () => {
    for (const { index, size, proof } of vectors.inclusion) {
      assert.deepEqual(hexes((await proveInclusion(server.platform.db, index, size)).proof), proof)
      const { body } = await server.admin.get(`/audit/proof/inclusion?seq=${index + 1}&size=${size}`)
      assert.deepEqual([body.proof, body.root], [proof, vectors.rootsBySize[size]])
    }
    for (const { from, to, proof } of vectors.consistency) {
      const proven = await proveConsistency(server.platform.db, from, to)
      assert.deepEqual(hexes(proven.proof), proof)
      const { body } = await server.admin.get(`/audit/proof/consistency?from=${from}&to=${to}`)
      assert.deepEqual([body.proof, body.fromRoot], [proof, vectors.rootsBySize[from]])
      for (const bad of vectors.mustReject.filter((one) => one.from === from && one.to === to))
        assert.ok(
          !verifyConsistency(from, to, Buffer.from(bad.oldRoot, 'hex'), Buffer.from(bad.newRoot, 'hex'), proven.proof),
        )
    }
  })

  test('the checkpoint: another key signs the same text', async () => {
    const { note } = (await server.admin.post('/audit/checkpoints')).body
    const text = (signed: string) => signed.slice(0, signed.indexOf('—'))
    assert.equal(text(note), text(vectors.checkpoint.note))
    const key = Buffer.from(vectors.checkpoint.publicKeyBase64, 'base64')
    const { size, root } = verifyCheckpoint(vectors.checkpoint.note, 'fulcrum.example/audit', key)
    assert.deepEqual([size, Buffer.from(root).toString('hex')], [7, vectors.rootsBySize[7]])
    assert.throws(() => verifyCheckpoint(note, 'fulcrum.example/audit', key), /no valid signature/)
  })
})
