/**
 * The administration of users and the sign-in with a real Keycloak: users are made through our API, log in at Keycloak, and
 * come back to our API with its tokens.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { whyNoKeycloak } from './keycloak/distribution.ts'
import { type KeycloakProcess, startKeycloak } from './keycloak/keycloak-process.ts'
import { provisionRealm, type Realm } from './keycloak/realm.ts'
import { type BenchServer, startBenchServer } from './testing/bench-server.ts'

const PASSWORD = 'correct horse battery'
/** The server asks for new keys at most every ten seconds. */
const NEW_KEY_MS = 30_000

let keycloak: KeycloakProcess
let realm: Realm
let server: BenchServer
let participantId: string
let otherId: string
let agentId: string
let otherAgentId: string

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape; a wrong path fails the assertion
type Reply = { status: number; body: any }

async function call(token: string, method: string, path: string, body?: unknown, url = server.url): Promise<Reply> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const admin = (method: string, path: string, body?: unknown) => call(server.adminToken, method, path, body)

async function made(path: string, body: unknown) {
  const reply = await admin('POST', path, body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}

const person = (username: string, more: object = {}) => ({
  username,
  email: `${username}@fulcrum.example`,
  emailVerified: true,
  firstName: 'Ada',
  lastName: 'Lovelace',
  password: PASSWORD,
  enabled: true,
  ...more,
})

/** What Keycloak answers to a login with a password. */
async function login(username: string, password = PASSWORD): Promise<Reply> {
  const response = await fetch(`${keycloak.url}/realms/${realm.name}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: realm.client.id,
      client_secret: realm.client.secret,
      username,
      password,
    }),
  })
  return { status: response.status, body: await response.json() }
}

async function tokenOf(username: string): Promise<string> {
  const { status, body } = await login(username)
  assert.equal(status, 200, JSON.stringify(body))
  return body.access_token
}

/** Our own status for whoever has this token, on a path that every admin may read. */
const asAdmin = async (token: string) => (await call(token, 'GET', '/events')).status

function keyIdOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')).kid
}

const missing = whyNoKeycloak()

describe('a real Keycloak', { skip: missing ?? false }, () => {
  before(async () => {
    keycloak = await startKeycloak()
    realm = await provisionRealm(keycloak, 'fulcrum')
    server = await startBenchServer({
      FULCRUM_AUTHENTICATORS: 'oauth,token',
      FULCRUM_KEYCLOAK_ADMIN: 'true',
      FULCRUM_OAUTH_KEYCLOAK_URL: keycloak.url,
      FULCRUM_OAUTH_REALM: realm.name,
      FULCRUM_OAUTH_CLIENT_ID: realm.client.id,
      FULCRUM_OAUTH_CLIENT_SECRET: realm.client.secret,
    })
    const type = await made('/agent-types', {
      name: 'a type',
      configurationSchema: { properties: { url: { type: 'string' } } },
    })
    const anAgent = async (providerId: string, name: string) =>
      (await made('/agents', { name, providerId, agentTypeId: type.id })).id
    participantId = (await made('/participants', { name: 'acme', status: 'Enabled' })).id
    otherId = (await made('/participants', { name: 'other', status: 'Enabled' })).id
    agentId = await anAgent(participantId, 'agent of acme')
    otherAgentId = await anAgent(otherId, 'agent of other')
  })
  after(async () => {
    await server?.stop()
    await keycloak?.dispose()
  })

  describe('users', () => {
    test('are made with each role, carry the ids of that role, and are read back', async () => {
      const chief = await made('/keycloak-users', person('chief', { role: 'admin' }))
      const { id, ...rest } = chief
      assert.deepEqual(rest, {
        username: 'chief',
        email: 'chief@fulcrum.example',
        emailVerified: true,
        firstName: 'Ada',
        lastName: 'Lovelace',
        enabled: true,
        roles: ['admin'],
      })
      assert.deepEqual((await admin('GET', `/keycloak-users/${id}`)).body, chief)
      assert.deepEqual((await admin('GET', `/keycloak-users/${id}/`)).body, chief)

      const member = await made('/keycloak-users', person('member', { role: 'participant', participantId }))
      assert.deepEqual(
        [member.roles, member.participantId, member.agentId],
        [['participant'], participantId, undefined],
      )
      const robot = await made('/keycloak-users', person('robot', { role: 'agent', agentId }))
      assert.deepEqual([robot.roles, robot.participantId, robot.agentId], [['agent'], participantId, agentId])
    })

    for (const [what, body, text] of [
      ['a name that is taken', { username: 'CHIEF' }, /User exists with same username/],
      ['an address that is taken', { email: 'chief@fulcrum.example' }, /User exists with same email/],
      ['an address that is none', { email: 'nowhere' }, /email: error-invalid-email/],
      ['a password against the policy', { password: 'short' }, /Invalid password: minimum length 8/],
      ['a name that Keycloak refuses', { firstName: '<b>' }, /firstName: error-person-name-invalid-character/],
      ['a participant that does not exist', { role: 'participant', participantId: randomUUID() }, /does not exist/],
      ['no agent for the role agent', { role: 'agent' }, /agent ID is required/],
    ] as const)
      test(`are refused with 400 for ${what}, and nothing stays`, async () => {
        const { status, body: answer } = await admin(
          'POST',
          '/keycloak-users',
          person('refused', { role: 'admin', ...body }),
        )
        assert.equal(status, 400)
        assert.match(answer.error, text)
        assert.deepEqual(await realm.admin('GET', '/users?username=refused'), [])
      })

    test('are not made with a role that the realm does not have, and nothing stays', async () => {
      await realm.admin('DELETE', '/roles/agent')
      try {
        const reply = await admin('POST', '/keycloak-users', person('roleless', { role: 'agent', agentId }))
        assert.equal(reply.status, 400)
        assert.match(reply.body.error, /the role agent does not exist in the realm/)
        assert.deepEqual(await realm.admin('GET', '/users?username=roleless'), [])
      } finally {
        await realm.admin('POST', '/roles', { name: 'agent' })
        const [robot] = await realm.admin('GET', '/users?username=robot')
        const again = await admin('PATCH', `/keycloak-users/${robot.id}`, { role: 'agent', agentId })
        assert.deepEqual(again.body.roles, ['agent'])
      }
    })

    test('are not made while the realm drops their ids, and nothing stays', async () => {
      const profile = await realm.admin('GET', '/users/profile')
      const attributes = profile.attributes.filter(({ name }: { name: string }) => name !== 'participant_id')
      await realm.admin('PUT', '/users/profile', { ...profile, attributes })
      try {
        const reply = await admin('POST', '/keycloak-users', person('lost', { role: 'participant', participantId }))
        assert.equal(reply.status, 400)
        assert.match(reply.body.error, /does not keep the attribute participant_id/)
        assert.deepEqual(await realm.admin('GET', '/users?username=lost'), [])
      } finally {
        await realm.admin('PUT', '/users/profile', profile)
      }
    })

    test('are listed in pages with exact counts, whatever the filter', async () => {
      for (const name of ['page0', 'page1', 'page2'])
        await made('/keycloak-users', person(name, { role: 'admin', firstName: 'Grace', lastName: name }))
      const list = async (query: string) => (await admin('GET', `/keycloak-users?${query}`)).body
      const names = ({ items }: { items: { username: string }[] }) => items.map(({ username }) => username)

      const whole = await list('pageSize=100')
      assert.deepEqual(names(whole), ['chief', 'member', 'page0', 'page1', 'page2', 'robot'])
      assert.deepEqual(Object.keys(whole.items[0]).toSorted(), ['email', 'firstName', 'id', 'lastName', 'username'])
      const { items, ...second } = await list('page=2&pageSize=2&firstName=Grace&sort=x&other=1')
      assert.deepEqual(names({ items }), ['page2'])
      assert.deepEqual(second, { totalItems: 3, totalPages: 2, currentPage: 2, hasNext: false, hasPrev: true })
      assert.deepEqual(names(await list('email=PAGE1')), ['page1'])
      assert.deepEqual(names(await list('lastName=page2&firstName=')), ['page2'])
      assert.equal((await list('lastName=nobody')).totalItems, 0)
      assert.deepEqual((await list('page=99999999999')).items, [])
    })

    test('keep what a change does not name, and change nothing when a part is refused', async () => {
      const user = await made('/keycloak-users', person('steady', { role: 'participant', participantId }))
      const path = `/keycloak-users/${user.id}`
      assert.deepEqual((await admin('PATCH', path, { firstName: 'Grace', username: 'ignored' })).body, {
        ...user,
        firstName: 'Grace',
      })
      const refused = await admin('PATCH', path, { role: 'admin', lastName: 'Hopper', password: 'short' })
      assert.equal(refused.status, 400)
      assert.deepEqual((await admin('GET', path)).body, { ...user, firstName: 'Grace' })
      assert.equal((await login('steady')).status, 200)

      assert.equal((await admin('PATCH', path, { password: 'another good one' })).status, 200)
      assert.equal((await login('steady')).status, 401)
      assert.equal((await login('steady', 'another good one')).status, 200)
      const cleared = (await admin('PATCH', path, { participantId: '' })).body
      assert.deepEqual([cleared.participantId, cleared.email], [undefined, user.email])
    })

    test('are deleted once, and unknown ones are 404', async () => {
      const user = await made('/keycloak-users', person('leaver', { role: 'admin' }))
      assert.equal((await admin('DELETE', `/keycloak-users/${user.id}`)).status, 204)
      assert.equal((await login('leaver')).status, 401)
      // `count` is a path of Keycloak's and no user
      for (const id of [user.id, randomUUID(), 'count', '..%2Froles'])
        for (const method of ['GET', 'PATCH', 'DELETE'])
          assert.equal(
            (await admin(method, `/keycloak-users/${id}`, method === 'PATCH' ? {} : undefined)).status,
            404,
            `${method} ${id}`,
          )
    })

    test('are served on after the token of our client was revoked, and with a wrong secret are not', async () => {
      const revoke = () => realm.admin('PUT', '', { notBefore: Math.floor(Date.now() / 1_000) })
      const [client] = await realm.admin('GET', `/clients?clientId=${realm.client.id}`)
      const setSecret = (secret: string) => realm.admin('PUT', `/clients/${client.id}`, { ...client, secret })
      // a token of the same second would not be revoked
      await sleep(1_000)
      await revoke()
      assert.equal((await admin('GET', '/keycloak-users')).status, 200)

      await setSecret('another secret')
      await sleep(1_000)
      await revoke()
      try {
        const reply = await admin('GET', '/keycloak-users')
        assert.deepEqual(
          [reply.status, reply.body.error],
          [503, 'Keycloak refuses the client fulcrum: Invalid client or Invalid client credentials'],
        )
      } finally {
        await setSecret(realm.client.secret)
      }
      assert.equal((await admin('GET', '/keycloak-users')).status, 200)
    })
  })

  describe('tokens of Keycloak', () => {
    test('of an admin see everything and administer users', async () => {
      const token = await tokenOf('chief')
      assert.equal((await call(token, 'GET', '/participants')).body.totalItems, 2)
      assert.equal(await asAdmin(token), 200)
      assert.equal((await call(token, 'GET', '/keycloak-users')).status, 200)
    })

    test('of a participant see what is its own', async () => {
      const token = await tokenOf('member')
      const { items } = (await call(token, 'GET', '/participants')).body
      assert.deepEqual(
        items.map(({ id }: { id: string }) => id),
        [participantId],
      )
      assert.equal((await call(token, 'GET', `/participants/${otherId}`)).status, 403)
      assert.equal((await call(token, 'GET', '/keycloak-users')).status, 403)
      const renamed = await call(token, 'PATCH', `/participants/${participantId}`, { name: 'acme 2' })
      assert.equal(renamed.status, 200)
      const member = (await admin('GET', '/keycloak-users?email=member@')).body.items[0]
      const events = (await admin('GET', `/events?initiatorId=${member.id}`)).body
      assert.equal(events.items[0].type, 'participant.updated')
    })

    test('do not let a user choose its participant at Keycloak', async () => {
      const response = await fetch(`${keycloak.url}/realms/${realm.name}/account`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await tokenOf('member')}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          username: 'member',
          email: 'member@fulcrum.example',
          firstName: 'Eve',
          lastName: 'Lovelace',
          attributes: { participant_id: [otherId] },
        }),
      })
      await response.body?.cancel()
      // whether Keycloak refuses or reads past it is its own affair; that it was asked as the user is not
      assert.ok([204, 400].includes(response.status), `${response.status}`)
      const { items } = (await call(await tokenOf('member'), 'GET', '/participants')).body
      assert.deepEqual(
        items.map(({ id }: { id: string }) => id),
        [participantId],
      )
    })

    test('of an agent report its status and ask for its jobs', async () => {
      const token = await tokenOf('robot')
      assert.equal((await call(token, 'GET', '/agents/me')).body.id, agentId)
      assert.equal((await call(token, 'PUT', '/agents/me/status', { status: 'Connected' })).body.status, 'Connected')
      assert.deepEqual(await call(token, 'GET', '/jobs/pending'), { status: 200, body: [] })
      assert.equal((await call(token, 'GET', '/events')).status, 403)
    })

    test('follow a change of the role, one role at a time', async () => {
      const { id } = await made('/keycloak-users', person('changer', { role: 'admin' }))
      const path = `/keycloak-users/${id}`
      assert.equal(await asAdmin(await tokenOf('changer')), 200)

      const agent = (await admin('PATCH', path, { role: 'agent', agentId: otherAgentId })).body
      assert.deepEqual([agent.roles, agent.participantId, agent.agentId], [['agent'], otherId, otherAgentId])
      assert.equal((await call(await tokenOf('changer'), 'GET', '/agents/me')).body.id, otherAgentId)
      const moved = (await admin('PATCH', path, { agentId })).body
      assert.deepEqual([moved.participantId, moved.agentId], [participantId, agentId])

      const member = (await admin('PATCH', path, { role: 'participant', participantId: otherId })).body
      assert.deepEqual([member.roles, member.participantId, member.agentId], [['participant'], otherId, undefined])
      const token = await tokenOf('changer')
      assert.equal((await call(token, 'GET', '/agents/me')).status, 403)
      assert.equal((await call(token, 'GET', `/participants/${otherId}`)).status, 200)
    })

    test('are not given to a disabled user, and not taken from one without a role', async () => {
      const [user] = (await admin('GET', '/keycloak-users?email=changer@')).body.items
      await admin('PATCH', `/keycloak-users/${user.id}`, { enabled: false })
      assert.match((await login('changer')).body.error_description, /disabled/i)
      const service = await fetch(`${keycloak.url}/realms/${realm.name}/protocol/openid-connect/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: realm.client.id,
          client_secret: realm.client.secret,
        }),
      })
      const { access_token } = (await service.json()) as { access_token: string } // RFC 6749, section 5.1
      assert.equal((await call(access_token, 'GET', '/participants')).status, 401)
    })

    test('work when they are signed with a new key, without a restart, and so do older ones', async () => {
      const old = await tokenOf('chief')
      await realm.rotateKeys()
      const fresh = await tokenOf('chief')
      assert.notEqual(keyIdOf(fresh), keyIdOf(old))
      let status = await asAdmin(fresh)
      for (const until = performance.now() + NEW_KEY_MS; status !== 200 && performance.now() < until; await sleep(500))
        status = await asAdmin(fresh)
      assert.equal(status, 200)
      assert.equal(await asAdmin(old), 200)
    })
  })

  test('goes away: its tokens go on, users are answered 503', async () => {
    const token = await tokenOf('chief')
    assert.equal(await asAdmin(token), 200)
    await keycloak.stop()
    for (const [method, path] of [
      ['GET', '/keycloak-users'],
      ['GET', `/keycloak-users/${randomUUID()}`],
      ['POST', '/keycloak-users'],
    ] as const) {
      const reply = await admin(method, path, method === 'POST' ? person('late', { role: 'admin' }) : undefined)
      assert.deepEqual([reply.status, reply.body.error], [503, 'Keycloak cannot be reached; try again'])
    }
    // longer than a token is remembered without looking at its signature
    for (const until = performance.now() + 6_000; performance.now() < until; await sleep(500))
      assert.equal(await asAdmin(token), 200)
  })
})
