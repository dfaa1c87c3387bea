/** `fulcrum audit` as a process against an API in memory: what is exported is verified offline, and what was changed is found. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import {
  type AuditEntry,
  type AuditRecord,
  commitTo,
  entryHash,
  inclusionProof,
  merkleRoot,
  overLeaves,
  rawPublicKey,
  signCheckpoint,
} from '@fulcrum/sovereignty/audit'
import { api, fulcrum, id, root, sent } from '../command-harness.ts'

const INSTANCE = 'fulcrum.example'
const ORIGIN = `${INSTANCE}/audit`
const SIZE = 9
const { privateKey } = generateKeyPairSync('ed25519')
const publicKey = rawPublicKey(privateKey).toString('base64')

function record(index: number, name = `event ${index}`): AuditRecord & { entry: AuditEntry } {
  const payload = { type: 'participant.created', properties: { name } }
  const salt = Buffer.alloc(16, index)
  const entry: AuditEntry = {
    v: 1,
    seq: index + 1,
    time: '2026-11-24T12:00:00Z',
    instance: INSTANCE,
    type: payload.type,
    initiatorType: 'user',
    initiatorId: 'u',
    entityId: id(1),
    commit: commitTo(salt, payload),
    alg: 'sha-256',
  }
  return { index, entry, leaf: entryHash(entry).toString('hex'), salt: salt.toString('hex'), payload }
}
const LOG = Array.from({ length: SIZE }, (_, index) => record(index))
const leaves = LOG.map(({ entry }) => entryHash(entry))
const checkpointAt = (size: number, of = leaves) => {
  const tree = merkleRoot(of.slice(0, size))
  return {
    origin: ORIGIN,
    size,
    root: tree.toString('hex'),
    note: signCheckpoint({ origin: ORIGIN, size, root: tree }, ORIGIN, privateKey),
    createdAt: '2026-11-24T12:01:00Z',
  }
}

/** The server's log; a test changes it. */
let log: AuditRecord[]
beforeEach(() => {
  log = structuredClone(LOG)
  const body = (answer: unknown, status = 200) => ({ status, body: answer })
  Object.assign(api.routes, {
    'POST /audit/checkpoints': () => body(checkpointAt(SIZE)),
    'GET /audit/checkpoint': () => body(checkpointAt(SIZE)),
    'GET /audit/checkpoints': () => body({ items: [checkpointAt(6)] }),
    'GET /audit/key': () =>
      body({ instance: INSTANCE, origin: ORIGIN, algorithm: 'ed25519', publicKey, keyId: '00000000' }),
    'GET /audit/entries': () => {
      const last = sent('GET /audit/entries').at(-1)?.line ?? ''
      const from = Number(new URLSearchParams(last.split('?')[1]).get('from'))
      const items = log.filter(({ entry }) => entry.seq >= from).slice(0, 4)
      const end = (items.at(-1)?.entry.seq ?? 0) + 1
      return body({ items, size: log.length, ...(end <= (log.at(-1)?.entry.seq ?? 0) && { next: end }) })
    },
  })
})

const file = (name: string) => join(root, name)
const exported = async (name: string) => {
  const { code, err } = await fulcrum('audit', 'export', file(name))
  assert.equal(code, 0, err)
  return file(name)
}

