/** Policies and waivers over HTTP against a real PostgreSQL: whose they are, what they may say, versions, races. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import type { Caller } from '../testing/test-server.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { policiesFor, policiesInForce, waiversOf } from './policy-store.ts'

let server: TestServer
let own: TestFederation
let other: TestFederation
before(async () => {
  server = await startTestServer()
  own = await aFederation(server)
  other = await aFederation(server)
})
after(() => server.stop())

const RULES = {
  name: 'EEA',
  // what is only reported changes nothing for the services of other tests
  mode: 'audit',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [{ id: 'place', type: 'location.within', params: { aspects: ['storage'] } }],
}
const ofConsumer = (id: string) => ({ ...RULES, scope: { kind: 'consumer', id } })

const set = async (caller: Caller, body: object) => {
  const reply = await caller.post('/sovereignty-policies', body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}
const statusOf = async (caller: Caller, body: object) => (await caller.post('/sovereignty-policies', body)).status
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

describe('a policy', () => {
  test('of the platform or of a service type is set by admins alone, and read by everybody', async () => {
    const scopes = [{ kind: 'platform' }, { kind: 'serviceType', id: own.serviceTypeId }]
    for (const scope of scopes) {
      assert.equal(await statusOf(own.consumer.caller, { ...RULES, scope }), 403)
      assert.equal(await statusOf(own.provider.caller, { ...RULES, scope }), 403)
      const { id } = await set(server.admin, { ...RULES, scope })
      for (const { caller } of [own.consumer, own.provider]) {
        assert.equal((await caller.get(`/sovereignty-policies/${id}`)).status, 200)
        assert.equal((await caller.put(`/sovereignty-policies/${id}`, RULES)).status, 403)
        assert.equal((await caller.post(`/sovereignty-policies/${id}/withdraw`)).status, 403)
      }
      assert.equal((await own.agent.caller.get(`/sovereignty-policies/${id}`)).status, 403)
      assert.equal((await server.admin.post(`/sovereignty-policies/${id}/withdraw`)).status, 200)
    }
  })

  test('of a consumer, its group or its service is its own: nobody else sets, reads or changes it', async () => {
    const serviceId = await own.order({}, await own.group())
    for (const scope of [
      { kind: 'consumer', id: own.consumer.id },
      { kind: 'group', id: own.groupId },
      { kind: 'service', id: serviceId },
    ]) {
      assert.equal(await statusOf(other.consumer.caller, { ...RULES, scope }), 403)
      assert.equal(await statusOf(own.provider.caller, { ...RULES, scope }), 403)
      const { id, consumerId } = await set(own.consumer.caller, { ...RULES, scope })
      assert.equal(consumerId, own.consumer.id)
      for (const { caller } of [other.consumer, own.provider]) {
        assert.equal((await caller.get(`/sovereignty-policies/${id}`)).status, 403)
        assert.equal((await caller.put(`/sovereignty-policies/${id}`, RULES)).status, 403)
        assert.equal((await caller.post(`/sovereignty-policies/${id}/withdraw`)).status, 403)
        const { items } = (await caller.get('/sovereignty-policies?pageSize=100')).body
        assert.ok(!items.some((one: { id: string }) => one.id === id))
      }
      assert.equal((await server.admin.get(`/sovereignty-policies/${id}`)).status, 200)
      assert.equal((await own.consumer.caller.post(`/sovereignty-policies/${id}/withdraw`)).status, 200)
    }
  })

  test('names a scope that is there', async () => {
    for (const scope of [
      { kind: 'platform', id: randomUUID() },
      { kind: 'serviceType', id: randomUUID() },
      { kind: 'consumer', id: randomUUID() },
      { kind: 'group', id: randomUUID() },
      { kind: 'service', id: randomUUID() },
      { kind: 'service' },
      { kind: 'galaxy', id: randomUUID() },
    ])
      assert.equal(await statusOf(server.admin, { ...RULES, scope }), 400, JSON.stringify(scope))
  })

  test('is refused when it says what no rule reads', async () => {
    const constraint = (more: object) => ({ constraints: [{ id: 'a', ...more }] })
    for (const [change, text] of [
      [{ constraints: [] }, 'a policy has 1 to 100 constraints'],
      [constraint({ type: 'quantum.safe.min' }), 'constraints/0 (a): there is no constraint type quantum.safe.min'],
      [
        constraint({ type: 'gaiax.label.min', params: { level: 'L9' } }),
        'constraints/0/params/level (a): must be one of',
      ],
      [constraint({ type: 'gaiax.label.min' }), 'constraints/0/params/level (a): is required'],
      [constraint({ type: 'portability.dataAct', parms: {} }), 'constraints/0/parms: there is no such member'],
      [
        constraint({ type: 'portability.dataAct', minAssurence: 'none' }),
        'constraints/0/minAssurence: there is no such member',
      ],
      [constraint({ type: 'participant.deny', params: { ids: [randomUUID()] } }), 'does not exist'],
      [{ constraints: [...RULES.constraints, ...RULES.constraints] }, 'the id place is there twice'],
      [{ trustedZone: { groups: ['MOON'] } }, 'there is no group MOON'],
      [{ trustedZone: { countries: ['EL'] } }, 'EL is no ISO 3166-1 alpha-2 code'],
      [{ trustedZone: {} }, 'name a group or a country'],
      [{ mode: undefined }, 'mode is required'],
      [{ minAssurance: 'some' }, 'minAssurance'],
      [{ preferences: [{ type: 'country-order', weight: 1 }] }, 'preferences/0/params/countries'],
      [{ preferences: [{ type: 'price', weight: 0 }] }, 'preferences/0/weight'],
      [{ breach: { action: 'evacuate', graceDays: 400 } }, 'breach/graceDays'],
      [{ breach: { action: 'explode', graceDays: 1 } }, 'breach.action'],
    ] as const) {
      const reply = await own.consumer.caller.post('/sovereignty-policies', {
        ...ofConsumer(own.consumer.id),
        ...change,
      })
      assert.equal(reply.status, 400, text)
      assert.ok(reply.body.error.includes(text), `${reply.body.error} | ${text}`)
    }
  })

  test('gets a new version with each change, and is withdrawn with all of them', async () => {
    const { db } = server.platform
    const { id } = await set(own.consumer.caller, ofConsumer(own.consumer.id))
    const changed = await own.consumer.caller.put(`/sovereignty-policies/${id}`, {
      ...RULES,
      name: 'EU',
      trustedZone: { groups: ['EU'] },
    })
    assert.deepEqual([changed.status, changed.body.version, changed.body.scope.kind], [200, 2, 'consumer'])
    const { body } = await own.consumer.caller.get(`/sovereignty-policies/${id}`)
    assert.deepEqual(
      body.versions.map(({ version }: { version: number }) => version),
      [2, 1],
    )
    const listed = (await own.consumer.caller.get(`/sovereignty-policies?scopeId=${own.consumer.id}&name=EU`)).body
    assert.deepEqual(
      listed.items.map(({ version }: { version: number }) => version),
      [2],
    )
    const subject = { consumerId: own.consumer.id }
    const held = async () => (await policiesFor(db, subject, new Date())).find((one) => one.id === id)?.version
    assert.equal(await held(), 2)
    assert.equal((await own.consumer.caller.post(`/sovereignty-policies/${id}/withdraw`)).status, 200)
    // a second after: times of the wire have whole seconds
    const later = new Date(Date.now() + 1000)
    assert.ok(!(await policiesInForce(db, later)).some((one) => one.id === id))
    assert.equal((await own.consumer.caller.put(`/sovereignty-policies/${id}`, RULES)).status, 409)
    assert.equal((await own.consumer.caller.post(`/sovereignty-policies/${id}/withdraw`)).status, 409)
  })

  test('holds in its version before until the new one begins', async () => {
    const { db } = server.platform
    const { id } = await set(own.consumer.caller, ofConsumer(own.consumer.id))
    await own.consumer.caller.put(`/sovereignty-policies/${id}`, { ...RULES, effectiveFrom: inDays(7) })
    const versionAt = async (at: Date) => (await policiesInForce(db, at)).find((one) => one.id === id)?.version
    assert.equal(await versionAt(new Date()), 1)
    assert.equal(await versionAt(new Date(inDays(8))), 2)
    await own.consumer.caller.post(`/sovereignty-policies/${id}/withdraw`)
  })

  test('changed by several at once gets one version of each change', async () => {
    const { id } = await set(own.consumer.caller, ofConsumer(own.consumer.id))
    const changes = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        own.consumer.caller.put(`/sovereignty-policies/${id}`, { ...RULES, name: `n${n}` }),
      ),
    )
    assert.deepEqual(changes.map(({ body }) => body.version).toSorted(), [2, 3, 4, 5, 6, 7])
    await own.consumer.caller.post(`/sovereignty-policies/${id}/withdraw`)
  })
})

describe('a waiver', () => {
  const body = (policyId: string) => ({
    policyId,
    constraintId: 'place',
    subjectId: own.provider.id,
    reason: 'until the site in Linz is ready',
    validUntil: inDays(90),
  })

  test('is given by whoever may change the policy: the consumer for its own, admins for the platform’s', async () => {
    const mine = await set(own.consumer.caller, ofConsumer(own.consumer.id))
    const federal = await set(server.admin, { ...RULES, scope: { kind: 'platform' } })
    const give = (caller: Caller, id: string) => caller.post('/sovereignty-waivers', body(id))
    assert.equal((await give(own.consumer.caller, federal.id)).status, 403)
    assert.equal((await give(own.provider.caller, federal.id)).status, 403)
    assert.equal((await give(other.consumer.caller, mine.id)).status, 403)
    assert.equal((await give(own.provider.caller, mine.id)).status, 403)
    assert.equal((await give(own.consumer.caller, randomUUID())).status, 404)
    const given = await give(own.consumer.caller, mine.id)
    assert.equal(given.status, 201, JSON.stringify(given.body))
    assert.match(given.body.approvedBy, /consumer/)
    assert.equal((await give(server.admin, federal.id)).status, 201)
    assert.equal((await waiversOf(server.platform.db, [mine])).length, 1)

    const list = async (caller: Caller) => (await caller.get('/sovereignty-waivers')).body.totalItems
    assert.deepEqual([await list(own.consumer.caller), await list(other.consumer.caller)], [1, 0])
    const { id } = given.body
    assert.equal((await other.consumer.caller.post(`/sovereignty-waivers/${id}/revoke`)).status, 403)
    const revokes = await Promise.all(
      [1, 2, 3].map(() => own.consumer.caller.post(`/sovereignty-waivers/${id}/revoke`)),
    )
    assert.deepEqual(revokes.map(({ status }) => status).toSorted(), [200, 409, 409])
    assert.equal((await waiversOf(server.platform.db, [mine])).length, 0)
    await server.admin.post(`/sovereignty-policies/${federal.id}/withdraw`)
    assert.equal((await give(server.admin, federal.id)).status, 409)
  })

  test('needs a reason, an end within 180 days, a constraint of the newest version, and a provider', async () => {
    const { id } = await set(own.consumer.caller, ofConsumer(own.consumer.id))
    const status = async (change: object) =>
      (await own.consumer.caller.post('/sovereignty-waivers', { ...body(id), ...change })).status
    assert.equal(await status({ reason: undefined }), 400)
    assert.equal(await status({ reason: '  ' }), 400)
    assert.equal(await status({ validUntil: undefined }), 400)
    assert.equal(await status({ validUntil: inDays(181) }), 400)
    assert.equal(await status({ validUntil: inDays(-1) }), 400)
    assert.equal(await status({ validFrom: inDays(10), validUntil: inDays(5) }), 400)
    assert.equal(await status({ validFrom: inDays(10), validUntil: inDays(189) }), 201)
    assert.equal(await status({ constraintId: 'elsewhere' }), 400)
    assert.equal(await status({ subjectId: randomUUID() }), 400)
    const renamed = [{ ...RULES.constraints[0], id: 'renamed' }]
    await own.consumer.caller.put(`/sovereignty-policies/${id}`, { ...RULES, constraints: renamed })
    assert.equal(await status({}), 400)
    assert.equal(await status({ constraintId: 'renamed' }), 201)
  })
})
