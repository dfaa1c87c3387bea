/** An admin whose token names a participant or an agent: it does what an admin may, with what belongs to that one. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { startIssuer, type TestIssuer } from './testing/issuer.ts'

let issuer: TestIssuer
let server: TestServer
let mine: TestFederation
let theirs: TestFederation
/** Narrowed to the provider of `mine`, to its consumer, to its agent; and an admin of everything, all by JWT. */
let ofProvider: Caller
let ofConsumer: Caller
let ofAgent: Caller
let admin: Caller
before(async () => {
  issuer = await startIssuer()
  server = await startTestServer({
    FULCRUM_AUTHENTICATORS: 'oauth,token',
    FULCRUM_OAUTH_ISSUER: issuer.url,
    FULCRUM_OAUTH_CLIENT_ID: 'fulcrum-api',
  })
  mine = await aFederation(server)
  theirs = await aFederation(server)
  for (const federation of [mine, theirs]) await federation.order({ size: 1 })
  const signed = async (claims: object) =>
    server.as(await issuer.sign({ aud: 'fulcrum-api', role: 'admin', exp: Date.now() / 1_000 + 3_600, ...claims }))
  ofProvider = await signed({ participant_id: mine.provider.id })
  ofConsumer = await signed({ participant_id: mine.consumer.id })
  ofAgent = await signed({ agent_id: mine.agent.id })
  admin = await signed({})
})
after(async () => {
  await server?.stop()
  await issuer?.stop()
})

