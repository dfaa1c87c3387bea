/** Sign-in over HTTP with tokens of an issuer that a test can have sign anything: what is let in, and all that is not. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type CryptoKey, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { ADMIN_TOKEN, startTestServer, type TestServer } from '../testing/test-server.ts'
import {
  ADMIN,
  ALGORITHMS,
  CACHE_MS,
  environment,
  KEYS,
  makeKey,
  SKEW_SECONDS,
  startIssuer,
  type TestIssuer,
} from './testing/issuer.ts'

let aheadMs = 0
const now = () => new Date(Date.now() + aheadMs)

let issuer: TestIssuer
let server: TestServer
before(async () => {
  issuer = await startIssuer({ now })
  server = await startTestServer(environment(issuer), now)
})
after(async () => {
  await server?.stop()
  await issuer.stop()
})
beforeEach(() => {
  issuer.away = false
})

const statusOf = async (token: string, path = '/participants', on = server) => (await on.as(token).get(path)).status
const status = async (...given: Parameters<TestIssuer['sign']>) => statusOf(await issuer.sign(...given))
const seconds = (fromNow: number) => Math.floor(now().getTime() / 1_000) + fromNow

describe('a token of the issuer', () => {
  for (const alg of ALGORITHMS)
    test(`is taken when it is signed with ${alg}`, async () => {
      const key = await makeKey(alg)
      issuer.keys.push(key)
      aheadMs += 60_000
      assert.equal(await status(ADMIN, { key }), 200)
    })

  test('names who did it in the events', async () => {
    const sub = crypto.randomUUID()
    const { body } = await server
      .as(await issuer.sign({ ...ADMIN, sub }))
      .post('/participants', { name: 'signed', status: 'Enabled' })
    const events = await server.admin.get(`/events?initiatorId=${sub}`)
    assert.deepEqual(
      events.body.items.map((event: { entityId: string }) => event.entityId),
      [body.id],
    )
  })

  test('is taken with its own type of JWT, as RFC 9068 has it', async () => {
    assert.equal(await status(ADMIN, { header: { typ: 'at+JWT' } }), 200)
    assert.equal(await status(ADMIN, { header: { typ: 'JWT' } }), 200)
  })

  test('is refused for every fault, with the answer that an unknown token gets', async () => {
    const foreign = await makeKey('ES256', issuer.keys[0]?.kid)
    const faults: Record<string, Parameters<TestIssuer['sign']>> = {
      'wrong issuer': [{ ...ADMIN, iss: 'https://other.example' }],
      'no issuer': [{ ...ADMIN, iss: undefined }],
      'wrong audience': [{ ...ADMIN, azp: 'other', aud: ['account', 'other'] }],
      'no audience': [{ ...ADMIN, azp: undefined, aud: undefined }],
      expired: [{ ...ADMIN, exp: seconds(-SKEW_SECONDS - 5) }],
      'never expires': [{ ...ADMIN, exp: undefined }],
      'expires at a text': [{ ...ADMIN, exp: 'tomorrow' }],
      'not valid yet': [{ ...ADMIN, nbf: seconds(SKEW_SECONDS + 5) }],
      'of the future': [{ ...ADMIN, iat: seconds(SKEW_SECONDS + 5) }],
      'an ID token of Keycloak': [{ ...ADMIN, typ: 'ID' }],
      'an ID token': [{ ...ADMIN, typ: undefined, at_hash: 'x' }],
      'a refresh token': [{ ...ADMIN, typ: 'Refresh' }],
      'a logout token': [ADMIN, { header: { typ: 'logout+jwt' } }],
      'an extension that nobody knows': [ADMIN, { header: { crit: ['x'], x: 1 } }],
      'the key of somebody else': [ADMIN, { key: foreign }],
      'a key in its header': [ADMIN, { key: foreign, header: { kid: undefined, jwk: foreign.publicJwk } }],
      'no role': [{ ...ADMIN, realm_access: { roles: ['offline_access'] } }],
      'no subject': [{ ...ADMIN, sub: undefined }],
      'a subject that is no UUID': [{ ...ADMIN, sub: 'jane' }],
      'a malformed participant': [{ ...ADMIN, participant_id: 'x' }],
      'a participant that is not there': [{ ...ADMIN, participant_id: crypto.randomUUID() }],
      'a participant without its claim': [{ ...ADMIN, role: 'participant' }],
    }
    const unknown = await server.as('unknown').get('/participants')
    for (const [fault, given] of Object.entries(faults)) {
      const sign = (claims: Record<string, unknown>, options = {}) =>
        options && 'header' in options && 'crit' in (options.header as object)
          ? signCritical(claims)
          : issuer.sign(claims, options)
      const reply = await server.as(await sign(...given)).get('/participants')
      assert.equal(reply.status, 401, fault)
      assert.deepEqual(reply.body, unknown.body, fault)
    }
  })

  /** jose signs with an extension only when it is told that this is known. */
  async function signCritical(claims: Record<string, unknown>): Promise<string> {
    const key = issuer.keys[0]
    assert.ok(key)
    return new SignJWT({ iss: issuer.url, sub: crypto.randomUUID(), exp: seconds(300), ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, crit: ['x'], x: 1 })
      .sign(key.privateKey, { crit: { x: true } })
  }

  test('is taken a little before and after its time, as clocks differ', async () => {
    const near = SKEW_SECONDS - 10
    assert.equal(await status({ ...ADMIN, exp: seconds(-near) }), 200)
    assert.equal(await status({ ...ADMIN, nbf: seconds(near), iat: seconds(near) }), 200)
  })

  test('is refused when it has expired meanwhile, also where it was used a moment ago', async () => {
    const token = await issuer.sign({ ...ADMIN, exp: seconds(2) })
    assert.equal(await statusOf(token), 200)
    aheadMs += (2 + SKEW_SECONDS + 1) * 1_000
    assert.equal(await statusOf(token), 401)
  })
})

