/** Evidence and its end over HTTP against a real PostgreSQL: who may say what, what it is worth, and who is told of its end. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { settleEvents } from '../events/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import type { Caller } from '../testing/test-server.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { recordEvidence, updateEvidenceStatus } from './evidence-store.ts'
import { announceEnds } from './expiry-workflow.ts'

const DAY_MS = 86_400_000
let server: TestServer
let own: TestFederation
before(async () => {
  server = await startTestServer({ FULCRUM_SOVEREIGNTY_INTERVAL: '24h' })
  own = await aFederation(server)
})
after(() => server.stop())

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
const body = (more: object = {}, of = own) => ({
  participantId: of.provider.id,
  kind: 'certificate',
  assertsPaths: ['/security'],
  ...more,
})
const bring = async (more: object = {}, of = own) => {
  const reply = await of.provider.caller.post('/sovereignty-evidences', body(more, of))
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}
const attest = (id: string, more: object = {}, as: Caller = server.admin) =>
  as.post(`/sovereignty-evidences/${id}/attest`, { level: 'auditor-attested', method: 'read it', ...more })
const announce = (aheadDays = 0) =>
  announceEnds(
    { ...server.platform, now: () => new Date(Date.now() + aheadDays * DAY_MS) },
    new AbortController().signal,
  )
async function eventsOf(id: string, like = '%') {
  await settleEvents(server.platform.db)
  const { rows } = await sql<{ type: string; properties: Record<string, unknown>; provider_id: string }>`
    SELECT type, properties, provider_id FROM events WHERE entity_id = ${id} AND type LIKE ${like}
    ORDER BY sequence_number`.execute(server.platform.db)
  return rows
}

describe('evidence', () => {
  test('of a provider counts as declared: its own word at once, a document until somebody verifies it', async () => {
    const declared = await bring({ kind: 'self-declaration' })
    assert.deepEqual(declared.weight, { level: 'self-declared', finding: 'valid' })
    const certificate = await bring()
    assert.equal(certificate.verification.status, 'unverified')
    assert.deepEqual(certificate.weight, { level: 'self-declared', finding: 'unverified' })
  })

  test('is attested and revoked by admins alone, and what was said stays', async () => {
    const { id } = await bring()
    for (const caller of [own.provider.caller, own.consumer.caller, own.agent.caller]) {
      assert.equal((await attest(id, {}, caller)).status, 403)
      assert.equal((await caller.post(`/sovereignty-evidences/${id}/revoke`, { reason: 'x' })).status, 403)
    }
    const attested = await attest(id)
    assert.deepEqual(attested.body.weight, { level: 'auditor-attested', finding: 'valid' })
    assert.equal((await own.provider.caller.delete(`/sovereignty-evidences/${id}`)).status, 409)
    const revoked = await server.admin.post(`/sovereignty-evidences/${id}/revoke`, {
      reason: 'withdrawn by its issuer',
    })
    assert.deepEqual(revoked.body.weight, { level: 'none', finding: 'revoked' })
    assert.match(revoked.body.verification.checks.at(-1).detail, /withdrawn by its issuer/)
    assert.equal((await attest(id)).status, 409)
    assert.equal((await server.admin.post(`/sovereignty-evidences/${id}/revoke`, { reason: 'again' })).status, 409)
    assert.equal((await own.provider.caller.delete(`/sovereignty-evidences/${id}`)).status, 409)
    const types = (await eventsOf(id)).map(({ type }) => type.split('.')[1])
    assert.deepEqual(types, ['created', 'attested', 'revoked'])
    assert.equal((await server.admin.delete(`/sovereignty-evidences/${id}`)).status, 204)
  })

  test('that a person attested does not have to be attested again every month', async () => {
    const { id } = await bring({ validUntil: inDays(400) })
    await attest(id)
    const profile = await own.provider.caller.post('/sovereignty-profiles', {
      participantId: own.provider.id,
      facts: { security: { certifications: [{ scheme: 'C5' }] } },
    })
    await own.provider.caller.post(`/sovereignty-profiles/${profile.body.id}/publish`)
    const at = `agentId=${own.agent.id}&serviceTypeId=${own.serviceTypeId}&at=${inDays(200)}`
    const { body: effective } = await own.consumer.caller.get(`/sovereignty-profiles/effective?${at}`)
    const section = effective.sections.find((one: { section: string }) => one.section === 'security')
    assert.equal(section.level, 'auditor-attested')
  })

  test('is refused when it is a measurement, names no fact, or has ended', async () => {
    for (const [more, text] of [
      [{ kind: 'measurement' }, 'recorded by this instance'],
      [{ assertsPaths: [] }, '1 to 100 places'],
      [{ assertsPaths: ['/legal/seat'] }, "'/legal/seat' is no place in the facts"],
      [{ assertsPaths: ['security'] }, 'no place in the facts'],
      [{ validUntil: inDays(-1) }, 'lies in the past'],
      [{ validFrom: inDays(20), validUntil: inDays(10) }, 'after validFrom'],
      [{ uri: 'http://example.org/x.pdf' }, 'https link'],
      [{ uri: 'https://user:secret@example.org/' }, 'https link'],
      [{ sha256: 'abc' }, '64 hex digits'],
      [{ mediaType: 'pdf' }, 'mediaType'],
      [{ issuer: { name: '' } }, 'issuer needs a name'],
      [{ agentId: randomUUID() }, 'does not exist at this participant'],
    ] as const) {
      const reply = await own.provider.caller.post('/sovereignty-evidences', body(more))
      assert.equal(reply.status, 400, text)
      assert.ok(reply.body.error.includes(text), `${reply.body.error} | ${text}`)
    }
    for (const paths of [['/'], ['/control/owners/0/country'], ['/assessments/gaia-x'], ['/location/sites']])
      await bring({ assertsPaths: paths })
    const ended = await bring({ validUntil: inDays(1) })
    assert.equal((await attest(ended.id, { validUntil: inDays(-1) })).status, 400)
    assert.equal((await attest(ended.id, { checks: [{ code: 'CHAIN', ok: false }] })).status, 400)
  })

  test('is shown in full to its provider and to admins, and to others without the link to the document', async () => {
    const of = await aFederation(server)
    const { id } = await bring({ uri: 'https://provider.example/private?key=1', sha256: 'ab'.repeat(32) }, of)
    assert.equal(
      (await of.provider.caller.get(`/sovereignty-evidences/${id}`)).body.uri,
      'https://provider.example/private?key=1',
    )
    assert.equal((await of.consumer.caller.get(`/sovereignty-evidences/${id}`)).status, 403)
    assert.equal((await of.consumer.caller.get('/sovereignty-evidences')).body.totalItems, 0)
    const { body: effective } = await of.consumer.caller.get(
      `/sovereignty-profiles/effective?agentId=${of.agent.id}&serviceTypeId=${of.serviceTypeId}`,
    )
    const [shown] = effective.evidences
    assert.deepEqual([shown.id, shown.sha256, 'uri' in shown], [id, 'ab'.repeat(32), false])
  })

  test('of other features comes in with its level, and a new check changes it', async () => {
    const id = await runCommand(server.platform, SYSTEM, (c) =>
      recordEvidence(c, {
        participantId: own.provider.id,
        kind: 'measurement',
        assertsPaths: ['/portability'],
        verification: { status: 'verified', level: 'credential-verified', checkedAt: inDays(0) },
      }),
    )
    const read = async () => (await own.provider.caller.get(`/sovereignty-evidences/${id}`)).body
    assert.equal((await read()).weight.level, 'credential-verified')
    const check = (status: 'verified' | 'failed') =>
      runCommand(server.platform, SYSTEM, (c) =>
        updateEvidenceStatus(c, id, { status, level: 'credential-verified', checkedAt: inDays(0) }),
      )
    await check('verified')
    await check('failed')
    assert.deepEqual((await read()).weight, { level: 'none', finding: 'failed' })
    assert.equal((await eventsOf(id, '%.updated')).length, 1)
    assert.equal((await own.provider.caller.delete(`/sovereignty-evidences/${id}`)).status, 409)
  })

  test('is revoked once of several revocations at once', async () => {
    const { id } = await bring()
    const replies = await Promise.all(
      [1, 2, 3, 4].map(() => server.admin.post(`/sovereignty-evidences/${id}/revoke`, { reason: 'x' })),
    )
    assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 409, 409, 409])
  })
})

describe('the end of evidence', () => {
  test('is announced 60, 14 and 1 days before and when it is there, once by however many servers', async () => {
    const { id } = await bring({ validUntil: inDays(90) })
    for (const day of [0, 29, 31, 60, 77, 80, 89.5, 89.8, 91, 120]) await Promise.all([announce(day), announce(day)])
    const told = await eventsOf(id, '%.expir%')
    assert.deepEqual(
      told.map(({ type, properties }) => [type.split('.')[1], properties.daysLeft]),
      [
        ['expiring', 59],
        ['expiring', 13],
        ['expiring', 1],
        ['expired', undefined],
      ],
    )
    assert.ok(told.every(({ provider_id }) => provider_id === own.provider.id))
  })

  test('is announced when the server comes back, and anew when it moves', async () => {
    const { id } = await bring({ validUntil: inDays(100) })
    await announce(95)
    assert.deepEqual(
      (await eventsOf(id, '%.expir%')).map(({ properties }) => properties.daysLeft),
      [5],
    )
    await attest(id, { validUntil: inDays(150) })
    await announce(95)
    await announce(140)
    assert.deepEqual(
      (await eventsOf(id, '%.expir%')).map(({ properties }) => properties.daysLeft),
      [5, 55, 10],
    )
  })

  test('of what was revoked is no news, and a profile has an end, too', async () => {
    const of = await aFederation(server)
    const { id } = await bring({ validUntil: inDays(10) }, of)
    await server.admin.post(`/sovereignty-evidences/${id}/revoke`, { reason: 'x' })
    const draft = await of.provider.caller.post('/sovereignty-profiles', {
      participantId: of.provider.id,
      facts: {},
      validUntil: inDays(10),
    })
    await announce()
    assert.equal((await eventsOf(draft.body.id, '%.expir%')).length, 0)
    await of.provider.caller.post(`/sovereignty-profiles/${draft.body.id}/publish`)
    await announce()
    await announce(11)
    assert.equal((await eventsOf(id, '%.expir%')).length, 0)
    const types = (await eventsOf(draft.body.id, '%.expir%')).map(({ type }) => type)
    assert.deepEqual(types, ['sovereignty_profile.expiring', 'sovereignty_profile.expired'])
  })

  test('is a notice to the provider, and to consumers whose services rely on it, each with its own services', async () => {
    const of = await aFederation(server)
    const stranger = await aFederation(server)
    const { id } = await bring({ validUntil: inDays(5) }, of)
    await bring({ validUntil: inDays(200) }, of)
    const notices = async (caller: Caller) =>
      (await caller.get(`/sovereignty-notices?participantId=${of.provider.id}`)).body.items
    const [shown, ...more] = await notices(of.provider.caller)
    assert.deepEqual([shown.id, shown.daysLeft, shown.state, more.length], [id, 4, 'expiring', 0])
    assert.deepEqual([shown.dependents.count, (await notices(of.consumer.caller)).length], [0, 0])
    const serviceId = await of.order()
    const [relied] = await notices(of.consumer.caller)
    assert.deepEqual([relied.id, relied.dependents.services[0].id], [id, serviceId])
    assert.equal((await notices(of.provider.caller))[0].dependents.count, 1)
    assert.equal((await notices(stranger.consumer.caller)).length, 0)
    assert.equal((await notices(server.admin)).length, 1)
    assert.equal((await of.agent.caller.get('/sovereignty-notices')).status, 403)
  })
})