describe('fulcrum audit verify', () => {
  test('says of the server that nothing was changed', async () => {
    const { code, out, err } = await fulcrum('audit', 'verify')
    assert.equal(code, 0, err)
    assert.match(out, /Intact: +yes/)
    assert.match(out, /Entries: +9, of which 9 are signed/)
    assert.match(err, /--key/)
  })

  test('says it of an export without a server, in JSON', async () => {
    const path = await exported('whole.jsonl')
    const before = api.requests.length
    const { code, out, err } = await fulcrum('audit', 'verify', path, '--key', publicKey, '-o', 'json')
    assert.equal(code, 0, err)
    const { intact, payloads, entries } = JSON.parse(out)
    assert.deepEqual([intact, payloads, entries, err], [true, 9, 9, ''])
    assert.equal(api.requests.length, before)
  })

  test('ends with 7 and names the event that was changed', async () => {
    const path = await exported('changed.jsonl')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"event 4"', '"event X"'))
    const { code, err } = await fulcrum('audit', 'verify', path)
    assert.equal(code, 7)
    assert.match(err, /event 5: its event was changed/)
  })

  test('finds a history that was rewritten by a checkpoint that was kept, also as JSON', async () => {
    const changed = record(2, 'rewritten')
    log = LOG.with(2, changed)
    const rewritten = leaves.with(2, entryHash(changed.entry))
    api.routes['POST /audit/checkpoints'] = () => ({ status: 200, body: checkpointAt(SIZE, rewritten) })
    api.routes['GET /audit/checkpoints'] = () => ({ status: 200, body: { items: [] } })
    assert.equal((await fulcrum('audit', 'verify')).code, 0)
    await writeFile(file('kept.txt'), checkpointAt(6).note)
    await writeFile(file('kept.json'), JSON.stringify(checkpointAt(6)))
    for (const kept of ['kept.txt', 'kept.json']) {
      const { code, err } = await fulcrum('audit', 'verify', '--checkpoint', file(kept))
      assert.equal(code, 7)
      assert.match(err, /history was rewritten: the first 6 entries.*not those of the checkpoint that was kept/)
    }
  })

  test('finds an entry that is missing, a log that was cut off, and another key', async () => {
    log = LOG.filter(({ index }) => index !== 3)
    assert.match((await fulcrum('audit', 'verify')).err, /event 5: the entry before it \(index 3\) is missing/)
    log = LOG.slice(0, 7)
    const cut = await fulcrum('audit', 'verify')
    assert.deepEqual([cut.code, /speaks of 9 entries, and there are only 7/.test(cut.err)], [7, true])
    log = LOG
    const other = rawPublicKey(generateKeyPairSync('ed25519').publicKey).toString('base64')
    const keyed = await fulcrum('audit', 'verify', '--key', other)
    assert.deepEqual([keyed.code, /no valid signature/.test(keyed.err)], [7, true])
  })

  test('verifies against what is signed when the server signs no more', async () => {
    api.routes['POST /audit/checkpoints'] = () => ({ status: 409, body: { status: 'Conflict', error: 'conflict: x' } })
    assert.equal((await fulcrum('audit', 'verify')).code, 0)
  })

  test('tells those who see a part of the log what they can do, and does not call the gaps a change', async () => {
    const forbidden = { status: 403, body: { status: 'Forbidden', error: 'not permitted' } }
    api.routes['POST /audit/checkpoints'] = () => forbidden
    for (const args of [['verify'], ['export', file('part')]]) {
      const { code, err } = await fulcrum('audit', ...args)
      assert.deepEqual([code, /Only an admin sees all entries/.test(err), /not intact/.test(err)], [4, true, false])
    }
  })

  test('refuses what is no export', async () => {
    await writeFile(file('nonsense'), '{"a":1}\n')
    assert.equal((await fulcrum('audit', 'verify', file('nonsense'))).code, 2)
    assert.equal((await fulcrum('audit', 'verify', '--key', file('nonsense'))).code, 2)
    assert.equal((await fulcrum('audit', 'verify', file('not there'))).code, 2)
  })
})

test('fulcrum audit checkpoint prints the note alone, or what another control plane needs to cosign it', async () => {
  assert.equal((await fulcrum('audit', 'checkpoint')).out, checkpointAt(SIZE).note)
  api.routes['GET /audit/proof/consistency'] = () => ({
    status: 200,
    body: { from: 6, to: 9, fromRoot: '00'.repeat(32), toRoot: '00'.repeat(32), proof: ['11'.repeat(32)] },
  })
  const { out } = await fulcrum('audit', 'checkpoint', '--since', '6')
  assert.deepEqual(JSON.parse(out), { note: checkpointAt(SIZE).note, publicKey, proof: ['11'.repeat(32)] })
  await writeFile(file('for-cosigning'), out)
  api.routes['POST /audit/peers/peer.example/checkpoint'] = (body) => ({
    status: 200,
    body: {
      name: 'peer.example',
      origin: ORIGIN,
      publicKey,
      size: 9,
      root: '',
      note: body.note,
      createdAt: '',
      updatedAt: '',
    },
  })
  const cosigned = await fulcrum('audit', 'cosign', 'peer.example', file('for-cosigning'))
  assert.deepEqual([cosigned.code, cosigned.out], [0, checkpointAt(SIZE).note])
  assert.deepEqual(sent('POST /audit/peers')[0]?.body, JSON.parse(out))
})

test('fulcrum audit proof checks the proof by itself', async () => {
  const proofOf = async (index: number) => ({
    status: 200,
    body: {
      seq: index + 1,
      index,
      size: SIZE,
      entry: LOG[index]?.entry,
      leaf: LOG[index]?.leaf,
      root: checkpointAt(SIZE).root,
      proof: (await inclusionProof(index, SIZE, overLeaves(leaves))).map((hash) => hash.toString('hex')),
    },
  })
  const right = await proofOf(4)
  api.routes['GET /audit/proof/inclusion'] = () => right
  const { code, out } = await fulcrum('audit', 'proof', '5')
  assert.equal(code, 0)
  assert.match(out, /entry 5 of the 9 that fulcrum.example\/audit has signed/)
  assert.equal((await fulcrum('audit', 'proof', '4')).code, 7, 'the proof of another event')
  const forged = { ...right.body, entry: { ...record(4).entry, initiatorId: 'x' } }
  api.routes['GET /audit/proof/inclusion'] = () => ({ status: 200, body: forged })
  assert.equal((await fulcrum('audit', 'proof', '5')).code, 7)
})

test('fulcrum audit erase asks, unless it is told not to', async () => {
  api.routes['POST /audit/erasures'] = () => ({ status: 201, body: { erased: 3 } })
  assert.equal((await fulcrum('audit', 'erase', 'participant', id(5))).code, 2)
  assert.equal((await fulcrum('audit', 'erase', 'everybody', id(5), '--yes')).code, 2)
  assert.equal(sent('POST /audit/erasures').length, 0)
  const { out } = await fulcrum('audit', 'erase', 'participant', id(5), '--reason', 'asked for', '--yes')
  assert.match(out, /Erased the payloads of 3 events/)
  assert.deepEqual(sent('POST /audit/erasures')[0]?.body, { subject: 'participant', id: id(5), reason: 'asked for' })
})
