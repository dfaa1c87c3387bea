/**
 * Credentials through the whole server, verified against issuers that are served on this machine. All share one server and its
 * issuers, hence the many lines.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { decide, prove, ZONE_GROUPS } from '@fulcrum/sovereignty'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { insertPublishedFacts } from '../testing/published-facts.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { newKeys } from './testing/authority.ts'
import { type Document, type LabelOptions, type Signer, startTestIssuers, type TestIssuers } from './testing/issuer.ts'

const DAY_MS = 86_400_000
const WAIT_MS = 20_000

let issuers: TestIssuers
let server: TestServer
let own: TestFederation
let other: TestFederation
let admin: Caller
let provider: Caller
/** The server's clock runs ahead of ours by this. */
let aheadMs = 0

before(async () => {
  issuers = await startTestIssuers()
  server = await startTestServer(issuers.environment, () => new Date(Date.now() + aheadMs))
  own = await aFederation(server)
  other = await aFederation(server)
  // the clock will run ahead of what tokens live by themselves
  const expireAt = '2040-01-01T00:00:00Z'
  const lasting = async (role: string, scopeId?: string) =>
    server.as((await server.admin.post('/tokens', { name: role, role, scopeId, expireAt })).body.value)
  admin = await lasting('admin')
  provider = await lasting('participant', own.provider.id)
  issuers.provider.alsoKnownAs.push(`urn:uuid:${own.provider.id}`)
  await issuers.provider.publish()
})
after(async () => {
  await server?.stop()
  await issuers.stop()
})

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Answer = any

async function handIn(body: Document, as: Caller = provider, participantId = own.provider.id): Promise<Answer> {
  const reply = await as.post('/credentials', { participantId, ...body })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  assert.equal(reply.body.state, 'pending')
  return reply.body
}

