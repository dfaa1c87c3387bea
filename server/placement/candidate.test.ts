/** What an offering is as a candidate. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  candidateOf,
  currencyOf,
  freeUnits,
  type Offered,
  placedOf,
  type Surroundings,
  type Terms,
  usualOrder,
} from './candidate.ts'
import { quotaProblem } from './terms.ts'

const TERMS: Terms = { monthlyPrice: null, capacityUnits: 10, unitsPerService: 3, latencyMs: { at: 5, de: 9 } }
const offered = (more: Partial<Offered> = {}): Offered => ({
  agentId: 'a',
  agentName: 'agent',
  providerId: 'p',
  providerName: 'provider',
  servicePoolSetId: null,
  tags: ['eu', 'gold'],
  connected: true,
  disabled: false,
  openJobs: 0,
  ...more,
})
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  profile: { id: 'p' },
  versions: [],
  terms: null,
  services: 0,
  tags: [],
  blocked: false,
  quota: null,
  properties: null,
  currency: 'EUR',
  region: null,
  standing: 0,
  ...more,
})

test('everything that stands in the way is told, each with its reason', () => {
  const none = candidateOf(offered(), around({ tags: ['eu'], terms: TERMS, services: 2 }))
  assert.deepEqual([none.obstacles, none.remarks], [[], []])
  const all = candidateOf(
    offered({ disabled: true }),
    around({
      tags: ['eu', 'moon'],
      terms: TERMS,
      services: 3,
      blocked: true,
      quota: 'full',
      properties: 'size: too large',
    }),
  )
  assert.deepEqual(all.obstacles, ['DISABLED', 'TAGS', 'BLOCKED', 'QUOTA', 'CAPACITY', 'PROPERTIES'])
  assert.equal(all.details.CAPACITY, '1 of 10 units are free, 3 are needed')
  assert.equal(all.details.TAGS, 'lacks moon')
})

test('an agent that is not connected is remarked, and is no obstacle', () => {
  const { obstacles, remarks } = candidateOf(offered({ connected: false }), around())
  assert.deepEqual([obstacles, remarks], [[], ['AGENT_NOT_CONNECTED']])
})

test('prices count in one currency, that of the most; latency by region, else the slowest', () => {
  const priced = (amount: number, currency: string): Terms => ({ ...TERMS, monthlyPrice: { amount, currency } })
  assert.equal(currencyOf([priced(1, 'USD'), priced(2, 'EUR'), priced(3, 'EUR'), null]), 'EUR')
  assert.equal(currencyOf([priced(1, 'USD'), priced(2, 'EUR')]), 'EUR')
  assert.equal(currencyOf([TERMS, null]), null)
  const dollars = candidateOf(offered(), around({ terms: priced(7, 'USD') }))
  assert.deepEqual([dollars.price, dollars.remarks], [null, ['PRICE_CURRENCY']])
  const latency = (region: string | null) => candidateOf(offered(), around({ terms: TERMS, region })).latencyMs
  assert.deepEqual([latency('at'), latency('moon'), latency(null)], [5, 9, 9])
})

test('what is free is never below nothing, and without a limit it is not counted', () => {
  assert.deepEqual(
    [freeUnits(TERMS, 2), freeUnits(TERMS, 9), freeUnits({ ...TERMS, capacityUnits: null }, 9)],
    [4, 0, null],
  )
})

test('a share is counted by provider, controller, location and critical supplier, as far as they are known', () => {
  assert.deepEqual(placedOf({ id: 'p' }, 'p'), { provider: 'p' })
  const profile = {
    id: 'p',
    control: { ultimateControllerCountries: ['US'] },
    location: { storage: ['DE', 'FR'] },
    supplyChain: {
      components: [
        { name: 'x', supplier: 'minor', criticality: 'minor' as const },
        { name: 'y', supplier: 'big', criticality: 'critical' as const },
      ],
    },
  }
  assert.deepEqual(placedOf(profile, 'p'), {
    provider: 'p',
    controllerCountry: 'US',
    locationCountry: 'DE',
    componentSupplier: 'big',
  })
})

test('orders without a word about the place go to connected agents first, then to the idlest', () => {
  const agents = [
    offered({ agentId: 'away', connected: false }),
    offered({ agentId: 'busy', openJobs: 3 }),
    offered({ agentId: 'b' }),
    offered({ agentId: 'a' }),
  ]
  assert.deepEqual(
    agents.toSorted(usualOrder).map(({ agentId }) => agentId),
    ['a', 'b', 'busy', 'away'],
  )
})

test('a quota counts all services, or those of the type', () => {
  const held = [
    { serviceTypeId: 't', count: 2 },
    { serviceTypeId: 'u', count: 3 },
  ]
  const quota = (serviceTypeId: string | null, maxServices: number) =>
    quotaProblem([{ serviceTypeId, maxServices }], 't', held)
  assert.deepEqual([quota(null, 6), quota('t', 3)], [null, null])
  assert.equal(quota(null, 5), 'the consumer has 5 of at most 5 services')
  assert.equal(quota('t', 2), 'the consumer has 2 of at most 2 services of this type')
})
