/** Cosigning: the checkpoints of another control plane, held against what was seen of it. Two real servers. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { leafHash, merkleRoot, rawPublicKey, signCheckpoint, verifyCheckpoint } from '@fulcrum/sovereignty/audit'
import { sign } from '../testing/audit-log.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { judgePeer } from './peer.ts'

describe('two control planes', () => {
  let here: TestServer
  let there: TestServer
  before(async () => {
    here = await startTestServer({ FULCRUM_PUBLIC_BASE_URL: 'https://here.example', FULCRUM_AUDIT_LOG: 'false' })
    there = await startTestServer({ FULCRUM_PUBLIC_BASE_URL: 'https://there.example', FULCRUM_AUDIT_LOG: 'false' })
    await here.participant('p')
    await there.participant('p')
    await sign(here)
  })
  after(async () => {
    await here.stop()
    await there.stop()
  })

  const post = (body: unknown, name = 'there') => here.admin.post(`/audit/peers/${name}/checkpoint`, body)

  test('cosign each other as long as the history goes on, and refuse one that was rewritten', async () => {
    const first = await sign(there)
    const { publicKey } = (await there.admin.get('/audit/key')).body
    const seen = await post({ note: first.note, publicKey })
    assert.equal(seen.status, 200, JSON.stringify(seen.body))
    const own = (await here.admin.get('/audit/key')).body
    const cosigned = verifyCheckpoint(seen.body.note, own.origin, Buffer.from(own.publicKey, 'base64'))
    assert.deepEqual(cosigned, first.checkpoint)
    verifyCheckpoint(seen.body.note, 'there.example/audit', Buffer.from(publicKey, 'base64'))

    await there.participant('q')
    const second = await sign(there)
    const { proof } = (await there.admin.get(`/audit/proof/consistency?from=${first.checkpoint.size}`)).body
    assert.equal((await post({ note: second.note })).status, 409, 'without a proof')
    assert.equal((await post({ note: second.note, proof })).status, 200)
    assert.equal((await post({ note: second.note })).status, 200, 'the same again')
    assert.equal((await post({ note: first.note })).status, 409, 'an older one')
    assert.equal((await post({ note: second.note }, 'alias')).status, 400, 'another name, without a key')
    assert.equal((await post({ note: second.note, publicKey }, 'alias')).status, 409, 'another name')

    // the other control plane begins anew under its old name: another history, and another key
    const fresh = await startTestServer({ FULCRUM_PUBLIC_BASE_URL: 'https://there.example' })
    try {
      await fresh.participant('someone')
      const rewritten = await sign(fresh)
      const key = (await fresh.admin.get('/audit/key')).body.publicKey
      assert.equal((await post({ note: rewritten.note, publicKey: key })).status, 400)
      assert.equal((await post({ note: rewritten.note })).status, 400)
    } finally {
      await fresh.stop()
    }
    const { items } = (await here.admin.get('/audit/peers')).body
    assert.deepEqual([items.length, items[0].size, items[0].refusedAt], [1, second.checkpoint.size, undefined])
  })

  test('keep as evidence what a key signed twice, and tell it as an event', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const origin = 'liar.example/audit'
    const note = (word: string) =>
      signCheckpoint({ origin, size: 2, root: merkleRoot([leafHash('a'), leafHash(word)]) }, origin, privateKey)
    const publicKey = rawPublicKey(privateKey).toString('base64')
    assert.equal((await post({ note: note('b'), publicKey }, 'liar')).status, 200)
    for (let n = 0; n < 2; n++) assert.equal((await post({ note: note('c') }, 'liar')).status, 409)
    const liar = (await here.admin.get('/audit/peers')).body.items.find(({ name }: { name: string }) => name === 'liar')
    assert.equal(liar.refusedNote, note('c'))
    assert.ok(liar.note.startsWith(note('b')))
    const events = (await here.admin.get('/events?type=audit.peer_refused')).body
    assert.deepEqual([events.totalItems, events.items[0].properties.origin], [1, origin])
  })

  test('never cosign themselves', async () => {
    const { note } = await sign(here)
    const { publicKey } = (await here.admin.get('/audit/key')).body
    const reply = await post({ note, publicKey }, 'myself')
    assert.equal(reply.status, 400)
    assert.match(reply.body.error, /this is the log of this control plane/)
  })

  test('take one peer once, when two admins hand it in at the same time', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const origin = 'twice.example/audit'
    const publicKey = rawPublicKey(privateKey).toString('base64')
    const note = signCheckpoint({ origin, size: 1, root: leafHash('a') }, origin, privateKey)
    const replies = await Promise.all(['one', 'two', 'three'].map((name) => post({ note, publicKey }, name)))
    assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 409, 409])
  })
})

test('a peer is judged by its key, its origin and its size', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const origin = 'peer.example/audit'
  const publicKey = rawPublicKey(privateKey)
  const root = leafHash('a')
  const note = signCheckpoint({ origin, size: 5, root }, origin, privateKey)
  const seen = { origin, publicKey, size: 3, root }
  const own = 'own.example/audit'
  const state = (...args: Parameters<typeof judgePeer>) => judgePeer(...args).state
  assert.equal(state({ note, publicKey: publicKey.toString('base64') }, null, own), 'accepted')
  assert.equal(state({ note }, null, own), 'invalid')
  assert.equal(state({ note, publicKey: 'short' }, null, own), 'invalid')
  assert.equal(state({ note: `${note}x`, publicKey: publicKey.toString('base64') }, null, own), 'invalid')
  assert.equal(state({ note: 'x'.repeat(10_000) }, seen, own), 'invalid')
  assert.equal(state({ note }, { ...seen, origin: 'another' }, own), 'invalid')
  assert.equal(state({ note }, seen, own), 'unproven')
  assert.equal(state({ note, proof: ['zz'] }, seen, own), 'unproven')
  assert.equal(state({ note, proof: ['00'.repeat(32)] }, seen, own), 'inconsistent')
  assert.equal(state({ note }, { ...seen, size: 6 }, own), 'stale')
  assert.equal(state({ note }, { ...seen, size: 5 }, own), 'accepted')
  assert.equal(state({ note }, { ...seen, size: 5, root: leafHash('b') }, own), 'inconsistent')
  assert.equal(state({ note }, { ...seen, size: 0 }, own), 'accepted')
  assert.equal(state({ note }, seen, origin), 'invalid')
})
