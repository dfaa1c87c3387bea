/** Exposure over HTTP against a real PostgreSQL: the scenarios of the specification, and who sees what. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { ExposureRequest, ServiceExposure } from '@fulcrum/contract'
import { insertMove } from '../testing/service-rows.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { insertAgent, insertGroup, insertService, publishProfile, setPrice } from './testing/portfolio.ts'
import { buildVectorWorld, type Somebody, VECTORS, type VectorWorld } from './testing/vector-world.ts'

const CUT_OFF = {
  type: 'cut-off',
  jurisdictions: ['US'],
  at: '2026-11-23T12:00:00Z',
  graceHours: 2,
} satisfies ExposureRequest['scenario']

type ConsumerSums = { consumerId: string; services: number }

let server: TestServer
let world: VectorWorld
before(async () => {
  server = await startTestServer()
  world = await buildVectorWorld(server)
})
after(() => server.stop())

const ask = async (caller: Caller, request: Partial<ExposureRequest> = {}) => {
  const { status, body } = await caller.post('/exposure', { scenario: CUT_OFF, ...request })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const refusal = async (caller: Caller, request: object) => {
  const { status, body } = await caller.post('/exposure', request)
  return `${status} ${body.error}`
}

describe('the scenarios of the specification', () => {
  for (const { id, title, scenario, expected } of VECTORS.exposure.scenarios)
    test(`${id} ${title}`, async () => {
      const providers = scenario.providers?.map((name) => world.somebody(name).id)
      const body = await ask(server.admin, { scenario: { ...scenario, ...(providers && { providers }) } })
      const found = body.services.items
        .map((one: ServiceExposure) => ({
          service: world.nameOf(one.serviceId),
          consumer: world.nameOf(one.consumerId),
          provider: world.nameOf(one.providerId),
          impact: one.impact,
          timeToImpactDays: one.timeToImpactDays ?? null,
          costDelta: one.costDelta,
          reasons: one.reasons,
        }))
        .toSorted((a: { service: string }, b: { service: string }) => (a.service < b.service ? -1 : 1))
      assert.deepEqual(found, expected.services)
      for (const [name, sums] of Object.entries(expected.consumers)) {
        const one = body.consumers.find((some: ConsumerSums) => world.nameOf(some.consumerId) === name)
        const [spend] = one.spend
        assert.deepEqual(
          {
            services: one.services,
            hit: one.hit,
            spend: spend.amount,
            spendHit: spend.hitAmount,
            criticalHit: one.criticalHit,
            costDelta: spend.costDelta,
            blastRadius: one.blastRadius,
            spendAtRisk: spend.share,
          },
          sums,
          name,
        )
      }
    })
})

test('the sentence on top says how many services, how much of the spend, and how soon', async () => {
  const { summary, totals, reasonTexts } = await ask(world.somebody('hospital').caller)
  assert.equal(
    summary,
    'A cut-off by US: 2 of 3 services are hit, 91 % of the monthly spend in EUR, 1 critical; the first after 2 hours.',
  )
  assert.deepEqual(totals, {
    services: 3,
    hit: 2,
    blastRadius: 0.6667,
    critical: 1,
    criticalHit: 1,
    spend: [{ currency: 'EUR', amount: 5_500, hitAmount: 5_000, share: 0.9091, costDelta: 0 }],
    unknownSpend: 0,
    firstImpactDays: 0,
    byImpact: { none: 1, lost: 2 },
  })
  assert.match(reasonTexts['CRITICAL_COMPONENT:platform'], /depends on platform/)
})

test('a consumer sees its own services and nothing of others', async () => {
  const body = await ask(world.somebody('hospital').caller)
  assert.deepEqual(body.services.items.map(({ serviceId }: ServiceExposure) => world.nameOf(serviceId)).toSorted(), [
    's1',
    's2',
    's3',
  ])
  assert.deepEqual(
    body.consumers.map(({ consumerId }: ConsumerSums) => world.nameOf(consumerId)),
    ['hospital'],
  )
  assert.ok(!JSON.stringify(body).includes(world.somebody('city').id))
  const city = world.somebody('city')
  assert.match(await refusal(world.somebody('hospital').caller, { scenario: CUT_OFF, consumerId: city.id }), /^403/)
  assert.match(
    await refusal(world.somebody('hospital').caller, { scenario: CUT_OFF, groupId: world.groupId('city') }),
    /^403/,
  )
})

test('a provider sees what happens at its agents, and neither spend nor criticality nor names of consumers', async () => {
  const { caller } = world.somebody('eurohyper')
  const body = await ask(caller)
  assert.deepEqual(body.services.items.map(({ serviceId }: ServiceExposure) => world.nameOf(serviceId)).toSorted(), [
    's1',
    's2',
    's6',
  ])
  for (const one of [...body.services.items, ...body.consumers, body.totals])
    for (const hidden of [
      'criticality',
      'monthlySpend',
      'costDelta',
      'spend',
      'criticalHit',
      'critical',
      'consumerName',
      'unknownSpend',
    ])
      assert.ok(!(hidden in one), hidden)
  assert.deepEqual(body.totals, { services: 3, hit: 3, blastRadius: 1, firstImpactDays: 0, byImpact: { lost: 3 } })
  assert.equal(body.summary, 'A cut-off by US: 3 of 3 services are hit; the first after 2 hours.')
  assert.ok(!/4.?000|hospital/.test(JSON.stringify(body)))
  assert.ok(!body.unknown.some(({ code }: { code: string }) => code === 'NO_SPEND' || code === 'NOT_CLASSIFIED'))
  const narrowed = await ask(caller, { consumerId: world.somebody('city').id })
  assert.deepEqual(narrowed.totals.services, 1)
})

test('the order of a provider’s list tells nothing of what is critical', async () => {
  const { items } = (await ask(world.somebody('eurohyper').caller)).services
  const ids = items.map(({ serviceId }: ServiceExposure) => serviceId)
  assert.deepEqual(ids, ids.toSorted())
})

test('an answer is narrowed by consumer, group, type and provider', async () => {
  const counted = async (request: Partial<ExposureRequest>) => (await ask(server.admin, request)).totals.services
  assert.deepEqual(
    [
      await counted({ consumerId: world.somebody('city').id }),
      await counted({ groupId: world.groupId('hospital') }),
      await counted({ serviceTypeId: world.typeId('vm') }),
      await counted({ providerId: world.somebody('eurohyper').id }),
      await counted({ providerId: world.somebody('eurohyper').id, serviceTypeId: world.typeId('vm') }),
    ],
    [3, 3, 4, 3, 1],
  )
})

test('what is not there is 404, what is no scenario is 400', async () => {
  const missing = randomUUID()
  for (const narrowing of ['consumerId', 'groupId', 'serviceTypeId', 'providerId'])
    assert.match(await refusal(server.admin, { scenario: CUT_OFF, [narrowing]: missing }), /^404/, narrowing)
  const ended = { type: 'provider-cut-off', providers: [missing] }
  assert.match(await refusal(server.admin, { scenario: ended }), /^404/)
  const wrong: [object, RegExp][] = [
    [{ type: 'cut-off' }, /needs jurisdictions/],
    [{ type: 'cut-off', jurisdictions: ['EL'] }, /Greece is GR/],
    [{ type: 'cut-off', jurisdictions: ['USA'] }, /two letters/],
    [{ type: 'provider-cut-off' }, /needs providers/],
    [{ type: 'tariff', jurisdictions: ['US'] }, /needs tariffPct/],
    [{ type: 'tariff', jurisdictions: ['US'], tariffPct: 0 }, /tariffPct must be above 0/],
    [{ type: 'tariff', jurisdictions: ['US'], tariffPct: 10, passThrough: 1.5 }, /passThrough/],
    [{ type: 'cut-off', jurisdictions: ['US'], tariffPct: 10 }, /no tariffPct/],
    [{ type: 'cut-off', jurisdictions: ['US'], graceHours: -1 }, /graceHours must be/],
    [{ type: 'data-access-order', jurisdictions: ['US'], graceHours: 1 }, /no graceHours/],
    [{ type: 'war', jurisdictions: ['US'] }, /scenario.type/],
  ]
  for (const [scenario, reason] of wrong) {
    const told = await refusal(server.admin, { scenario })
    assert.match(told, /^400/)
    assert.match(told, reason)
  }
  assert.match(await refusal(server.admin, { scenario: CUT_OFF, pageSize: 10_001 }), /^400.*pageSize/)
})

test('services come in pages, the hit ones alone, or not at all, and the sums stay', async () => {
  const first = await ask(server.admin, { pageSize: 4 })
  const second = await ask(server.admin, { pageSize: 4, page: 2 })
  assert.deepEqual([first.services.items.length, first.services.hasNext, first.services.totalItems], [4, true, 6])
  assert.deepEqual([second.services.items.length, second.services.hasNext], [2, false])
  const hit = await ask(server.admin, { detail: 'hit' })
  assert.ok(hit.services.items.every((one: ServiceExposure) => one.hit))
  assert.equal(hit.services.totalItems, 4)
  const none = await ask(server.admin, { detail: 'none' })
  assert.equal(none.services, undefined)
  for (const { totals } of [second, hit, none]) assert.deepEqual(totals, first.totals)
})

describe('what is not known', () => {
  let consumer: Somebody
  let provider: Somebody
  let groupId: string
  before(async () => {
    consumer = await server.participant('unknowing')
    provider = await server.participant('silent')
    groupId = await insertGroup(server.platform.db, consumer.id)
  })
  const aServiceAt = (agentId: string, serviceTypeId: string) =>
    insertService(server.platform.db, {
      providerId: provider.id,
      consumerId: consumer.id,
      agentId,
      serviceTypeId,
      groupId,
    })

  test('a service of a provider without a profile counts as hit, whatever the event', async () => {
    const typeId = world.typeId('vm')
    await aServiceAt(await insertAgent(server.platform.db, provider.id, 'one', [typeId]), typeId)
    const events = [
      CUT_OFF,
      { type: 'data-access-order', jurisdictions: ['US'] },
      { type: 'tariff', jurisdictions: ['US'], tariffPct: 10 },
    ] as ExposureRequest['scenario'][] // literals
    for (const scenario of events) {
      const { services: found, totals, unknown } = await ask(consumer.caller, { scenario })
      assert.deepEqual([found.items[0].impact, found.items[0].hit, totals.hit], ['unknown', true, 1], scenario.type)
      const [noProfile] = unknown
      assert.deepEqual([noProfile.code, noProfile.services, noProfile.providerIds], ['NO_PROFILE', 1, [provider.id]])
    }
    const { totals } = await ask(consumer.caller, {
      scenario: { type: 'provider-cut-off', providers: [world.somebody('alpenwolke').id] },
    })
    assert.equal(totals.hit, 0)
  })

  test('spend that nobody has told is counted, and never as nothing', async () => {
    const { totals, unknown } = await ask(consumer.caller)
    assert.deepEqual([totals.spend, totals.unknownSpend], [[], 1])
    const codes = unknown.map(({ code, services: count }: { code: string; services: number }) => [code, count])
    assert.deepEqual(codes, [
      ['NO_PROFILE', 1],
      ['NO_SPEND', 1],
      ['NOT_CLASSIFIED', 1],
    ])
  })

  test('agents of one provider can differ: each offering counts by its own facts', async () => {
    const { db } = server.platform
    const typeId = world.typeId('vm')
    const [home, abroad] = [
      await insertAgent(db, provider.id, 'home', [typeId]),
      await insertAgent(db, provider.id, 'abroad', [typeId]),
    ]
    await publishProfile(db, { providerId: provider.id, agentId: home }, VECTORS.profiles.alpenwolke ?? { id: '' })
    await publishProfile(db, { providerId: provider.id, agentId: abroad }, VECTORS.profiles.eurohyper ?? { id: '' })
    const [atHome, farAway] = [await aServiceAt(home, typeId), await aServiceAt(abroad, typeId)]
    const { services: found, offerings } = await ask(consumer.caller)
    const impactOf = (id: string) => found.items.find(({ serviceId }: ServiceExposure) => serviceId === id).impact
    assert.deepEqual([impactOf(atHome), impactOf(farAway)], ['none', 'lost'])
    const told = offerings.map(({ agentName, impact, profileVersions }: Record<string, unknown[]>) => [
      agentName,
      impact,
      profileVersions?.length,
    ])
    assert.deepEqual(told, [
      ['abroad', 'lost', 1],
      ['one', 'unknown', 0],
      ['home', 'none', 1],
    ])
    // one of them named, all of its offerings fail
    const { totals } = await ask(consumer.caller, {
      scenario: { type: 'provider-cut-off', providers: [provider.id] },
    })
    assert.equal(totals.hit, 3)
  })

  test('without a word of the consumer the price of the offering counts, and currencies are not added', async () => {
    const { db } = server.platform
    const typeId = world.typeId('object-store')
    const agentId = await insertAgent(db, provider.id, 'priced', [typeId])
    await setPrice(db, { providerId: provider.id, agentId, serviceTypeId: typeId }, 49.5, 'CHF')
    const [priced, said] = [await aServiceAt(agentId, typeId), await aServiceAt(agentId, typeId)]
    await consumer.caller.put(`/services/${said}/classification`, { monthlySpend: { amount: 60, currency: 'EUR' } })
    const { services: found, totals } = await ask(consumer.caller, { serviceTypeId: typeId })
    const spendOf = (id: string) => {
      const one = found.items.find(({ serviceId }: ServiceExposure) => serviceId === id)
      return [one.monthlySpend, one.spendSource]
    }
    assert.deepEqual(spendOf(priced), [{ amount: 49.5, currency: 'CHF' }, 'offering'])
    assert.deepEqual(spendOf(said), [{ amount: 60, currency: 'EUR' }, 'classification'])
    assert.deepEqual(
      totals.spend.map(({ currency, amount }: { currency: string; amount: number }) => [currency, amount]),
      [
        ['CHF', 49.5],
        ['EUR', 60],
      ],
    )
  })

  test('a fact that the profile does not tell is named', async () => {
    const { db } = server.platform
    const typeId = world.typeId('proprietary-db')
    const agentId = await insertAgent(db, provider.id, 'vague', [typeId])
    await publishProfile(
      db,
      { providerId: provider.id, agentId },
      {
        id: '',
        legal: { registeredCountry: 'AT' },
        control: { ultimateControllerCountries: ['AT'] },
      },
    )
    await aServiceAt(agentId, typeId)
    const { unknown, totals } = await ask(consumer.caller, { serviceTypeId: typeId })
    assert.equal(totals.hit, 0)
    assert.deepEqual(
      unknown.flatMap(({ code, path }: { code: string; path?: string }) => (code === 'FACT_MISSING' ? [path] : [])),
      ['/location/controlPlane', '/supplyChain/components'],
    )
  })

  test('services that have ended are not looked at', async () => {
    const { db } = server.platform
    const typeId = world.typeId('vm')
    const agentId = await insertAgent(db, provider.id, 'ended', [typeId])
    const before = (await ask(consumer.caller)).totals.services
    await insertService(db, {
      providerId: provider.id,
      consumerId: consumer.id,
      agentId,
      serviceTypeId: typeId,
      groupId,
      terminal: true,
    })
    assert.equal((await ask(consumer.caller)).totals.services, before)
  })
})

test('of a service that moved the old one can only be asked for its data, and what was made for moves counts nowhere', async () => {
  const { db } = server.platform
  const [consumer, provider] = [await server.participant('mover'), await server.participant('movers')]
  const groupId = await insertGroup(db, consumer.id)
  const typeId = world.typeId('vm')
  const agentId = await insertAgent(db, provider.id, 'american', [typeId])
  await publishProfile(db, { providerId: provider.id, agentId }, VECTORS.profiles.eurohyper ?? { id: '' })
  const where = { providerId: provider.id, consumerId: consumer.id, agentId, serviceTypeId: typeId, groupId }
  const ids = [1, 2, 3, 4].map(() => insertService(db, where))
  const [old = '', now = '', scratch = '', target = ''] = await Promise.all(ids)
  await insertMove(db, old, now)
  await insertMove(db, now, scratch, 'scratch')
  await insertMove(db, now, target, 'target')
  for (const id of [old, now, scratch, target])
    await consumer.caller.put(`/services/${id}/classification`, {
      criticality: 'critical',
      monthlySpend: { amount: 60, currency: 'EUR' },
    })
  const events = [
    CUT_OFF,
    { type: 'tariff', jurisdictions: ['US'], tariffPct: 10 },
    { type: 'provider-cut-off', providers: [provider.id] },
  ] as ExposureRequest['scenario'][] // literals
  const listed = ({ services: { items } }: { services: { items: ServiceExposure[] } }) =>
    items.map(({ serviceId }) => serviceId)
  for (const scenario of events)
    assert.deepEqual(listed(await ask(consumer.caller, { scenario })), [now], scenario.type)
  const order = await ask(consumer.caller, { scenario: { type: 'data-access-order', jurisdictions: ['US'] } })
  assert.deepEqual(listed(order).toSorted(), [old, now].toSorted())
  const { services: count, critical, spend, unknownSpend } = order.totals
  assert.deepEqual([count, critical, spend[0].amount, unknownSpend], [2, 1, 60, 0])
  const kept = order.services.items.find(({ serviceId }: ServiceExposure) => serviceId === old)
  assert.ok(kept.reasons.includes('KEPT_AFTER_MIGRATION'))
  assert.match(order.reasonTexts.KEPT_AFTER_MIGRATION, /its data is still there/)
  const { body } = await consumer.caller.get(`/concentration?consumerId=${consumer.id}`)
  assert.equal(body.services, 1)
})

test('facts count as they hold at the time of the event', async () => {
  const { db } = server.platform
  const { totals } = await ask(server.admin, { scenario: { ...CUT_OFF, at: '2026-10-01T00:00:00Z' } })
  assert.equal(totals.byImpact.unknown, totals.services)
  const provider = world.somebody('alpenwolke')
  await publishProfile(db, { providerId: provider.id }, VECTORS.profiles.eurohyper ?? { id: '' }, 2)
  const { services: found } = await ask(world.somebody('hospital').caller, { providerId: provider.id })
  assert.equal(found.items[0].impact, 'lost')
})