const items = async (caller: Caller, path: string): Promise<Record<string, string>[]> => {
  const { status, body } = await caller.get(`${path}?pageSize=100`)
  assert.equal(status, 200, `${path} ${JSON.stringify(body)}`)
  assert.equal(body.totalItems, body.items.length)
  return body.items
}
const ids = async (caller: Caller, path: string) => (await items(caller, path)).map(({ id }) => id)
const made = async (path: string, body: unknown) => {
  const reply = await server.admin.post(path, body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}

describe('lists', () => {
  test('show what belongs to the participant', async () => {
    assert.deepEqual(await ids(ofProvider, '/participants'), [mine.provider.id])
    assert.deepEqual(await ids(ofProvider, '/agents'), [mine.agent.id])
    assert.deepEqual(await ids(ofProvider, '/service-groups'), [])
    assert.deepEqual(await ids(ofConsumer, '/service-groups'), [mine.groupId])
    assert.deepEqual(await ids(ofConsumer, '/agents'), [])
    for (const caller of [ofProvider, ofConsumer, ofAgent])
      for (const path of ['/services', '/jobs'])
        assert.deepEqual(
          (await items(caller, path)).map(({ providerId }) => providerId),
          [mine.provider.id],
        )
    for (const { participantId } of await items(ofProvider, '/tokens')) assert.equal(participantId, mine.provider.id)
    for (const { providerId, consumerId } of await items(ofProvider, '/events'))
      assert.ok([providerId, consumerId].includes(mine.provider.id))
  })

  test('show what belongs to the agent', async () => {
    for (const path of ['/participants', '/tokens', '/service-groups', '/config-pools', '/events'])
      assert.deepEqual(await ids(ofAgent, path), [], path)
  })

  test('show all types, and everything to an admin that nothing narrows', async () => {
    assert.equal((await ids(ofProvider, '/service-types')).length, 2)
    assert.equal((await ids(ofProvider, '/agent-types')).length, 2)
    assert.equal((await ids(admin, '/participants')).length, 4)
    assert.equal((await ids(admin, '/services')).length, 2)
  })

  test('cannot be widened by filters', async () => {
    const { body } = await ofProvider.get(`/agents?providerId=${theirs.provider.id}&name=a&name=e`)
    assert.deepEqual(body.items, [])
  })

  test('embed only what the participant could read', async () => {
    const [service] = (await ofConsumer.get('/services')).body.items
    assert.equal(service.agent, undefined)
    const [ofMine] = (await ofProvider.get('/services')).body.items
    assert.equal(ofMine.agent.id, mine.agent.id)
    const [job] = (await ofProvider.get('/jobs')).body.items
    assert.deepEqual([job.provider.id, job.consumer], [mine.provider.id, undefined])
    const [seenByAgent] = (await ofAgent.get('/jobs')).body.items
    assert.deepEqual([seenByAgent.service.id, seenByAgent.provider], [seenByAgent.serviceId, undefined])
  })
})

describe('single objects', () => {
  test('are read and changed when they are its own, and refused when they are others’', async () => {
    const [[myService], [theirService]] = [
      await ids(ofProvider, '/services'),
      (await items(admin, '/services')).filter((s) => s.providerId === theirs.provider.id).map(({ id }) => id),
    ]
    for (const [path, status] of [
      [`/participants/${mine.provider.id}`, 200],
      [`/participants/${mine.consumer.id}`, 403],
      [`/agents/${mine.agent.id}`, 200],
      [`/agents/${theirs.agent.id}`, 403],
      [`/services/${myService}`, 200],
      [`/services/${theirService}`, 403],
      [`/service-groups/${mine.groupId}`, 403],
      [`/service-types/${theirs.serviceTypeId}`, 200],
    ] as const)
      assert.equal((await ofProvider.get(path)).status, status, path)

    const rename = { name: 'renamed' }
    assert.equal((await ofProvider.patch(`/participants/${mine.provider.id}`, rename)).status, 200)
    assert.equal((await ofProvider.patch(`/participants/${theirs.provider.id}`, rename)).status, 403)
    assert.equal((await ofProvider.patch(`/services/${myService}`, rename)).status, 200)
    assert.equal((await ofProvider.patch(`/services/${theirService}`, rename)).status, 403)
    assert.equal((await ofProvider.delete(`/services/${theirService}`)).status, 403)
    assert.equal((await ofProvider.delete(`/agents/${theirs.agent.id}`)).status, 403)
    assert.equal((await ofProvider.post(`/agents/${theirs.agent.id}/install-command`)).status, 403)
  })

  test('are made for its participant only', async () => {
    const agent = (providerId: string) => ({ name: 'new', providerId, agentTypeId: mine.agentTypeId })
    assert.equal((await ofProvider.post('/agents', agent(mine.provider.id))).status, 201)
    assert.equal((await ofProvider.post('/agents', agent(theirs.provider.id))).status, 403)
    const group = (consumerId: string) => ({ name: 'new', consumerId })
    assert.equal((await ofConsumer.post('/service-groups', group(mine.consumer.id))).status, 201)
    assert.equal((await ofConsumer.post('/service-groups', group(theirs.consumer.id))).status, 403)
    const order = (groupId: string) => ({ name: 'n', groupId, serviceTypeId: mine.serviceTypeId, agentTags: [] })
    assert.equal((await ofConsumer.post('/services', order(mine.groupId))).status, 201)
    assert.equal((await ofConsumer.post('/services', order(theirs.groupId))).status, 403)
  })

  test('that belong to nobody are changed as by any admin: types', async () => {
    const type = { name: 'by a narrowed admin', entityType: 'Service' }
    const { status, body } = await ofProvider.post('/metric-types', type)
    assert.equal(status, 201)
    assert.equal((await ofProvider.delete(`/metric-types/${body.id}`)).status, 204)
  })
})

describe('participants', () => {
  test('are not made, and deleted only when it is its own', async () => {
    const body = { name: 'one more', status: 'Enabled' }
    assert.equal((await ofProvider.post('/participants', body)).status, 403)
    const own = await made('/participants', body)
    const token = await issuer.sign({ aud: 'fulcrum-api', role: 'admin', participant_id: own.id })
    assert.equal((await ofProvider.delete(`/participants/${own.id}`)).status, 403)
    assert.equal((await server.as(token).delete(`/participants/${own.id}`)).status, 204)
    // nothing narrows it any more, hence it is nobody
    assert.equal((await server.as(token).get('/participants')).status, 401)
  })

  test('that are disabled leave their admin nothing but a look at them', async () => {
    const { id } = await server.participant('disabled with its admin')
    const caller = server.as(await issuer.sign({ aud: 'fulcrum-api', role: 'admin', participant_id: id }))
    await server.admin.patch(`/participants/${id}`, { status: 'Disabled' })
    assert.equal((await caller.get(`/participants/${id}`)).status, 200)
    assert.equal((await caller.patch(`/participants/${id}`, { status: 'Enabled' })).status, 403)
  })
})

describe('tokens', () => {
  test('are made for its participant and its agents, never for an admin: that one would see everything', async () => {
    const make = async (role: string, scopeId?: string) =>
      (await ofProvider.post('/tokens', { name: 'x', role, scopeId })).status
    assert.equal(await make('participant', mine.provider.id), 201)
    assert.equal(await make('agent', mine.agent.id), 201)
    assert.equal(await make('participant', theirs.provider.id), 403)
    assert.equal(await make('agent', theirs.agent.id), 403)
    assert.equal(await make('admin'), 403)
    assert.equal(await make('admin', mine.provider.id), 403)
  })

  test('of admins and of others are out of reach', async () => {
    const full = await made('/tokens', { name: 'full', role: 'admin' })
    const [foreign] = (await items(admin, '/tokens')).filter((t) => t.participantId === theirs.provider.id)
    for (const id of [full.id, foreign?.id]) {
      assert.equal((await ofProvider.get(`/tokens/${id}`)).status, 403)
      assert.equal((await ofProvider.patch(`/tokens/${id}`, { name: 'mine' })).status, 403)
      assert.equal((await ofProvider.post(`/tokens/${id}/regenerate`)).status, 403)
      assert.equal((await ofProvider.delete(`/tokens/${id}`)).status, 403)
    }
  })
})

describe('pools', () => {
  test('of configuration are its own; global ones are for admins of everything', async () => {
    const pool = (participantId?: string) => ({
      name: 'p',
      type: `type${participantId?.slice(0, 8) ?? ''}`,
      propertyType: 'string',
      generatorType: 'list',
      participantId,
    })
    const global = await made('/config-pools', pool())
    const foreign = await made('/config-pools', pool(theirs.provider.id))
    const own = (await ofProvider.post('/config-pools', pool(mine.provider.id))).body
    assert.deepEqual(await ids(ofProvider, '/config-pools'), [own.id])
    for (const { id } of [global, foreign]) {
      assert.equal((await ofProvider.get(`/config-pools/${id}`)).status, 403)
      assert.equal((await ofProvider.patch(`/config-pools/${id}`, { name: 'x' })).status, 403)
      assert.equal((await ofProvider.delete(`/config-pools/${id}`)).status, 403)
      const value = { configPoolId: id, name: 'v', value: 'v' }
      assert.equal((await ofProvider.post('/config-pool-values', value)).status, 403)
    }
    assert.equal((await ofProvider.post('/config-pools', { ...pool(), type: 'another' })).status, 403)
    assert.equal((await ofProvider.delete(`/config-pools/${own.id}`)).status, 204)
    assert.equal((await admin.get(`/config-pools/${global.id}`)).status, 200)
  })

  test('of services are its own', async () => {
    const foreign = await made('/service-pool-sets', { name: 's', providerId: theirs.provider.id })
    const own = (await ofProvider.post('/service-pool-sets', { name: 's', providerId: mine.provider.id })).body
    assert.deepEqual(await ids(ofProvider, '/service-pool-sets'), [own.id])
    const pool = (servicePoolSetId: string) => ({
      name: 'p',
      type: 'ip',
      propertyType: 'string',
      generatorType: 'list',
      servicePoolSetId,
    })
    assert.equal((await ofProvider.post('/service-pools', pool(own.id))).status, 201)
    assert.equal((await ofProvider.post('/service-pools', pool(foreign.id))).status, 403)
    assert.equal((await ofProvider.delete(`/service-pool-sets/${foreign.id}`)).status, 403)
  })
})

describe('events', () => {
  const lease = { subscriberId: 's', instanceId: 'i' }

  test('of everybody are leased by admins of everything only', async () => {
    for (const caller of [ofProvider, ofConsumer, ofAgent]) {
      assert.equal((await caller.post('/events/lease', lease)).status, 403)
      assert.equal((await caller.post('/events/ack', { ...lease, lastEventSequenceProcessed: 1 })).status, 403)
    }
    assert.equal((await admin.post('/events/lease', lease)).status, 200)
  })
})

describe('what is not an admin’s', () => {
  test('stays so: an agent’s work and secrets, a consumer’s secrets', async () => {
    const [service] = await ids(ofAgent, '/services')
    for (const path of ['/agents/me', '/jobs/pending', '/vault/secrets/x'])
      assert.equal((await ofAgent.get(path)).status, 403, path)
    assert.equal((await ofConsumer.post(`/services/${service}/reveal`)).status, 403)
  })
})