async function until(id: string, holds: (credential: Answer) => boolean): Promise<Answer> {
  const end = Date.now() + WAIT_MS
  for (;;) {
    const { body } = await admin.get(`/credentials/${id}`)
    if (holds(body)) return body
    assert.ok(Date.now() < end, `it stays ${JSON.stringify(body)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const settled = (id: string) => until(id, ({ state }) => state !== 'pending')
const outcome = async (body: Document, as?: Caller, participantId?: string) =>
  settled((await handIn(body, as, participantId)).id)

async function reasonOf(jwt: string): Promise<string> {
  const { state, reason, checks } = await outcome({ jwt })
  if (state === 'verified') return state
  assert.deepEqual([checks.at(-1).code, checks.at(-1).ok], [reason, false])
  assert.ok(checks.slice(0, -1).every(({ ok }: Answer) => ok))
  return reason
}

/** A label for an offering of a provider, in a presentation with the offering. */
async function labelled(options: LabelOptions = {}, by: Signer = issuers.provider, offering = issuers.offering(by)) {
  const label = issuers.label([offering], options)
  const jwts = [await issuers.sign(offering, by), await issuers.sign(label, issuers.clearingHouse)]
  return { offering, label, jwt: jwts[1] ?? '', presentation: await issuers.present(jwts, by) }
}

/** A label whose offering was handed in before. */
async function labelJwt(edit: (label: Document) => void, by = issuers.clearingHouse, header = {}): Promise<string> {
  const offering = issuers.offering(issuers.provider)
  await outcome({ jwt: await issuers.sign(offering, issuers.provider) })
  const label = issuers.label([offering])
  edit(label)
  return issuers.sign(label, by, header)
}

const selfSigned = (by: Signer, header = {}) => issuers.sign(issuers.offering(by), by, header)

async function effective() {
  const key = { agentId: own.agent.id, serviceTypeId: own.serviceTypeId }
  const at = server.platform.now()
  const [found] = await offeringProfiles(server.platform.db, [key], at)
  assert.ok(found)
  return { profile: found.profile, at: at.toISOString() }
}

async function labelDecision(level: string): Promise<string> {
  const { profile, at } = await effective()
  const policy = {
    id: 'p',
    version: 1,
    scope: { kind: 'platform' as const },
    mode: 'enforce' as const,
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny' as const,
    minAssurance: 'credential-verified' as const,
    constraints: [{ id: 'c', type: 'gaiax.label.min', params: { level } }],
  }
  const { findings } = decide(profile, [policy], { at, groups: ZONE_GROUPS })
  return findings[0]?.code ?? 'pass'
}

describe('a credential that holds', () => {
  test('a label becomes evidence of itself and of its certified criteria, and states its level', async () => {
    assert.equal(await labelDecision('L2'), 'LABEL_MISSING')
    const { label, offering, presentation } = await labelled({ criteria: ['P5.2.1', 'P1.1.2'] })
    const { id } = await handIn({ jwt: presentation })
    const credential = await settled(id)
    assert.equal(credential.state, 'verified', JSON.stringify(credential))
    assert.equal(credential.reason, undefined)
    assert.deepEqual(
      [credential.labelLevel, credential.criteria, credential.issuer, credential.rulesVersion],
      ['L2', ['P5.2.1', 'P1.1.2'], issuers.clearingHouse.did, 'CD25.03'],
    )
    assert.equal(credential.checks.length, 19)
    assert.deepEqual(credential.checks.at(-1), { code: 'SUBJECT', ok: true, detail: 'did' })
    assert.equal(credential.subjectId, (label.credentialSubject as Document).id)
    assert.equal(credential.evidenceIds.length, 2)

    const { profile, at } = await effective()
    assert.deepEqual(profile.assessments?.['gaia-x']?.level, 'L2')
    assert.equal(prove(profile, '/assessments/gaia-x', at).level, 'credential-verified')
    assert.equal(prove(profile, '/data/providerPlaintextAccess', at).level, 'auditor-attested')
    assert.equal(prove(profile, '/legal/governingLaw', at).level, 'none')
    assert.equal(await labelDecision('L2'), 'pass')
    assert.equal(await labelDecision('L3'), 'LABEL_TOO_LOW')

    // the offering came along, and is what it is: a declaration
    const { body: page } = await provider.get('/credentials?pageSize=100')
    const along = page.items.find((item: Answer) => item.presentationId === credential.presentationId && item.id !== id)
    assert.deepEqual(along.types, offering.type)
    assert.equal((await settled(along.id)).state, 'verified')

    const { body: events } = await provider.get(`/events?entityId=${id}`)
    assert.deepEqual(events.items.map(({ type }: Answer) => type).toSorted(), [
      'credential.created',
      'credential.verified',
    ])
    assert.equal((await provider.delete(`/credentials/${id}`)).status, 204)
    assert.equal(await labelDecision('L2'), 'LABEL_MISSING')
  })

  test('is fetched from an address, alone or in a presentation', async () => {
    const { jwt, presentation, offering } = await labelled()
    issuers.host.pages.set('/label.vp', { type: 'application/vp+jwt', text: presentation })
    const credential = await outcome({ url: `${issuers.origin}/label.vp` })
    assert.deepEqual([credential.state, credential.labelLevel], ['verified', 'L2'], JSON.stringify(credential))
    // what a label was given for is fetched where it was not handed in
    issuers.host.pages.set(new URL(String(offering.id)).pathname, {
      type: 'application/json',
      text: JSON.stringify(offering),
    })
    const { body: third } = await admin.post('/participants', { name: 'third', status: 'Enabled' })
    const alone = await outcome({ jwt }, admin, third.id)
    assert.equal(alone.reason, 'SUBJECT')
  })

  test('counts for the agent or offering that it was handed in for', async () => {
    const { presentation } = await labelled({ level: 'L1' })
    const subject = { agentId: own.agent.id, serviceTypeId: own.serviceTypeId }
    const credential = await outcome({ jwt: presentation, ...subject })
    assert.deepEqual([credential.state, credential.serviceTypeId], ['verified', own.serviceTypeId])
    assert.equal((await effective()).profile.assessments?.['gaia-x']?.level, 'L1')
    assert.equal((await admin.delete(`/credentials/${credential.id}`)).status, 204)
  })

  test('signed with RSA-PSS and an older typ holds as well', async () => {
    const rsa = await issuers.signer('rsa', { kind: 'RSA' })
    rsa.alsoKnownAs.push(`urn:uuid:${own.provider.id}`)
    await rsa.publish()
    for (const typ of ['vc+ld+jwt', 'vc+ld+json+jwt'])
      assert.equal(await reasonOf(await selfSigned(rsa, { typ })), 'verified')
  })

  test('of a configured notary confirms registration numbers, of anybody else it declares them', async () => {
    const subject = { id: `${issuers.provider.did}#cs`, 'gx:vatID': 'NO123456785MVA', 'gx:countryCode': 'NO' }
    const vat = (by: Signer) => ({
      ...issuers.offering(by),
      type: ['VerifiableCredential', 'gx:VatID'],
      credentialSubject: subject,
    })
    const declared = await outcome({ jwt: await issuers.sign(vat(issuers.provider), issuers.provider) })
    assert.equal(declared.state, 'verified')
    let { profile, at } = await effective()
    assert.equal(prove(profile, '/legal/registrationNumbers', at).level, 'self-declared')
    assert.equal(profile.legal?.registrationNumbers, undefined)
    const confirmed = await outcome({ jwt: await issuers.sign(vat(issuers.notary), issuers.notary) })
    assert.equal(confirmed.state, 'verified', JSON.stringify(confirmed))
    ;({ profile, at } = await effective())
    assert.equal(prove(profile, '/legal/registrationNumbers', at).level, 'credential-verified')
    assert.deepEqual(profile.legal?.registrationNumbers, [{ scheme: 'vatID', value: 'NO123456785MVA', country: 'NO' }])
  })
})

