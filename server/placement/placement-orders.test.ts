/** Orders under policies, terms and quotas, over HTTP against a real PostgreSQL: who gets them, who does not, and what is said. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMarket, enforce, type Market } from './testing/market.ts'
import { PROFILES } from './vectors-for-tests.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const profileOf = (name: string) => {
  const profile = PROFILES[name]
  assert.ok(profile)
  return profile
}
const EEA_CONTROL = [{ id: 'control', type: 'control.noThirdCountryControl' }]
const order = (market: Market, more: object = {}) => market.consumer.caller.post('/services', market.body(more))
const terms = (agentId: string, { serviceTypeId }: Market) => `/agents/${agentId}/offerings/${serviceTypeId}/terms`

/** One provider in the EEA and one that is controlled from the US. */
async function twoSides() {
  const market = await aMarket(server)
  const [inside, outside] = [
    await market.offer('inside', { profile: profileOf('alpenwolke') }),
    await market.offer('outside', { profile: profileOf('eurohyper') }),
  ]
  return { market, inside, outside }
}

describe('an order without a policy in force', () => {
  test('goes as it always went, and nothing is kept of it', async () => {
    const { market, outside } = await twoSides()
    const named = await order(market, { agentId: outside.agentId })
    const free = await order(market)
    assert.deepEqual([named.status, free.status, named.body.decisionId], [201, 201, undefined])
    assert.equal((await market.consumer.caller.get(`/services/${named.body.id}/placement`)).status, 404)
    const { body } = await market.consumer.caller.get('/placement-decisions')
    assert.equal(body.totalItems, 0)
  })
})

