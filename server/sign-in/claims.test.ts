/** From claims to an identity, as the contract lists them (API.md section 5), and what is refused. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Claims, identityOf, requireAudience, requireBearerToken, TokenRefused } from './claims.ts'

const SUB = '0f0e0d0c-0b0a-4908-8706-050403020100'
const PARTICIPANT = '11111111-1111-4111-8111-111111111111'
const AGENT = '22222222-2222-4222-8222-222222222222'
const admin = { sub: SUB, role: 'admin' }

const identity = (claims: Claims) => identityOf(claims, 'fulcrum')
const refused = (run: () => unknown, reason: RegExp) =>
  assert.throws(run, (error) => error instanceof TokenRefused && reason.test(error.message))

describe('who it is', () => {
  test('is the subject, in whatever form of a UUID', () => {
    for (const sub of [SUB, SUB.toUpperCase(), `urn:uuid:${SUB}`, `{${SUB}}`, SUB.replaceAll('-', '')])
      assert.equal(identity({ ...admin, sub }).id, SUB)
  })

  test('is refused when the subject is missing or no UUID', () => {
    refused(() => identity({ role: 'admin' }), /sub is missing/)
    for (const sub of ['jane', '', 7, [SUB], { id: SUB }])
      refused(() => identity({ ...admin, sub }), /sub is not a UUID/)
  })

  test('has a name: name, else preferred_username, else the subject', () => {
    const name = (claims: Claims) => identity({ ...admin, ...claims }).name
    assert.equal(name({ name: 'Jane Doe', preferred_username: 'jane' }), 'Jane Doe')
    assert.equal(name({ name: '', preferred_username: 'jane' }), 'jane')
    assert.equal(name({ name: 7, preferred_username: ['jane'] }), SUB)
    assert.equal(name({}), SUB)
  })
})

describe('the role', () => {
  const roleOf = (claims: Claims) =>
    identity({ sub: SUB, participant_id: PARTICIPANT, agent_id: AGENT, ...claims }).role
  const realm = (...roles: unknown[]) => ({ realm_access: { roles } })
  const client = (name: string, ...roles: unknown[]) => ({ resource_access: { [name]: { roles } } })

  test('is the claim role when that is one of ours', () => {
    for (const role of ['admin', 'participant', 'agent'])
      assert.equal(roleOf({ role, ...realm('admin'), ...client('fulcrum', 'admin') }), role)
  })

  test('is else the first of ours among the roles of the realm, else among those of our client', () => {
    assert.equal(roleOf(realm('offline_access', 'agent', 'admin')), 'agent')
    assert.equal(roleOf({ role: 'root', ...realm('participant') }), 'participant')
    assert.equal(roleOf({ ...realm('offline_access'), ...client('fulcrum', 'agent') }), 'agent')
    assert.equal(roleOf({ ...realm('participant'), ...client('fulcrum', 'admin') }), 'participant')
  })

  test('is refused when nothing names one, or only the roles of another client do', () => {
    for (const claims of [
      {},
      { role: 'Admin' },
      { role: ['admin'] },
      { role: { admin: true } },
      { roles: ['admin'] },
      realm(),
      realm('ADMIN', 'uma_authorization', 7, null),
      { realm_access: { roles: 'admin' } },
      { realm_access: ['admin'] },
      { realm_access: null },
      client('account', 'admin'),
      client('constructor', 'admin'),
      { resource_access: { fulcrum: 'admin' } },
    ])
      refused(() => roleOf(claims), /no claim names/)
  })
})

describe('whose it is', () => {
  const participant = { sub: SUB, role: 'participant', participant_id: PARTICIPANT }
  const agent = { ...participant, role: 'agent', agent_id: AGENT }

  test('is the participant, for an agent the agent too, for an admin what it is narrowed to', () => {
    const owners = (claims: Claims) => {
      const { participantId, agentId } = identity(claims)
      return [participantId, agentId]
    }
    assert.deepEqual(owners(participant), [PARTICIPANT, null])
    assert.deepEqual(owners(agent), [PARTICIPANT, AGENT])
    assert.deepEqual(owners(admin), [null, null])
    assert.deepEqual(owners({ ...admin, participant_id: PARTICIPANT }), [PARTICIPANT, null])
    assert.deepEqual(owners({ ...admin, agent_id: AGENT }), [null, AGENT])
    assert.deepEqual(owners({ ...admin, participant_id: null, agent_id: null }), [null, null])
    assert.deepEqual(owners({ ...participant, agent_id: AGENT }), [PARTICIPANT, null])
  })

  test('must be said by participants and agents', () => {
    refused(() => identity({ ...participant, participant_id: undefined }), /participants need the claim participant_id/)
    refused(() => identity({ ...agent, participant_id: null }), /agents need the claim participant_id/)
    refused(() => identity({ ...agent, agent_id: undefined }), /agents need the claim agent_id/)
  })

  test('is refused when it is malformed, for an admin too: it would see everything', () => {
    for (const value of ['', 'x', ' ', 7, false, [PARTICIPANT], { id: PARTICIPANT }])
      for (const name of ['participant_id', 'agent_id'])
        for (const claims of [admin, participant, agent])
          refused(() => identity({ ...claims, [name]: value }), new RegExp(`${name} is not a UUID`))
  })
})

describe('the audience', () => {
  const passes = (claims: Claims, audience: string | null = null) =>
    requireAudience(claims, { audience, clientId: 'fulcrum' })

  test('is the configured one, and nothing stands in for it', () => {
    passes({ aud: 'api' }, 'api')
    passes({ aud: ['account', 'api'] }, 'api')
    for (const claims of [{}, { aud: [] }, { aud: 'apis' }, { aud: 'fulcrum', azp: 'fulcrum' }, { azp: 'api' }])
      refused(() => passes(claims, 'api'), /audience is not api/)
  })

  test('is else our client, or the token was made for our client', () => {
    passes({ aud: 'fulcrum' })
    passes({ aud: ['account', 'fulcrum'] })
    passes({ aud: 'account', azp: 'fulcrum' })
    passes({ azp: 'fulcrum' })
    for (const claims of [
      {},
      { aud: 'account' },
      { aud: ['account'], azp: 'other' },
      { azp: ['fulcrum'] },
      { aud: null },
    ])
      refused(() => passes(claims), /client fulcrum/)
  })
})

describe('what the token is for', () => {
  test('is calling: typ is Bearer or absent', () => {
    requireBearerToken({})
    requireBearerToken({ typ: 'Bearer', nonce: 'as older Keycloaks have it' })
    for (const typ of ['ID', 'Refresh', 'Offline', 'DPoP', 'Logout', '', null, 7])
      refused(() => requireBearerToken({ typ }), /no access token/)
  })

  test('is not telling a client who somebody is, and not for the holder of a key only', () => {
    for (const name of ['at_hash', 'c_hash', 's_hash'])
      refused(() => requireBearerToken({ [name]: 'x' }), /an ID token/)
    refused(() => requireBearerToken({ typ: 'Bearer', cnf: { jkt: 'x' } }), /bound to a key/)
  })
})
