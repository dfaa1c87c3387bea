/** What a real Keycloak does not do when asked, against a stand-in; the rest is in `e2e/keycloak.test.ts`. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { CLIENT, type KeycloakStandIn, startKeycloakStandIn } from './testing.ts'

let keycloak: KeycloakStandIn
let server: TestServer
let provider: Awaited<ReturnType<TestServer['participant']>>
let agentId: string
before(async () => {
  keycloak = await startKeycloakStandIn()
  server = await startTestServer(keycloak.environment)
  provider = await server.participant('provider')
  const type = { name: 'type', configurationSchema: { properties: { url: { type: 'string' } } } }
  const { body: agentType } = await server.admin.post('/agent-types', type)
  const agent = { name: 'agent', providerId: provider.id, agentTypeId: agentType.id }
  agentId = (await server.admin.post('/agents', agent)).body.id
})
after(async () => {
  await server.stop()
  await keycloak.stop()
})
afterEach(() => {
  keycloak.requests.length = 0
})

let serial = 0
const person = (more: object = {}) => {
  const username = `user${serial++}`
  const names = { username, email: `${username}@fulcrum.example`, firstName: 'Ada', lastName: 'Lovelace' }
  return { ...names, password: 'correct horse battery', role: 'admin', ...more }
}
async function aUser(more: object = {}) {
  const { status, body } = await server.admin.post('/keycloak-users', person(more))
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

describe('a user that cannot be completed', () => {
  for (const [step, request] of [
    ['the account is read back', /^GET \/users\/[0-9a-f-]{36}$/],
    ['the role is looked up', /available$/],
    ['the role is given', /^POST .*role-mappings/],
    ['the roles are read back', /^GET .*role-mappings\/realm$/],
  ] as const)
    test(`is removed again when Keycloak fails as ${step}`, async () => {
      const count = keycloak.accounts.size
      keycloak.failOnce(request, 500)
      const { status, body } = await server.admin.post('/keycloak-users', person())
      assert.deepEqual([status, body.error], [503, 'Keycloak fails (status 500); try again'])
      assert.equal(keycloak.accounts.size, count)
    })

  test('and cannot be removed either has no right, and the first failure is told', async () => {
    keycloak.failOnce(/^POST .*role-mappings/, 502)
    keycloak.failOnce(/^DELETE /, 500)
    const body = person()
    const reply = await server.admin.post('/keycloak-users', body)
    assert.deepEqual([reply.status, reply.body.error], [503, 'Keycloak fails (status 502); try again'])
    const left = [...keycloak.accounts.values()].find(({ username }) => username === body.username)
    assert.deepEqual([...(keycloak.roles.get(left?.id ?? '') ?? ['?'])], [])
  })
})

describe('a change of the role', () => {
  test('that fails before the new ids are written leaves the old role and the old ids', async () => {
    const user = await aUser({ role: 'participant', participantId: provider.id })
    keycloak.failOnce(/^PUT /, 500)
    const reply = await server.admin.patch(`/keycloak-users/${user.id}`, { role: 'agent', agentId })
    assert.equal(reply.status, 503)
    assert.deepEqual((await server.admin.get(`/keycloak-users/${user.id}`)).body, user)
  })

  test('that fails at its last step leaves no role, and is completed by the same request', async () => {
    const user = await aUser()
    const change = { role: 'agent', agentId }
    keycloak.failOnce(/^POST .*role-mappings/, 500)
    assert.equal((await server.admin.patch(`/keycloak-users/${user.id}`, change)).status, 503)
    assert.equal((await server.admin.get(`/keycloak-users/${user.id}`)).body.roles, null)
    const completed = await server.admin.patch(`/keycloak-users/${user.id}`, change)
    assert.deepEqual([completed.status, completed.body.roles], [200, ['agent']])
  })

  test('never shows a role together with the ids of another', async () => {
    const user = await aUser()
    keycloak.requests.length = 0
    await server.admin.patch(`/keycloak-users/${user.id}`, { role: 'participant', participantId: provider.id })
    const writes = keycloak.requests.filter((request) => !request.startsWith('GET')).map((text) => text.split(' ')[0])
    assert.deepEqual(writes, ['DELETE', 'PUT', 'POST'])
  })

  test('gives an agent its provider, and refuses another participant', async () => {
    const other = await server.participant('other')
    const { id } = await aUser({ role: 'agent', agentId })
    assert.deepEqual(keycloak.accounts.get(id)?.attributes, { participant_id: [provider.id], agent_id: [agentId] })
    const reply = await server.admin.patch(`/keycloak-users/${id}`, { participantId: other.id })
    assert.equal(reply.status, 400)
    assert.match(reply.body.error, /belongs to another participant/)
  })

  test('leaves what its user refers to alone, also when that is gone', async () => {
    const gone = await server.participant('gone')
    const { id } = await aUser({ role: 'participant', participantId: gone.id })
    assert.equal((await server.admin.delete(`/participants/${gone.id}`)).status, 204)
    const renamed = await server.admin.patch(`/keycloak-users/${id}`, { lastName: 'Hopper', agentId: '' })
    assert.deepEqual([renamed.status, renamed.body.lastName, renamed.body.participantId], [200, 'Hopper', gone.id])
  })
})

describe('the token of our client', () => {
  const tokenRequests = () => keycloak.requests.filter((request) => request.endsWith('/token')).length

  test('is asked for once, by however many requests at the same time', async () => {
    keycloak.revokeTokens()
    keycloak.requests.length = 0
    const replies = await Promise.all(Array.from({ length: 20 }, () => server.admin.get('/keycloak-users')))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    assert.equal(tokenRequests(), 1)
    await server.admin.get('/keycloak-users')
    assert.equal(tokenRequests(), 1)
  })

  test('is replaced after half of a short life', async () => {
    keycloak.revokeTokens()
    keycloak.settings.tokenSeconds = 0.01
    try {
      await server.admin.get('/keycloak-users')
      const { length } = keycloak.requests
      await new Promise((resolve) => setTimeout(resolve, 10))
      await server.admin.get('/keycloak-users')
      assert.ok(keycloak.requests.slice(length).some((request) => request.endsWith('/token')))
    } finally {
      keycloak.settings.tokenSeconds = 300
      keycloak.revokeTokens()
    }
  })

  test('that is refused again and again is our problem, not that of the caller', async () => {
    keycloak.failOnce(/^GET \/users\/count/, 401)
    keycloak.failOnce(/^GET \/users\/count/, 401)
    assert.equal((await server.admin.get('/keycloak-users')).status, 503)
  })
})

describe('a Keycloak that is not set up', () => {
  test('is named with what is missing, and never with a secret', async () => {
    keycloak.settings.serviceAccountMay = false
    const forbidden = await server.admin.get('/keycloak-users')
    keycloak.settings.serviceAccountMay = true
    assert.equal(forbidden.status, 503)
    assert.match(forbidden.body.error, /needs the roles manage-users, view-users and query-users/)

    keycloak.settings.secret = 'another'
    keycloak.revokeTokens()
    const refused = await server.admin.get('/keycloak-users')
    keycloak.settings.secret = CLIENT.secret
    assert.match(refused.body.error, /Keycloak refuses the client fulcrum-api: Invalid client/)
    assert.doesNotMatch(JSON.stringify([forbidden.body, refused.body]), new RegExp(CLIENT.secret))
    assert.equal((await server.admin.get('/keycloak-users')).status, 200)
  })
})

describe('users of Keycloak', () => {
  test('are for admins alone', async () => {
    const user = await aUser()
    assert.equal((await provider.caller.get('/keycloak-users')).status, 403)
    assert.equal((await provider.caller.delete(`/keycloak-users/${user.id}`)).status, 403)
  })

  test('leave no events', async () => {
    const { db } = server.platform
    const count = async () => (await db.selectFrom('events').select('id').execute()).length
    const before = await count()
    const { id } = await aUser()
    await server.admin.patch(`/keycloak-users/${id}`, { role: 'participant', participantId: provider.id })
    await server.admin.delete(`/keycloak-users/${id}`)
    assert.equal(await count(), before)
  })

  for (const [what, body] of [
    ['an empty name', { firstName: '' }],
    ['an empty password', { password: '' }],
    ['NUL', { lastName: 'a\0b' }],
  ] as const)
    test(`are refused with ${what}, and Keycloak is not asked`, async () => {
      const { length } = keycloak.requests
      assert.equal((await server.admin.post('/keycloak-users', person(body))).status, 400)
      assert.equal(keycloak.requests.length, length)
    })

  test('with an id of another form are not looked for', async () => {
    for (const id of ['count', 'profile', '..', randomUUID().slice(1)])
      assert.equal((await server.admin.get(`/keycloak-users/${encodeURIComponent(id)}`)).status, 404)
    assert.deepEqual(keycloak.requests, [])
  })

  test('are unknown paths where they are not administered', async () => {
    const plain = await startTestServer()
    try {
      const { caller } = await plain.participant('somebody')
      for (const who of [plain.admin, caller])
        for (const path of ['/keycloak-users', `/keycloak-users/${randomUUID()}`]) {
          const reply = await who.get(path)
          assert.deepEqual([reply.status, reply.body], [404, { status: 'Resource not found' }])
        }
      assert.equal((await plain.as('unknown').get('/keycloak-users')).status, 401)
    } finally {
      await plain.stop()
    }
  })
})

test('a Keycloak that is away is 503, and users come back with it', async () => {
  const away = await startKeycloakStandIn()
  const other = await startTestServer(away.environment)
  let back: KeycloakStandIn | undefined
  try {
    assert.equal((await other.admin.get('/keycloak-users')).status, 200)
    await away.stop()
    const reply = await other.admin.post('/keycloak-users', person())
    assert.deepEqual([reply.status, reply.body.error], [503, 'Keycloak cannot be reached; try again'])
    assert.equal(reply.headers.get('retry-after'), '2')
    back = await startKeycloakStandIn(Number(new URL(away.url).port))
    assert.equal((await other.admin.get('/keycloak-users')).status, 200)
  } finally {
    await other.stop()
    await back?.stop()
  }
})
