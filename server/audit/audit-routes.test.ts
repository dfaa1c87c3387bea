/** The audit log over HTTP against a real PostgreSQL: who may read what, proofs, checkpoints, erasure. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { entryHash, verifyConsistency, verifyInclusion } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import { expectComplete, records, sign, verified, verify } from '../testing/audit-log.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { CHECKPOINT_ENTRIES, CHECKPOINT_EVERY_MS, isCheckpointDue } from './checkpoint.ts'
import { instanceName } from './instance.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer({ FULCRUM_AUDIT_LOG: 'false', FULCRUM_PUBLIC_BASE_URL: 'https://fulcrum.example/a' })
  federation = await aFederation(server)
  await aFederation(server)
  await federation.order()
})
after(() => server.stop())

const bytes = (hexes: string[]) => hexes.map((hex) => Buffer.from(hex, 'hex'))

describe('checkpoints', () => {
  test('are signed by a key that everybody reads, and name the instance by its public address', async () => {
    const { note } = await sign(server)
    const reader = federation.agent.caller
    const { body: checkpoint } = await reader.get('/audit/checkpoint')
    assert.equal(checkpoint.note, note)
    assert.equal(checkpoint.origin, 'fulcrum.example/a/audit')
    const { size, root } = await verified({ admin: reader }, checkpoint.note)
    assert.deepEqual([size, Buffer.from(root).toString('hex')], [checkpoint.size, checkpoint.root])
    assert.ok((await reader.get('/audit/checkpoints?limit=1')).body.items[0].note === note)
  })

  test('are not signed again when nothing is new', async () => {
    const before = await sign(server)
    assert.equal((await sign(server)).note, before.note)
  })

  test('are listed newest first, page after page', async () => {
    for (let n = 0; n < 3; n++) {
      await server.participant(`for checkpoint ${n}`)
      await sign(server)
    }
    const sizes: number[] = []
    for (let before = ''; ; ) {
      const { items } = (await server.admin.get(`/audit/checkpoints?limit=2${before}`)).body
      if (items.length === 0) break
      sizes.push(...items.map(({ size }: { size: number }) => size))
      before = `&before=${sizes.at(-1)}`
    }
    assert.deepEqual(
      sizes,
      [...new Set(sizes)].toSorted((a, b) => b - a),
    )
    assert.ok(sizes.length >= 3)
  })

  test('grow from each other, and it is proven', async () => {
    const old = await sign(server)
    await server.participant('grown')
    const { checkpoint } = await sign(server)
    const path = `/audit/proof/consistency?from=${old.checkpoint.size}`
    const { body } = await federation.consumer.caller.get(path)
    assert.equal(body.to, checkpoint.size)
    assert.ok(
      verifyConsistency(body.from, body.to, old.checkpoint.root, checkpoint.root, bytes(body.proof)),
      JSON.stringify(body),
    )
  })

  test('come after a minute or a thousand entries, and at once when there is none', () => {
    const signedAt = new Date('2026-11-24T12:00:00Z')
    const after = (ms: number) => new Date(signedAt.getTime() + ms)
    const due = (size: number, ms: number) => isCheckpointDue({ size, signedSize: 10, signedAt }, after(ms))
    assert.equal(due(10, 10 * CHECKPOINT_EVERY_MS), false)
    assert.equal(due(11, CHECKPOINT_EVERY_MS - 1), false)
    assert.equal(due(11, CHECKPOINT_EVERY_MS), true)
    assert.equal(due(10 + CHECKPOINT_ENTRIES - 1, 0), false)
    assert.equal(due(10 + CHECKPOINT_ENTRIES, 0), true)
    assert.equal(isCheckpointDue({ size: 1, signedSize: 0, signedAt: null }, signedAt), true)
    assert.equal(isCheckpointDue({ size: 0, signedSize: 0, signedAt: null }, signedAt), false)
  })
})

describe('entries', () => {
  test('of every event are shown to an admin, in pages', async () => {
    const few = await records(server, 7)
    assert.deepEqual(few, await records(server, 1_000))
    const { checkpoint } = await sign(server)
    assert.deepEqual((await verify(server, checkpoint)).findings, [])
  })

  test('of its own events and no others are shown to a participant, with their payloads', async () => {
    const all = await records(server)
    for (const [who, member] of [
      [federation.provider, 'providerId'],
      [federation.consumer, 'consumerId'],
    ] as const) {
      const { body } = await who.caller.get('/audit/entries?limit=1000')
      const own = all.filter(({ payload }) =>
        [Reflect.get(payload ?? {}, 'providerId'), Reflect.get(payload ?? {}, 'consumerId')].includes(who.id),
      )
      assert.ok(own.some(({ payload }) => Reflect.get(payload ?? {}, member) === who.id))
      assert.ok(own.length < all.length)
      assert.deepEqual(body.items, own)
    }
    assert.equal((await federation.agent.caller.get('/audit/entries')).status, 403)
  })

  test('from one number to another', async () => {
    const { body } = await server.admin.get('/audit/entries?from=3&to=5')
    assert.deepEqual(
      body.items.map(({ entry }: { entry: { seq: number } }) => entry.seq),
      [3, 4, 5],
    )
    assert.equal(body.next, undefined)
  })

  test('are proven to be under the checkpoint', async () => {
    const { checkpoint } = await sign(server)
    const [own] = (await federation.consumer.caller.get('/audit/entries')).body.items
    const { body } = await federation.consumer.caller.get(`/audit/proof/inclusion?seq=${own.entry.seq}`)
    assert.equal(body.size, checkpoint.size)
    assert.ok(verifyInclusion(entryHash(own.entry), body.index, body.size, bytes(body.proof), checkpoint.root))
    const stranger = await server.participant('stranger')
    assert.equal((await stranger.caller.get(`/audit/proof/inclusion?seq=${own.entry.seq}`)).status, 403)
  })

  test('are there also for a payload that JSON has no canonical form for', async () => {
    await sql`
      INSERT INTO event_inbox (id, type, initiator_type, initiator_id, properties, created_at)
      VALUES (${randomUUID()}, 'participant.updated', 'system', 'x', '{"a":"\\ud800","b":1e999,"c":"ok"}', now())`.execute(
      server.platform.db,
    )
    await expectComplete(server)
    const { payload } = (await records(server)).at(-1) ?? {}
    assert.deepEqual(Reflect.get(payload ?? {}, 'properties'), { a: '\ufffd', b: null, c: 'ok' })
  })
})

describe('an erasure', () => {
  test('takes payloads and salts of one participant, is an event itself, and every proof holds', async () => {
    const other = await aFederation(server)
    await other.order()
    await server.admin.patch(`/participants/${other.consumer.id}`, { name: 'Ada Lovelace' })
    const kept = await sign(server)
    const seqOf = async () => {
      const { items } = (await server.admin.get(`/events?entityId=${other.consumer.id}&type=participant.updated`)).body
      return items[0]
    }
    assert.match(JSON.stringify((await seqOf()).properties), /Ada Lovelace/)
    const before = await records(server)

    const erasure = { subject: 'participant', id: other.consumer.id, reason: 'asked for' }
    const { status, body } = await server.admin.post('/audit/erasures', erasure)
    assert.equal(status, 201)
    assert.ok(body.erased > 0)
    const event = await seqOf()
    assert.equal(event.properties, null)
    const after = await records(server)
    assert.deepEqual(
      after.slice(0, before.length).map(({ entry, leaf }) => ({ entry, leaf })),
      before.map(({ entry, leaf }) => ({ entry, leaf })),
    )
    const gone = after.filter(({ salt }) => salt === undefined).map(({ entry }) => entry.seq)
    assert.equal(gone.length, body.erased)
    assert.ok(gone.includes(event.sequenceNumber))
    const told = (await server.admin.get('/events?type=audit.erased')).body.items[0]
    const { sequences, ...rest } = told.properties
    assert.deepEqual(rest, erasure)
    assert.deepEqual(
      sequences.flatMap(([first, last]: [number, number]) =>
        Array.from({ length: last - first + 1 }, (_, at) => first + at),
      ),
      gone,
    )
    const { checkpoint } = await sign(server)
    const verdict = await verify(server, checkpoint, [kept.checkpoint])
    assert.deepEqual(verdict.findings, [])
    assert.equal(verdict.erased, body.erased)
    assert.equal((await server.admin.post('/audit/erasures', erasure)).body.erased, 0, 'once')
  })

  test('of an entity, and of who caused events', async () => {
    const group = await federation.group()
    assert.equal((await server.admin.post('/audit/erasures', { subject: 'entity', id: group })).body.erased, 1)
    const { caller } = await server.participant('causes')
    assert.equal((await server.admin.post('/audit/erasures', { subject: 'initiator', id: 'x' })).body.erased, 1)
    assert.equal((await caller.post('/audit/erasures', { subject: 'initiator', id: 'x' })).status, 403)
  })

  test('while entries are made leaves none with a salt and without its payload', async () => {
    const { id } = await server.participant('racing')
    let erasing = true
    const writer = (async () => {
      for (let n = 0; erasing; n++) await server.admin.patch(`/participants/${id}`, { name: `racing ${n}` })
    })()
    for (let n = 0; n < 15; n++) await server.admin.post('/audit/erasures', { subject: 'entity', id })
    erasing = false
    await writer
    await expectComplete(server)
  })
})

describe('without a key of the vault', () => {
  test('entries are made and nothing is signed, and it is said why', async () => {
    const keyless = await startTestServer({ FULCRUM_VAULT_ENCRYPTION_KEY: '' })
    try {
      await keyless.participant('p')
      assert.equal((await keyless.admin.get('/audit/entries')).body.size, 2)
      for (const reply of [
        await keyless.admin.post('/audit/checkpoints'),
        await keyless.admin.get('/audit/checkpoint'),
        await keyless.admin.get('/audit/key'),
      ]) {
        assert.equal(reply.status, 404)
        assert.match(reply.body.error, /not signed: set FULCRUM_VAULT_ENCRYPTION_KEY/)
      }
      const keyed = await startTestServer({ FULCRUM_DB_DSN: keyless.database })
      const other = await startTestServer({
        FULCRUM_DB_DSN: keyless.database,
        FULCRUM_VAULT_ENCRYPTION_KEY: '22'.repeat(32),
        FULCRUM_AUDIT_LOG: 'false',
      })
      try {
        await expectComplete(keyed)
        await keyed.participant('q')
        const refused = await other.admin.post('/audit/checkpoints')
        // the keyed one may have signed everything already
        if (refused.status !== 200) assert.match(refused.body.error, /another key than the one that sealed/)
      } finally {
        await other.stop()
        await keyed.stop()
      }
    } finally {
      await keyless.stop()
    }
  })
})

test('the instance is named by an address that others can reach, else by an id', () => {
  const id = '0b5a0f3e-6f1d-4c7a-9a51-2f0c8d7e6b15'
  assert.equal(instanceName('https://cloud.example:8443/x+y', id), 'cloud.example:8443/x-y')
  for (const local of ['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000', 'http://0.0.0.0:3000'])
    assert.equal(instanceName(local, id), `fulcrum-${id}`)
})
