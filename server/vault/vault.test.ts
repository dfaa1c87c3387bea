/** The vault against the contract's vectors, and over HTTP: who gets a secret, and when it is gone. */
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { readVectors } from '../testing/vectors.ts'
import { open, seal } from './cipher.ts'

describe('vault-cipher', () => {
  for (const { name, given, expect } of readVectors('vault-cipher').vectors.filter(({ given }) => given.stored))
    test(name, () => {
      const key = Buffer.from(String(given.keyHex), 'hex')
      const stored = Buffer.from(String(given.stored), 'hex')
      if (given.tampered) assert.throws(() => open(key, stored, ''))
      else assert.deepEqual(open(key, stored, ''), expect.value)
    })

  test('a ciphertext opens for its owner only', () => {
    const key = randomBytes(32)
    const stored = seal(key, { pw: 'x' }, 'owner')
    assert.deepEqual(open(key, stored, 'owner'), { pw: 'x' })
    assert.throws(() => open(key, stored, 'somebody else'))
    assert.throws(() => open(randomBytes(32), stored, 'owner'))
  })
})

describe('a secret of a service', () => {
  let server: TestServer
  let federation: TestFederation
  before(async () => {
    server = await startTestServer()
    federation = await aFederation(server)
  })
  after(() => server.stop())

  const referenceOf = async (serviceId: string, name: string): Promise<string> => {
    const { properties } = (await server.admin.get(`/services/${serviceId}`)).body
    assert.match(properties[name], /^vault:\/\/[0-9a-f-]{36}$/)
    return properties[name].slice('vault://'.length)
  }

  test('is read by the agent that serves it, and by nobody else', async () => {
    const id = await federation.order({ secret: 's3cret' })
    const path = `/vault/secrets/${await referenceOf(id, 'secret')}`
    const sibling = await federation.sibling('sibling')
    const stranger = await aFederation(server)
    assert.deepEqual((await federation.agent.caller.get(path)).body, { value: 's3cret' })
    assert.equal((await sibling.caller.get(path)).status, 404)
    assert.equal((await stranger.agent.caller.get(path)).status, 404)
    assert.equal((await federation.provider.caller.get(path)).status, 403)
    assert.equal((await server.admin.get(path)).status, 403)
    assert.equal((await federation.agent.caller.get(`/vault/secrets/${randomUUID()}`)).status, 404)
    assert.equal((await federation.agent.caller.get('/vault/secrets/nonsense')).status, 404)
  })

  test('is stored encrypted', async () => {
    await federation.order({ secret: 'look for me' }, await federation.group())
    const { rows } = await sql<{ ciphertext: Buffer }>`SELECT ciphertext FROM vault_secrets`.execute(server.platform.db)
    assert.ok(rows.every(({ ciphertext }) => !ciphertext.includes('look for me')))
  })

  test('cannot be pulled in by its reference from another service', async () => {
    const victim = await federation.order({ secret: 'theirs' }, await federation.group())
    const reference = await referenceOf(victim, 'secret')
    const { groupId, serviceTypeId, agent, consumer } = federation
    const body = {
      groupId,
      serviceTypeId,
      agentId: agent.id,
      name: 'thief',
      properties: { secret: `vault://${reference}` },
    }
    const reply = await consumer.caller.post('/services', body)
    assert.deepEqual([reply.status, reply.body.status], [400, 'Validation failed'])
  })

  test('is revealed to its consumer, only where it is declared so, and each time with an event', async () => {
    const id = await federation.order({ secret: 'show me', hidden: 'never' }, await federation.group())
    const { consumer, provider, agent } = federation
    const reply = await consumer.caller.post(`/services/${id}/reveal`)
    assert.deepEqual([reply.status, reply.body], [200, { secrets: { secret: 'show me' } }])
    assert.equal(reply.headers.get('cache-control'), 'no-store')
    for (const caller of [provider.caller, agent.caller, server.admin])
      assert.equal((await caller.post(`/services/${id}/reveal`)).status, 403)
    assert.equal((await consumer.caller.post(`/services/${randomUUID()}/reveal`)).status, 404)
    const events = (await server.admin.get(`/events?entityId=${id}&type=revealed`)).body
    assert.equal(events.totalItems, 1)
    assert.deepEqual(events.items[0].properties, { properties: ['secret'] })
    assert.ok(!JSON.stringify(events).includes('show me'))
  })

  test('that is ephemeral is gone when the job ends; a persistent one when the service ends', async () => {
    const id = await federation.order({ secret: 'stays', once: 'goes' }, await federation.group())
    const [secret, once] = [await referenceOf(id, 'secret'), await referenceOf(id, 'once')]
    const get = async (reference: string) => (await federation.agent.caller.get(`/vault/secrets/${reference}`)).status
    assert.deepEqual([await get(secret), await get(once)], [200, 200])
    await federation.complete(id)
    assert.deepEqual([await get(secret), await get(once)], [200, 404])
    await federation.consumer.caller.delete(`/services/${id}`)
    await federation.complete(id)
    assert.equal(await get(secret), 404)
  })
})

test('without a key the server says that secrets do not work, and everything else does', async () => {
  const server = await startTestServer({ FULCRUM_VAULT_ENCRYPTION_KEY: '' })
  try {
    const federation = await aFederation(server)
    const { groupId, serviceTypeId, agent, consumer } = federation
    const refused = await consumer.caller.post('/services', {
      groupId,
      serviceTypeId,
      agentId: agent.id,
      name: 'x',
      properties: { secret: 'x' },
    })
    assert.equal(refused.status, 400)
    assert.match(refused.body.errors[0].message, /vault is required for secret properties but not configured/)
    await federation.order({ size: 2 })
    assert.equal((await agent.caller.get(`/vault/secrets/${randomUUID()}`)).status, 503)
  } finally {
    await server.stop()
  }
})