describe('every check refuses, and says which it was', () => {
  const signerWith = async (name: string, chain: string) => issuers.signer(name, { chain })

  test('FORMAT', async () => {
    for (const jwt of ['nothing', 'a.b.c', `${'a'.repeat(50)}.e30.x`]) assert.equal(await reasonOf(jwt), 'FORMAT')
  })
  test('TYP', async () => assert.equal(await reasonOf(await selfSigned(issuers.provider, { typ: 'JWT' })), 'TYP'))
  test('ALG', async () => {
    const [, payload] = (await selfSigned(issuers.provider)).split('.')
    for (const alg of ['none', 'HS256']) {
      const header = { alg, typ: 'vc+jwt', iss: issuers.provider.did, kid: issuers.provider.kid }
      const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.`
      const reply = await provider.post('/credentials', { participantId: own.provider.id, jwt: forged })
      if (alg === 'none') assert.equal((await settled(reply.body.id)).reason, 'ALG')
      // the same payload in another envelope is the same credential
      else assert.equal(reply.status, 409)
    }
  })
  test('ISSUER_MATCH', async () =>
    assert.equal(
      await reasonOf(await selfSigned(issuers.provider, { iss: issuers.clearingHouse.did })),
      'ISSUER_MATCH',
    ))
  test('DID_METHOD', async () => {
    const did = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    assert.equal(await reasonOf(await selfSigned({ ...issuers.provider, did, kid: `${did}#k` })), 'DID_METHOD')
  })
  test('DID_RESOLUTION', async () => {
    const did = `did:web:localhost%3A${issuers.host.port}:gone`
    assert.equal(await reasonOf(await selfSigned({ ...issuers.provider, did, kid: `${did}#key` })), 'DID_RESOLUTION')
  })
  test('DID_RESOLUTION of a host that nobody configured: it is not asked', async () => {
    const did = 'did:web:elsewhere.example'
    const credential = await outcome({ jwt: await selfSigned({ ...issuers.provider, did, kid: `${did}#key` }) })
    assert.equal(credential.reason, 'DID_RESOLUTION')
    assert.match(credential.detail, /not among the hosts/)
  })
  test('VERIFICATION_METHOD', async () =>
    assert.equal(
      await reasonOf(await selfSigned({ ...issuers.provider, kid: `${issuers.provider.did}#x` })),
      'VERIFICATION_METHOD',
    ))
  test('SIGNATURE', async () =>
    assert.equal(await reasonOf(await selfSigned({ ...issuers.provider, keys: await newKeys() })), 'SIGNATURE'))
  test('CHAIN', async () => {
    const { anAuthority } = await import('./testing/authority.ts')
    const stranger = await anAuthority('Somebody')
    const leaf = await stranger.leaf(['localhost'])
    const rogue = await signerWith('rogue', leaf.pem + stranger.intermediate + stranger.root)
    assert.equal(await reasonOf(await selfSigned(rogue)), 'CHAIN')
    const none = await signerWith('no-chain', 'nothing')
    assert.equal(await reasonOf(await selfSigned(none)), 'CHAIN')
  })
  test('CERT_HOST', async () => {
    const { pem } = await issuers.authority.leaf(['other.example'])
    assert.equal(
      await reasonOf(await selfSigned(await signerWith('host', pem + issuers.authority.intermediate))),
      'CERT_HOST',
    )
  })
  test('CERT_KEY', async () => {
    const { pem } = await issuers.authority.leaf(['localhost'])
    assert.equal(
      await reasonOf(await selfSigned(await signerWith('key', pem + issuers.authority.intermediate))),
      'CERT_KEY',
    )
  })
  test('VALIDITY', async () => {
    const ended = { ...issuers.offering(issuers.provider), validUntil: '2026-02-01T00:00:00Z' }
    assert.equal(await reasonOf(await issuers.sign(ended, issuers.provider)), 'VALIDITY')
    const early = { ...issuers.offering(issuers.provider), validFrom: '2035-01-01T00:00:00Z' }
    const credential = await outcome({ jwt: await issuers.sign(early, issuers.provider) })
    assert.deepEqual([credential.reason, credential.nextCheckAt], ['VALIDITY', '2035-01-01T00:00:00Z'])
  })
  test('TRUSTED_ISSUER', async () => {
    const jwt = await labelJwt((label) => Object.assign(label, { issuer: issuers.provider.did }), issuers.provider)
    assert.equal(await reasonOf(jwt), 'TRUSTED_ISSUER')
  })
  test('STATUS', async () => {
    await issuers.setStatus(7, true)
    assert.equal(
      await reasonOf(await labelJwt((label) => Object.assign(label, { credentialStatus: issuers.statusEntry(7) }))),
      'STATUS',
    )
  })
  test('STATUS_UNAVAILABLE', async () => {
    const missing = { ...issuers.statusEntry(1), statusListCredential: `${issuers.origin}/status/none` }
    const beyond = issuers.statusEntry(1_000_000)
    const otherPurpose = { ...issuers.statusEntry(1), statusPurpose: 'suspension' }
    for (const credentialStatus of [missing, beyond, otherPurpose])
      assert.equal(
        await reasonOf(await labelJwt((label) => Object.assign(label, { credentialStatus }))),
        'STATUS_UNAVAILABLE',
      )
    // a list of somebody who is neither the issuer nor configured
    const { host, origin } = issuers
    const list = {
      ...issuers.offering(issuers.provider),
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    }
    host.pages.set('/status/foreign', { type: 'application/vc+jwt', text: await issuers.sign(list, issuers.provider) })
    const foreign = { ...issuers.statusEntry(1), statusListCredential: `${origin}/status/foreign` }
    assert.equal(
      await reasonOf(await labelJwt((label) => Object.assign(label, { credentialStatus: foreign }))),
      'STATUS_UNAVAILABLE',
    )
  })
  test('LABEL_SHAPE', async () => {
    const jwt = await labelJwt((label) => Object.assign(label.credentialSubject as Document, { 'gx:labelLevel': 'L9' }))
    assert.equal(await reasonOf(jwt), 'LABEL_SHAPE')
  })
  test('DIGEST_SRI', async () => {
    const { label } = await labelled()
    assert.equal(await reasonOf(await issuers.sign(label, issuers.clearingHouse)), 'DIGEST_SRI')
  })
  test('FETCH', async () => {
    const credential = await outcome({ url: `${issuers.origin}/nowhere` })
    assert.deepEqual([credential.reason, credential.checks.length], ['FETCH', 1])
    assert.equal((await outcome({ url: 'https://10.0.0.1/x' })).reason, 'FETCH')
  })
})

describe('a credential of somebody else', () => {
  test('does not help: a label is public, and a profile says what its owner likes', async () => {
    const { presentation } = await labelled()
    const stolen = await outcome({ jwt: presentation }, other.provider.caller, other.provider.id)
    assert.deepEqual([stolen.state, stolen.reason, stolen.evidenceIds], ['failed', 'SUBJECT', []])
    assert.match(stolen.detail, /alsoKnownAs/)

    // with the owner's number and name in its own profile it does not help either
    const victim = await issuers.signer('victim')
    const facts = {
      'gx:registrationNumber': { 'gx:leiCode': '5493001KJTIIGC8Y1R12' },
      'gx:legalAddress': { 'gx:countryCode': 'NO' },
    }
    const person = issuers.legalPerson(victim, facts)
    const offering = issuers.offering(victim)
    const label = issuers.label([person, offering])
    const vp = await issuers.present(
      [
        await issuers.sign(label, issuers.clearingHouse),
        await issuers.sign(person, victim),
        await issuers.sign(offering, victim),
      ],
      victim,
    )
    await publishLegal(other.provider.id, {
      legalName: 'Nordkraft',
      registeredCountry: 'NO',
      registrationNumbers: [{ scheme: 'leiCode', value: '5493001KJTIIGC8Y1R12', country: 'NO' }],
    })
    const again = await outcome({ jwt: vp }, other.provider.caller, other.provider.id)
    assert.deepEqual([again.state, again.reason], ['failed', 'SUBJECT'])

    // an admin who hands it in has looked whose it is
    const { body: page } = await admin.get(`/credentials?participantId=${other.provider.id}&pageSize=100`)
    for (const { id } of page.items) await admin.delete(`/credentials/${id}`)
    const byAdmin = await outcome({ jwt: vp }, admin, other.provider.id)
    assert.equal(byAdmin.state, 'verified', JSON.stringify(byAdmin))
    assert.equal(byAdmin.checks.at(-1).detail, 'registrationNumber')
  })

  test('that was given for offerings of two does not help either of them', async () => {
    const stranger = await issuers.signer('stranger')
    const documents = [issuers.offering(issuers.provider), issuers.offering(stranger)]
    const label = issuers.label(documents)
    const jwts = [
      await issuers.sign(label, issuers.clearingHouse),
      await issuers.sign(documents[0] ?? {}, issuers.provider),
      await issuers.sign(documents[1] ?? {}, stranger),
    ]
    assert.equal((await outcome({ jwt: await issuers.present(jwts, stranger) })).reason, 'SUBJECT')
  })
})

/** Writes a published profile, as the provider itself could. */
function publishLegal(participantId: string, legal: object): Promise<void> {
  const at = new Date(server.platform.now().getTime() - 1_000)
  return insertPublishedFacts(server.platform.db, { participantId }, { legal }, { at })
}

/** Nothing of what earlier tests handed in. */
async function clear(): Promise<void> {
  for (;;) {
    const { body: page } = await admin.get(`/credentials?participantId=${own.provider.id}&pageSize=100`)
    if (page.items.length === 0) return
    for (const { id } of page.items) await admin.delete(`/credentials/${id}`)
  }
}

describe('an old credential', () => {
  beforeEach(clear)

  test('does not come back once a later one of the same is known, also when that was deleted', async () => {
    const offering = issuers.offering(issuers.provider)
    const [old, middle, young] = await Promise.all(
      ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'].map((validFrom) =>
        labelled({ validFrom, level: 'L3' }, issuers.provider, offering),
      ),
    )
    const first = await outcome({ jwt: middle?.presentation })
    assert.equal(first.state, 'verified')
    const second = await outcome({ jwt: young?.jwt })
    assert.equal(second.state, 'verified')
    // the one before is noticed by itself
    const superseded = await until(first.id, ({ state }) => state === 'failed')
    assert.equal(superseded.reason, 'SUPERSEDED')
    assert.equal((await admin.delete(`/credentials/${second.id}`)).status, 204)
    for (const jwt of [old?.jwt ?? '']) assert.equal(await reasonOf(jwt), 'SUPERSEDED')
    assert.equal(await labelDecision('L3'), 'LABEL_MISSING')
  })

  test('that was revoked stays refused, whatever its status list says later', async () => {
    const index = 21
    const { presentation, jwt } = await labelled({ more: { credentialStatus: issuers.statusEntry(index) } })
    const credential = await outcome({ jwt: presentation })
    assert.equal(credential.state, 'verified', JSON.stringify(credential))
    assert.equal(await labelDecision('L2'), 'pass')

    await issuers.setStatus(index, true)
    aheadMs += DAY_MS + 60_000
    const revoked = await until(credential.id, ({ state }) => state === 'failed')
    assert.equal(revoked.reason, 'STATUS')
    assert.equal(await labelDecision('L2'), 'LABEL_MISSING')
    const { body: evidences } = { body: await evidencesOf(credential.id) }
    assert.deepEqual(new Set(evidences), new Set(['revoked']))
    const { body: events } = await provider.get(`/events?entityId=${credential.id}&type=credential.failed`)
    assert.deepEqual(events.items[0].properties.reason, 'STATUS')

    await issuers.setStatus(index, false)
    aheadMs += 120_000
    assert.equal((await provider.post(`/credentials/${credential.id}/recheck`)).body.state, 'pending')
    assert.equal((await settled(credential.id)).reason, 'REVOKED_BEFORE')
    assert.equal((await admin.delete(`/credentials/${credential.id}`)).status, 204)
    assert.equal(await reasonOf(jwt), 'REVOKED_BEFORE')
  })

  test('that was only suspended may hold again', async () => {
    await issuers.setStatus(3, true, 'suspension')
    const { presentation } = await labelled({ more: { credentialStatus: issuers.statusEntry(3, 'suspension') } })
    const credential = await outcome({ jwt: presentation })
    assert.equal(credential.reason, 'STATUS')
    await issuers.setStatus(3, false, 'suspension')
    aheadMs += 120_000
    await provider.post(`/credentials/${credential.id}/recheck`)
    assert.equal((await settled(credential.id)).state, 'verified')
    assert.equal((await admin.delete(`/credentials/${credential.id}`)).status, 204)
  })
})