describe('a bearer value that only looks like a token', () => {
  test('is refused when it is signed with the public key as a shared secret', async () => {
    const key = await makeKey('RS256')
    issuer.keys.push(key)
    aheadMs += 60_000
    assert.equal(await status(ADMIN, { key }), 200)
    const spki = await exportSPKI((await importJWK(key.publicJwk, 'RS256', { extractable: true })) as CryptoKey) // not a secret
    for (const secret of [spki, spki.trim(), JSON.stringify(key.publicJwk)]) {
      const token = await new SignJWT({ iss: issuer.url, sub: crypto.randomUUID(), exp: seconds(300), ...ADMIN })
        .setProtectedHeader({ alg: 'HS256', kid: key.kid })
        .sign(new TextEncoder().encode(secret))
      assert.equal(await statusOf(token), 401)
    }
  })

  test('is refused without a signature', async () => {
    const claims = { iss: issuer.url, sub: crypto.randomUUID(), exp: seconds(300), ...ADMIN }
    const unsigned = new UnsecuredJWT(claims).encode()
    assert.match(unsigned, /\.$/)
    const [, payload] = (await issuer.sign(ADMIN)).split('.')
    const none = (alg: string) => `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${payload}.AAAA`
    for (const token of [unsigned, none('none'), none('None'), none('NONE')]) assert.equal(await statusOf(token), 401)
  })

  test('is refused when a part of it was changed', async () => {
    const token = await issuer.sign(ADMIN)
    const other = await issuer.sign({ ...ADMIN, name: 'other' })
    const [header = '', payload = '', signature = ''] = token.split('.')
    assert.equal(await statusOf(`${header}.${other.split('.')[1]}.${signature}`), 401)
    assert.equal(await statusOf(`${header}.${payload}.${other.split('.')[2]}`), 401)
    assert.equal(await statusOf(token), 200)
  })

  test('is refused without asking the issuer when it is garbage, and whatever its size', async () => {
    aheadMs += 60_000
    const asked = issuer.requests.length
    const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const garbage = [
      'a.b.c',
      '..',
      'AAAA.BBBB.CCCC',
      `${json({ alg: 'ES256' })}.x.y`,
      `${json(null)}.${json({})}.AAAA`,
      `${json([])}.${json([])}.AAAA`,
      `${json({ alg: 7, kid: 7 })}.${json({})}.AAAA`,
      `${'A'.repeat(4_000)}.${'A'.repeat(4_000)}.${'A'.repeat(4_000)}`,
      'A'.repeat(12_000),
    ]
    for (const token of garbage) assert.equal(await statusOf(token), 401, token.slice(0, 40))
    assert.equal(await statusOf(await issuer.sign({ ...ADMIN, filler: 'x'.repeat(7_000) })), 200)
    assert.equal(await statusOf(`a.${'A'.repeat(20_000)}.c`), 431)
    assert.equal(issuer.requests.length, asked)
  })

  test('makes no flood of requests to the issuer out of a flood of unknown keys', async () => {
    aheadMs += 60_000
    const strange = await makeKey('ES256')
    const before = issuer.requests.length
    const flood = Array.from({ length: 200 }, async (_, i) =>
      statusOf(await issuer.sign(ADMIN, { key: { ...strange, kid: `unknown ${i}` } })),
    )
    assert.deepEqual(new Set(await Promise.all(flood)), new Set([401]))
    assert.deepEqual(issuer.requests.slice(before), [KEYS])
    assert.equal(await status(ADMIN), 200)
  })
})

