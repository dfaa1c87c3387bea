/** The configuration of agents: the type's schema, secrets in the vault, values of config pools; over HTTP with a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Json, JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { created, insertService } from '../service-pools/testing/pool-world.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let provider: { id: string; caller: Caller }
before(async () => {
  server = await startTestServer()
  provider = await server.participant('provider')
})
after(() => server.stop())

function aType(properties: JsonObject, validators?: Json[]): Promise<string> {
  const configurationSchema = { properties, ...(validators && { validators }) }
  return created(server.admin, '/agent-types', { name: randomUUID(), configurationSchema })
}

function make(agentTypeId: string, configuration?: JsonObject) {
  return provider.caller.post('/agents', { name: 'a', providerId: provider.id, agentTypeId, configuration })
}

async function callerOf(agentId: string): Promise<Caller> {
  const { body } = await server.admin.post('/tokens', { name: 'a', role: 'agent', scopeId: agentId })
  return server.as(body.value)
}

async function secretsOf(agentId: string): Promise<number> {
  const { rows } = await sql<{
    n: number
  }>`SELECT count(*) AS n FROM vault_secrets WHERE agent_id = ${agentId}`.execute(server.platform.db)
  return rows[0]?.n ?? 0
}

const FAILED = 'invalid input: configuration: validation failed:'

describe('the schema', () => {
  test('runs when no configuration is given: defaults are filled in, required properties asked for', async () => {
    const { body } = await make(await aType({ poll: { type: 'integer', default: 5 } }))
    assert.deepEqual(body.configuration, { poll: 5 })
    const refused = await make(await aType({ url: { type: 'string', required: true } }))
    assert.deepEqual([refused.status, refused.body.error], [400, `${FAILED} required property is missing`])
  })

  test('an agent that was never configured shows no configuration, one configured with nothing an empty one', async () => {
    const type = await aType({ url: { type: 'string' } })
    assert.equal('configuration' in (await make(type)).body, false)
    assert.deepEqual((await make(type, {})).body.configuration, {})
  })

  test('a change is merged over what is stored, and what the schema does not know is dropped', async () => {
    const type = await aType({ url: { type: 'string' }, port: { type: 'integer', immutable: true } })
    const { body: agent } = await make(type, { url: 'a', port: 1, more: true })
    assert.deepEqual(agent.configuration, { url: 'a', port: 1 })
    const change = (configuration: JsonObject) => provider.caller.patch(`/agents/${agent.id}`, { configuration })
    assert.deepEqual((await change({ url: 'b' })).body.configuration, { url: 'b', port: 1 })
    assert.equal((await change({ port: 2 })).body.error, `${FAILED} port: property is immutable and cannot be changed`)
    assert.deepEqual((await change({})).body.configuration, { url: 'b', port: 1 })
  })

  test('one fault is worded as the contract has it, several are counted and named', async () => {
    const type = await aType({
      'a.b': { type: 'string' },
      url: { type: 'string', required: true },
      disk: { type: 'object', properties: { size: { type: 'integer', required: true }, kind: { type: 'string' } } },
    })
    const errorOf = async (configuration: JsonObject) => (await make(type, configuration)).body.error
    assert.equal(await errorOf({ url: 5 }), `${FAILED} url: expected string, got float64`)
    assert.equal(await errorOf({ url: 'u', 'a.b': 5 }), `${FAILED} a.b: expected string, got float64`)
    assert.equal(
      await errorOf({ 'a.b': 5 }),
      `${FAILED} 2 errors: a.b: expected string, got float64; url: required property is missing`,
    )
    assert.equal(await errorOf({ url: 'u', disk: {} }), `${FAILED} validation failed: required property is missing`)
    assert.equal(
      await errorOf({ url: 'u', disk: { kind: 5 } }),
      `${FAILED} validation failed: 2 errors: disk.size: required property is missing; disk.kind: expected string, got float64`,
    )
  })

  test('a refused configuration leaves nothing behind', async () => {
    const type = await aType({
      url: { type: 'string', required: true },
      key: { type: 'string', secret: { type: 'persistent' } },
    })
    const count = async () =>
      (await sql<{ n: number }>`SELECT count(*) AS n FROM vault_secrets`.execute(server.platform.db)).rows[0]?.n
    const before = await count()
    assert.equal((await make(type, { key: 'hidden' })).status, 400)
    assert.equal(await count(), before)
  })
})

describe('secrets', () => {
  test('go to the vault, come out to the agent alone, and are named in no event', async () => {
    const { body: agent } = await make(await aType(SECRET), { key: 'hidden-value' })
    assert.match(agent.configuration.key, /^vault:\/\//)
    const path = `/vault/secrets/${agent.configuration.key.slice('vault://'.length)}`
    const caller = await callerOf(agent.id)
    assert.deepEqual((await caller.get(path)).body, { value: 'hidden-value' })
    const sibling = await make(await aType(SECRET))
    assert.equal((await (await callerOf(sibling.body.id)).get(path)).status, 404)
    const everything = JSON.stringify([
      (await server.admin.get(`/agents/${agent.id}`)).body,
      (await server.admin.get(`/events?entityId=${agent.id}`)).body,
    ])
    assert.equal(everything.includes('hidden-value'), false)
  })

  test('a new value takes the place of the old one, which is gone', async () => {
    const { body: agent } = await make(await aType(SECRET), { key: 'old' })
    const caller = await callerOf(agent.id)
    const changed = (await provider.caller.patch(`/agents/${agent.id}`, { configuration: { key: 'new' } })).body
    const read = (reference: string) => caller.get(`/vault/secrets/${reference.slice('vault://'.length)}`)
    assert.notEqual(changed.configuration.key, agent.configuration.key)
    assert.deepEqual((await read(changed.configuration.key)).body, { value: 'new' })
    assert.equal((await read(agent.configuration.key)).status, 404)
    assert.equal(await secretsOf(agent.id), 1)
    // the reference that stands there may be sent back, another one may not
    const send = (key: string) => provider.caller.patch(`/agents/${agent.id}`, { configuration: { key } })
    assert.equal((await send(changed.configuration.key)).body.configuration.key, changed.configuration.key)
    assert.equal((await send(`vault://${randomUUID()}`)).status, 400)
    assert.equal(await secretsOf(agent.id), 1)
  })

  test('an ephemeral secret stays as long as the configuration names it', async () => {
    const { body: agent } = await make(
      await aType({ key: { type: 'string', secret: { type: 'ephemeral' } }, url: { type: 'string' } }),
      { key: 'hidden' },
    )
    await provider.caller.patch(`/agents/${agent.id}`, { configuration: { url: 'u' } })
    assert.equal(await secretsOf(agent.id), 1)
  })

  test('are deleted with the agent, also when the agent is only hidden', async () => {
    const type = await aType(SECRET)
    const gone = (await make(type, { key: 'x' })).body
    await server.admin.delete(`/agents/${gone.id}`)
    assert.equal(await secretsOf(gone.id), 0)

    const hidden = (await make(type, { key: 'x' })).body
    const serviceTypeId = await created(server.admin, '/service-types', {
      name: 'ended',
      propertySchema: { properties: { x: { type: 'string' } } },
      lifecycleSchema: {
        states: [{ name: 'New' }],
        actions: [{ name: 'create', transitions: [{ from: 'New', to: 'New' }] }],
        initialState: 'New',
      },
    })
    const groupId = await created(server.admin, '/service-groups', { name: 'g', consumerId: provider.id })
    const around = { provider, setId: '', agentTypeId: type, agentId: hidden.id, serviceTypeId, groupId }
    await server.platform.db.transaction().execute((tx) => insertService(tx, around, randomUUID(), true))
    assert.equal((await server.admin.delete(`/agents/${hidden.id}`)).status, 204)
    assert.equal(await secretsOf(hidden.id), 0)
    const { rows } = await sql`SELECT configuration FROM agents WHERE id = ${hidden.id}`.execute(server.platform.db)
    assert.deepEqual(rows, [{ configuration: null }])
  })
})

const SECRET = { key: { type: 'string', secret: { type: 'persistent' } } }

describe('config pools', () => {
  async function aPool(type: string, values: Json[], participantId?: string): Promise<string> {
    const pool = { name: 'ports', type, propertyType: 'integer', generatorType: 'list' }
    const configPoolId = await created(server.admin, '/config-pools', {
      ...pool,
      ...(participantId && { participantId }),
    })
    for (const value of values)
      await created(server.admin, '/config-pool-values', { configPoolId, name: String(value), value })
    return configPoolId
  }
  const port = (poolType: string) => ({ port: { type: 'integer', generator: { type: 'pool', config: { poolType } } } })

  test('an agent gets a value of the global pool or of its provider, and gives it back when it is deleted', async () => {
    const poolId = await aPool('port', [7001, 7002], provider.id)
    const type = await aType(port('port'))
    const one = (await make(type)).body
    const two = (await make(type, {})).body
    assert.deepEqual([one.configuration, two.configuration], [{ port: 7001 }, { port: 7002 }])
    const refused = await make(type)
    assert.equal(
      refused.body.error,
      `${FAILED} port: failed to allocate from pool: invalid input: no available values in pool`,
    )

    const { items } = (await provider.caller.get(`/config-pool-values?agentId=${one.id}`)).body
    assert.deepEqual([items.length, items[0].configPoolId, items[0].propertyName], [1, poolId, 'port'])
    assert.equal(items[0].agent.id, one.id)
    assert.equal((await server.admin.delete(`/config-pool-values/${items[0].id}`)).status, 409)
    await server.admin.delete(`/agents/${one.id}`)
    assert.equal((await make(type)).body.configuration.port, 7001)
  })

  test('a change takes a value that was never set, and a rename takes none', async () => {
    await aPool('late', [1, 2])
    const type = await aType({ url: { type: 'string' } })
    const { body: agent } = await make(type, { url: 'u' })
    await server.admin.patch(`/agent-types/${type}`, {
      configurationSchema: { properties: { url: { type: 'string' }, ...port('late') } },
    })
    assert.deepEqual((await provider.caller.patch(`/agents/${agent.id}`, { name: 'b' })).body.configuration, {
      url: 'u',
    })
    const changed = (await provider.caller.patch(`/agents/${agent.id}`, { configuration: { url: 'v' } })).body
    assert.deepEqual(changed.configuration, { url: 'v', port: 1 })
    assert.deepEqual(
      (await provider.caller.patch(`/agents/${agent.id}`, { configuration: {} })).body.configuration,
      changed.configuration,
    )
  })

  test('no value twice: of many agents made at once each gets its own, the others are refused', async () => {
    const values = Array.from({ length: 8 }, (_, index) => index)
    await aPool('race', values)
    const type = await aType(port('race'))
    const replies = await Promise.all(Array.from({ length: 16 }, () => make(type)))
    const ports = replies.flatMap(({ status, body }) => (status === 201 ? [body.configuration.port] : []))
    assert.deepEqual(ports.toSorted(), values)
    assert.equal(replies.filter(({ status }) => status === 400).length, 8)
  })

  test('a pool of another participant is not drawn from', async () => {
    const other = await server.participant('somebody else')
    await aPool('theirs', [1], other.id)
    const { body } = await make(await aType(port('theirs')))
    assert.equal(
      body.error,
      `${FAILED} port: failed to find config pool with type "theirs": resource not found: no config pool with type theirs for provider`,
    )
  })
})