async function evidencesOf(credentialId: string): Promise<string[]> {
  const rows = await server.platform.db
    .selectFrom('sovereignty_evidences')
    .select('verification_status')
    .where('credential_id', '=', credentialId)
    .execute()
  return rows.map((row) => row.verification_status)
}

describe('time', () => {
  test('a credential is looked at again, and fails at its end', async () => {
    const validUntil = new Date(server.platform.now().getTime() + 3 * 3_600_000).toISOString()
    const { presentation } = await labelled({ level: 'SC', validUntil })
    const credential = await outcome({ jwt: presentation })
    assert.equal(credential.nextCheckAt, `${validUntil.slice(0, 19)}Z`)
    aheadMs += 3 * 3_600_000 + 1_000
    const ended = await until(credential.id, ({ state }) => state === 'failed')
    assert.equal(ended.reason, 'VALIDITY')
    assert.deepEqual(await evidencesOf(credential.id), ['expired'])
  })

  test('what cannot be fetched is tried again, a bounded number of times, and does not hold without', async () => {
    const { presentation } = await labelled({ level: 'L1', more: { credentialStatus: issuers.statusEntry(40) } })
    const page = issuers.host.pages.get('/status/revocation')
    assert.ok(page)
    const asked = () => issuers.host.requests.filter((path) => path === '/status/revocation').length
    issuers.host.pages.set('/status/revocation', (_request, response) => response.writeHead(503).end())
    aheadMs += 120_000
    const { id } = await handIn({ jwt: presentation })
    let waiting = await until(id, ({ attempts }) => attempts === 1)
    assert.deepEqual([waiting.state, waiting.reason], ['pending', 'STATUS_UNAVAILABLE'])
    assert.match(waiting.detail, /attempt 1 of 6.*answers 503/)
    const before = asked()
    aheadMs = new Date(waiting.nextCheckAt).getTime() - Date.now() + 1_000
    waiting = await until(id, ({ attempts }) => attempts === 2)
    assert.equal(asked(), before + 1)

    // it is there again: now it holds
    issuers.host.pages.set('/status/revocation', page)
    aheadMs = new Date(waiting.nextCheckAt).getTime() - Date.now() + 1_000
    assert.equal((await settled(id)).state, 'verified')

    // away for good: it holds while attempts go on, and no longer
    issuers.host.pages.set('/status/revocation', (request) => request.socket.destroy())
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { nextCheckAt } = (await admin.get(`/credentials/${id}`)).body
      aheadMs = new Date(nextCheckAt).getTime() - Date.now() + 1_000
      const still = await until(id, ({ attempts }) => attempts === attempt)
      assert.equal(still.state, 'verified')
    }
    const { nextCheckAt } = (await admin.get(`/credentials/${id}`)).body
    aheadMs = new Date(nextCheckAt).getTime() - Date.now() + 1_000
    const failed = await until(id, ({ state }) => state === 'failed')
    assert.equal(failed.reason, 'STATUS_UNAVAILABLE')
    assert.deepEqual(new Set(await evidencesOf(id)), new Set(['failed']))
    assert.ok(failed.nextCheckAt)

    // and comes back by itself when the list does
    issuers.host.pages.set('/status/revocation', page)
    aheadMs = new Date(failed.nextCheckAt).getTime() - Date.now() + 1_000
    await until(id, ({ state }) => state === 'verified')
    assert.deepEqual(new Set(await evidencesOf(id)), new Set(['verified']))
  })
})