describe('an order under a policy', () => {
  test('by tags or by nothing goes to the best of those that are allowed', async () => {
    const { market, inside, outside } = await twoSides()
    const second = await market.offer('second', { profile: profileOf('alpenwolke'), connected: false })
    await enforce(server, { kind: 'consumer', id: market.consumer.id }, { constraints: EEA_CONTROL })
    const agents = []
    for (let count = 0; count < 3; count++) {
      const { status, body } = await order(market)
      assert.equal(status, 201, JSON.stringify(body))
      agents.push(body.agentId)
    }
    // connected ones first, however many jobs they have
    assert.deepEqual(agents, [inside.agentId, inside.agentId, inside.agentId])
    assert.ok(!agents.includes(outside.agentId) && !agents.includes(second.agentId))
  })

  test('of a named agent is refused with the codes, keeps that decision and nothing else', async () => {
    const { market, outside } = await twoSides()
    await enforce(server, { kind: 'group', id: market.groupId }, { constraints: EEA_CONTROL })
    const { status, body } = await order(market, { agentId: outside.agentId })
    assert.equal(status, 400)
    assert.match(body.error, /outside \/ outside-agent cannot take this order: CONTROL_THIRD_COUNTRY \(US/)
    assert.match(
      body.error,
      /Without control.noThirdCountryControl of the policy of the group one more offering qualifies/,
    )
    const { decisionId, candidates, counterfactuals, possibleIf } = body.placement
    assert.deepEqual([candidates.length, counterfactuals.length, possibleIf.length], [1, 1, 2])
    assert.equal(possibleIf[1], 'Ordered without this agent it goes to inside / inside-agent')
    const { body: decision } = await market.consumer.caller.get(`/placement-decisions/${decisionId}`)
    assert.deepEqual([decision.kind, decision.outcome, decision.serviceId], ['refused', 'refused', undefined])
    const { body: why } = await market.consumer.caller.get(`/placement-decisions/${decisionId}/why`)
    assert.deepEqual([why.state, why.considered.length, why.possibleIf.length], ['failed', 1, 1])
    assert.equal((await market.consumer.caller.get('/services')).body.totalItems, 0)
  })

  test('is placed with its decision, which the service, its list and its `why` lead to', async () => {
    const { market, inside, outside } = await twoSides()
    await enforce(server, { kind: 'serviceType', id: market.serviceTypeId }, { constraints: EEA_CONTROL })
    const { body: service } = await order(market)
    assert.match(service.decisionId, /^[0-9a-f-]{36}$/)
    const { caller } = market.consumer
    assert.equal((await caller.get(`/services/${service.id}`)).body.decisionId, service.decisionId)
    assert.equal((await caller.get('/services')).body.items[0].decisionId, service.decisionId)
    const { body: why } = await caller.get(`/services/${service.id}/why`)
    const places = why.considered.slice(-2)
    assert.deepEqual(
      places.map(({ what }: { what: string }) => what),
      ['inside / inside-agent', 'outside / outside-agent'],
    )
    assert.match(places[0].verdict, /was chosen/)
    assert.match(places[1].verdict, /CONTROL_THIRD_COUNTRY/)
    const { body: told } = await inside.provider.get(`/services/${service.id}/why`)
    assert.ok(!JSON.stringify(told).includes('outside'))
    const { body: list } = await caller.get(`/placement-decisions?serviceId=${service.id}`)
    assert.deepEqual([list.totalItems, list.items[0].agentId], [1, inside.agentId])

    // who was considered reads its own verdict, and nothing of the consumer or of others
    const { status, body: reduced } = await outside.provider.get(`/placement-decisions/${service.decisionId}`)
    assert.equal(status, 200)
    assert.deepEqual([reduced.candidates.length, reduced.consumerId, reduced.agentId], [1, undefined, undefined])
    assert.ok(!JSON.stringify(reduced).includes(inside.providerId))
    assert.equal((await outside.provider.get('/placement-decisions')).body.totalItems, 1)
    assert.equal((await outside.provider.get(`/placement-decisions/${service.decisionId}/inputs`)).status, 403)
    const { caller: stranger } = await server.participant('stranger')
    assert.equal((await stranger.get(`/placement-decisions/${service.decisionId}`)).status, 403)
    assert.equal((await stranger.get('/placement-decisions')).body.totalItems, 0)
  })

  test('that obliges to a key of the customer needs one that is kept in the zone, and keeps it', async () => {
    const market = await aMarket(server)
    await market.offer('cse', { profile: profileOf('eurohyper-cse') })
    const params = { jurisdictions: ['US'], effect: 'data-access', max: 'mitigated' }
    await enforce(
      server,
      { kind: 'consumer', id: market.consumer.id },
      { constraints: [{ id: 'us', type: 'exposure.max', params }] },
    )
    const [none, abroad] = [
      await order(market),
      await order(market, { customerKey: { reference: 'hsm://1', country: 'US' } }),
    ]
    assert.deepEqual([none.status, abroad.status], [400, 400])
    assert.match(none.body.error, /CUSTOMER_KEY \(a key that you hold is needed/)
    assert.match(abroad.body.error, /must be kept in EEA, not in US/)
    const { status, body } = await order(market, { customerKey: { reference: 'hsm://1', country: 'DE' } })
    assert.equal(status, 201)
    const { body: placement } = await market.consumer.caller.get(`/services/${body.id}/placement`)
    assert.deepEqual(
      [placement.obligations, placement.customerKey],
      [['OBL_CUSTOMER_HELD_KEYS'], { reference: 'hsm://1', country: 'DE' }],
    )
  })

  test('at a provider whose services break it is refused as long as they do', async () => {
    const { market, inside } = await twoSides()
    const policyId = await enforce(server, { kind: 'consumer', id: market.consumer.id }, { constraints: EEA_CONTROL })
    const { body: service } = await order(market)
    const breach = {
      policyId,
      policyVersion: 1,
      scope: { kind: 'consumer', id: market.consumer.id },
      action: 'block-new',
    }
    const breaches = JSON.stringify([{ ...breach, graceDays: 0, since: new Date().toISOString(), failed: [] }])
    await sql`
      INSERT INTO service_compliance (service_id, provider_id, outcome, failed, would_fail, breaches, policy_id, action, since, checked_at)
      VALUES (${service.id}, ${inside.providerId}, 'deny', '{}', '{}', ${breaches}, ${policyId}, 'block-new', now(), now())
      ON CONFLICT (service_id) DO UPDATE SET action = 'block-new', breaches = ${breaches}`.execute(server.platform.db)
    const { status, body } = await order(market, { agentId: inside.agentId })
    assert.equal(status, 400)
    assert.match(body.error, /BLOCKED/)
  })
})

describe('an order by requirements', () => {
  const constraints = [{ type: 'gaiax.label.min', params: { level: 'L3' } }]

  test('goes where the dry run said, and what it demands keeps holding as a policy of the service', async () => {
    const market = await aMarket(server)
    const [best] = [
      await market.offer('l3', { profile: profileOf('alpenwolke') }),
      await market.offer('l2', { profile: profileOf('nordkraft') }),
    ]
    const requirements = { constraints, preferences: [{ type: 'csf.verified', weight: 1 }] }
    const dry = await market.consumer.caller.post('/placements', { ...market.body(), requirements })
    assert.equal(dry.status, 201)
    assert.deepEqual([dry.body.agentId, dry.body.kind], [best.agentId, 'dry-run'])
    assert.equal(
      dry.body.counterfactuals[0].text,
      'With level L2 instead of L3 in gaiax.label.min of the requirements one more offering qualifies: l2 / l2-agent.',
    )
    const { status, body } = await order(market, { requirements })
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.agentId, best.agentId)
    const { body: placement } = await market.consumer.caller.get(`/services/${body.id}/placement`)
    assert.deepEqual(placement.requirements, requirements)
    const { rows } = await sql<{ scope_id: string; document: { constraints: object[] } }>`
      SELECT scope_id, document FROM sovereignty_policies WHERE id = ${placement.policyId}`.execute(server.platform.db)
    assert.equal(rows[0]?.scope_id, body.id)
    assert.deepEqual(rows[0]?.document.constraints, [{ id: 'gaiax.label.min', ...constraints[0] }])
  })

  test('that nobody fulfils is refused with every reason, and what would help', async () => {
    const { market, outside } = await twoSides()
    const far = [
      { type: 'gaiax.label.min', params: { level: 'L3' } },
      { type: 'participant.allow', params: { ids: [outside.providerId] } },
    ]
    const { status, body } = await order(market, { requirements: { constraints: far } })
    assert.equal(status, 400)
    assert.match(body.error, /No offering qualifies\./)
    assert.match(body.error, /outside \/ outside-agent: LABEL_TOO_LOW \(SC<L3; gaiax.label.min\)/)
    assert.match(body.error, /inside \/ inside-agent: PARTICIPANT_NOT_ALLOWED/)
    assert.equal(body.placement.candidates.length, 2)
    assert.deepEqual(
      body.placement.counterfactuals.map(({ change }: { change: string }) => change),
      ['level SC instead of L3', 'without it'],
    )
  })

  test('also holds for an agent that is named, and for tags', async () => {
    const { market, inside, outside } = await twoSides()
    const requirements = { constraints: EEA_CONTROL }
    const named = await order(market, { agentId: outside.agentId, requirements })
    const tagged = await order(market, { agentTags: ['none-has-it'], requirements })
    const allowed = await order(market, { agentId: inside.agentId, requirements })
    assert.deepEqual([named.status, tagged.status, allowed.status], [400, 400, 201])
  })

  test('is refused when it says nothing, or says it wrongly', async () => {
    const { market } = await twoSides()
    const wrong: [object, RegExp][] = [
      [{}, /demand and prefer nothing/],
      [{ constraints: [{ type: 'quantum.safe.min' }] }, /there is no constraint type 'quantum.safe.min'/],
      [{ constraints: [{ type: 'gaiax.label.min', params: { level: 'L9' } }] }, /params.level/],
      [{ constraints: [{ ...constraints[0], minAsurance: 'none' }] }, /has no member 'minAsurance'/],
      [{ constraints: [{ ...constraints[0], severity: 'weak' }] }, /severity must be one of hard, soft/],
      [
        {
          constraints: [
            { id: 'a', ...EEA_CONTROL[0] },
            { ...constraints[0], id: 'control' },
          ],
        },
        /'control' is there twice/,
      ],
      [{ constraints, trustedZone: { groups: ['EWR'] } }, /there is no group 'EWR'/],
      [{ constraints, trustedZone: { countries: ['Austria'] } }, /'Austria' is no country/],
      [{ preferences: [{ type: 'price', weight: 0 }] }, /weight of price must be above 0/],
    ]
    for (const [requirements, message] of wrong) {
      const { status, body } = await order(market, { requirements })
      assert.equal(status, 400, JSON.stringify(requirements))
      assert.match(body.error, message)
    }
    const key = await order(market, { customerKey: { reference: '', country: 'DE' } })
    assert.match(key.body.error, /customerKey.reference/)
  })

  test('ranks by price, latency and spread of what the consumer has', async () => {
    const market = await aMarket(server)
    const [dear, cheap, foreign] = [
      await market.offer('dear'),
      await market.offer('cheap'),
      await market.offer('foreign'),
    ]
    const put = (agentId: string, body: object) => server.admin.put(terms(agentId, market), body)
    assert.equal(
      (await put(dear.agentId, { monthlyPrice: { amount: 20, currency: 'EUR' }, latencyMs: { at: 5, de: 50 } })).status,
      200,
    )
    await put(cheap.agentId, { monthlyPrice: { amount: 10, currency: 'EUR' }, latencyMs: 20 })
    await put(foreign.agentId, { monthlyPrice: { amount: 1, currency: 'USD' } })
    const best = async (preferences: object[]) => {
      const { body } = await market.consumer.caller.post('/placements', {
        ...market.body(),
        requirements: { preferences },
      })
      return body
    }
    const priced = await best([{ type: 'price', weight: 1 }])
    assert.equal(priced.agentId, cheap.agentId)
    const byId = new Map(priced.candidates.map((one: { agentId: string }) => [one.agentId, one]))
    assert.deepEqual(
      [dear, cheap, foreign].map(({ agentId }) => (byId.get(agentId) as { utility: number }).utility),
      [0.5, 1, 0],
    )
    assert.match(JSON.stringify(byId.get(foreign.agentId)), /PRICE_CURRENCY.*1 USD is not compared with prices in EUR/)
    assert.equal((await best([{ type: 'latency', weight: 1, region: 'at' }])).agentId, dear.agentId)
    assert.equal((await best([{ type: 'latency', weight: 1 }])).agentId, cheap.agentId)
    const spread = [{ type: 'spread', weight: 1 }]
    const taken = []
    for (let count = 0; count < 3; count++)
      taken.push((await order(market, { requirements: { preferences: spread } })).body.agentId)
    assert.equal(new Set(taken).size, 3)
  })

  test('that prefers nothing is ranked by the consumer’s policy', async () => {
    const market = await aMarket(server)
    const [sweden, austria] = [
      await market.offer('sweden', { profile: profileOf('nordkraft') }),
      await market.offer('austria', { profile: profileOf('alpenwolke') }),
    ]
    const wanting = (countries: string[]) => [{ type: 'country-order', weight: 1, params: { countries } }]
    await enforce(server, { kind: 'platform' }, { preferences: wanting(['SE']), mode: 'audit' })
    const consumer = { kind: 'consumer' as const, id: market.consumer.id }
    assert.equal((await order(market)).body.agentId, sweden.agentId)
    await enforce(server, consumer, { preferences: wanting(['AT', 'SE']) })
    assert.equal((await order(market)).body.agentId, austria.agentId)
    await sql`DELETE FROM sovereignty_policies WHERE scope_kind = 'platform'`.execute(server.platform.db)
  })
})

describe('properties of an order', () => {
  test('that are not valid at a place are an obstacle there, and a violation where they are valid nowhere', async () => {
    const unique = `plan${Date.now()}`
    const market = await aMarket(server, {
      properties: { plan: { type: 'string', validators: [{ type: 'serviceOption', config: { value: unique } }] } },
    })
    const [small, large] = [await market.offer('small'), await market.offer('large')]
    const { body: type } = await server.admin.post('/service-option-types', { name: unique, type: unique })
    for (const [{ providerId }, value] of [
      [small, 's'],
      [large, 'l'],
    ] as const)
      await server.admin.post('/service-options', { providerId, serviceOptionTypeId: type.id, name: value, value })
    await enforce(server, { kind: 'consumer', id: market.consumer.id }, {})
    const placed = await order(market, { properties: { plan: 'l' } })
    assert.equal(placed.body.agentId, large.agentId)
    const dry = await market.consumer.caller.post('/placements', { ...market.body(), properties: { plan: 'l' } })
    assert.deepEqual(
      dry.body.candidates.map((one: { agentId: string; obstacles: { code: string }[] }) => [
        one.agentId,
        one.obstacles.map(({ code }) => code),
      ]),
      [
        [large.agentId, []],
        [small.agentId, ['PROPERTIES']],
      ],
    )
    const nowhere = await order(market, { properties: { plan: 'xxl' } })
    assert.deepEqual([nowhere.status, nowhere.body.status], [400, 'Validation failed'])
    assert.equal(nowhere.body.errors[0].path, 'plan')
  })
})