describe('the keys', () => {
  test('may change: a new one is found without a restart, an old one is good until the cache is over', async () => {
    const [old, fresh] = [await makeKey('ES256'), await makeKey('ES256')]
    issuer.keys.unshift(old)
    aheadMs += 60_000
    assert.equal(await status(ADMIN, { key: old }), 200)
    issuer.keys = [fresh, ...issuer.keys.filter((key) => key !== old)]
    const oldToken = await issuer.sign({ ...ADMIN, exp: seconds(10 * CACHE_MS) }, { key: old })
    assert.equal(await statusOf(oldToken), 200)
    aheadMs += CACHE_MS + 60_000
    assert.equal(await statusOf(oldToken), 401)
    assert.equal(await status(ADMIN, { key: fresh }), 200)
  })

  test('that are known go on working while the issuer is away; a new one is no reason to say the token is bad', async () => {
    const fresh = await makeKey('ES256')
    assert.equal(await status(ADMIN), 200)
    issuer.away = true
    issuer.keys.unshift(fresh)
    aheadMs += 10 * CACHE_MS
    const [, known] = issuer.keys
    assert.ok(known)
    assert.equal(await status(ADMIN, { key: known }), 200)
    const reply = await server.as(await issuer.sign(ADMIN, { key: fresh })).get('/participants')
    assert.equal(reply.status, 503)
    assert.ok(reply.headers.get('retry-after'))
    assert.equal(await statusOf(ADMIN_TOKEN), 200)
    issuer.away = false
    aheadMs += 60_000
    assert.equal(await status(ADMIN, { key: fresh }), 200)
  })
})

describe('participants and agents of the database', () => {
  const signFor = (role: string, participantId: string, agentId?: string) =>
    issuer.sign({ ...ADMIN, realm_access: { roles: [role] }, participant_id: participantId, agent_id: agentId })

  test('sign in as who they are', async () => {
    const { id } = await server.participant('jwt participant')
    const caller = server.as(await signFor('participant', id))
    assert.deepEqual(
      (await caller.get('/participants')).body.items.map((item: { id: string }) => item.id),
      [id],
    )
    assert.equal((await caller.get(`/participants/${id}`)).status, 200)
    assert.equal((await caller.post('/participants', { name: 'x', status: 'Enabled' })).status, 403)
  })

  test('read only themselves when they are disabled, at once, and all again when they are enabled', async () => {
    const { id } = await server.participant('jwt off and on')
    const caller = server.as(await signFor('participant', id))
    const statuses = async () => [
      (await caller.get(`/participants/${id}`)).status,
      (await caller.get('/services')).status,
    ]
    assert.deepEqual(await statuses(), [200, 200])
    await server.admin.patch(`/participants/${id}`, { status: 'Disabled' })
    assert.deepEqual(await statuses(), [200, 403])
    await server.admin.patch(`/participants/${id}`, { status: 'Enabled' })
    assert.deepEqual(await statuses(), [200, 200])
    assert.equal((await server.admin.delete(`/participants/${id}`)).status, 204)
    assert.equal(await statusOf(caller.token), 401)
  })

  test('are agents of their own provider only; one without a row signs in and has nothing', async () => {
    const provider = await server.participant('jwt provider')
    const other = await server.participant('jwt other provider')
    const { body: type } = await server.admin.post('/agent-types', {
      name: 'jwt',
      configurationSchema: { properties: { url: { type: 'string' } } },
    })
    const { body: agent } = await server.admin.post('/agents', {
      name: 'jwt agent',
      providerId: provider.id,
      agentTypeId: type.id,
    })
    const me = async (token: string) => (await server.as(token).get('/agents/me')).status
    assert.equal(await me(await signFor('agent', provider.id, agent.id)), 200)
    assert.equal(await me(await signFor('agent', other.id, agent.id)), 401)

    const stranger = await signFor('agent', provider.id, crypto.randomUUID())
    assert.equal(await me(stranger), 404)
    assert.deepEqual((await server.as(stranger).get('/jobs/pending')).body, [])

    const token = await signFor('agent', provider.id, agent.id)
    assert.equal(await statusOf(token, '/jobs/pending'), 200)
    await server.admin.patch(`/agents/${agent.id}`, { status: 'Disabled' })
    assert.deepEqual([await me(token), await statusOf(token, '/jobs/pending')], [200, 403])
  })

  test('are looked up again when another process says that something changed', async () => {
    const { id } = await server.participant('jwt elsewhere')
    const token = await signFor('participant', id)
    assert.equal(await statusOf(token, '/services'), 200)
    await server.platform.db.updateTable('participants').set({ status: 'Disabled' }).where('id', '=', id).execute()
    assert.equal(await statusOf(token, '/services'), 200)
    server.platform.signals.send(IDENTITIES_SIGNAL)
    assert.equal(await statusOf(token, '/services'), 403)
  })
})
