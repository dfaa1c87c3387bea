import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Profile } from '@fulcrum/sovereignty'
import { type ConcentrationResult, concentrationOf, controllerCountries, locationCountries } from './concentration.ts'
import type { PortfolioOffering, PortfolioService } from './portfolio.ts'
import { providerGroups } from './provider-groups.ts'

const AT = new Date('2026-11-23T12:00:00Z')
type Vectors = {
  profiles: Record<string, Profile>
  hhi: { id: string; units: { key: string; weight: number }[]; expected: Record<string, unknown> }[]
}
// the file is ours and has this form
const VECTORS = JSON.parse(readFileSync(new URL('../testdata/exposure.json', import.meta.url), 'utf8')) as Vectors

const offering = (name: string, profile: Profile | null, more: Partial<PortfolioOffering> = {}): PortfolioOffering => ({
  key: `${name}/vm`,
  agentId: name,
  agentName: `agent of ${name}`,
  serviceTypeId: 'vm',
  serviceTypeName: 'VM',
  providerId: name,
  providerName: name,
  profile,
  profileVersions: [],
  ...more,
})
let serial = 0
const service = (at: string, more: Partial<PortfolioService> = {}): PortfolioService => ({
  id: `s${serial++}`,
  name: 'service',
  consumerId: 'c',
  groupId: 'g',
  offering: `${at}/vm`,
  criticality: 'normal',
  classified: true,
  spend: { amount: 1, currency: 'EUR' },
  spendSource: 'classification',
  customerKeyCountry: null,
  kept: false,
  open: true,
  ...more,
})
const of = (offerings: PortfolioOffering[], services: PortfolioService[], others: PortfolioOffering[] = []) => {
  const keyed = (some: PortfolioOffering[]) => new Map(some.map((one) => [one.key, one]))
  const portfolio = { services, offerings: keyed(offerings), consumerNames: new Map() }
  return concentrationOf(portfolio, keyed([...offerings, ...others]), AT)
}
const measureOf = ({ measures }: ConcentrationResult, dimension: string, weight: string, currency?: string) => {
  const found = measures.find(
    (one) => one.dimension === dimension && one.weight === weight && one.currency === currency,
  )
  assert.ok(found, `${dimension} ${weight}`)
  return found
}
const sharesOf = (...from: Parameters<typeof measureOf>) =>
  Object.fromEntries(measureOf(...from).shares.map(({ key, share }) => [key, share]))
const named = (name: string): Profile => VECTORS.profiles[name] ?? { id: name }

describe('the indices of the specification', () => {
  for (const { id, units, expected } of VECTORS.hhi)
    test(id, () => {
      const keys = [...new Set(units.map(({ key }) => key))]
      const services = units.map(({ key, weight }) => service(key, { spend: { amount: weight, currency: 'EUR' } }))
      const result = of(
        keys.map((key) => offering(key, null)),
        services,
      )
      const { hhi, effectiveNumber, maxShare, band } = measureOf(result, 'provider-group', 'spend', 'EUR')
      const shares = sharesOf(result, 'provider-group', 'spend', 'EUR')
      assert.deepEqual({ hhi, effectiveNumber, maxShare, band, shares }, expected)
    })
})

test('money, number and criticality weigh differently, and currencies are not added', () => {
  const result = of(
    [offering('a', null), offering('b', null)],
    [
      service('a', { criticality: 'critical', spend: { amount: 900, currency: 'EUR' } }),
      service('b', { spend: { amount: 100, currency: 'EUR' } }),
      service('b', { spend: { amount: 5, currency: 'CHF' } }),
      service('b', { spend: null }),
    ],
  )
  assert.deepEqual(sharesOf(result, 'provider-group', 'spend', 'EUR'), { a: 0.9, b: 0.1 })
  assert.deepEqual(sharesOf(result, 'provider-group', 'spend', 'CHF'), { b: 1 })
  assert.deepEqual(sharesOf(result, 'provider-group', 'count'), { a: 0.25, b: 0.75 })
  assert.deepEqual(sharesOf(result, 'provider-group', 'criticality'), { a: 0.5714, b: 0.4286 })
  assert.equal(result.unknownSpend, 1)
})

test('countries count in parts, and what is not known counts as one', () => {
  const result = of(
    [offering('alpenwolke', named('alpenwolke')), offering('silent', null), offering('mute', null)],
    [service('alpenwolke'), service('alpenwolke'), service('silent'), service('mute')],
  )
  assert.deepEqual(sharesOf(result, 'location-country', 'count'), { unknown: 0.5, AT: 0.25, DE: 0.25 })
  assert.deepEqual(sharesOf(result, 'controller-country', 'count'), { AT: 0.5, unknown: 0.5 })
  assert.equal(measureOf(result, 'controller-country', 'count').unknownShare, 0.5)
})

test('the country of control follows votes, and the seat only where nobody decides', () => {
  assert.deepEqual(
    ['alpenwolke', 'eurohyper', 'trustop', 'nordkraft'].map((name) => controllerCountries(named(name))),
    [['AT'], ['US'], ['FR'], ['SE']],
  )
  const owners = (...parts: [string, number][]) => ({
    id: '',
    legal: { headquartersCountry: 'LU' },
    control: { owners: parts.map(([country, votingPct]) => ({ country, votingPct })) },
  })
  assert.deepEqual(controllerCountries(owners(['AT', 40], ['DE', 40], ['FR', 20])), ['LU'])
  assert.equal(controllerCountries(owners(['AT', 30], ['DE', 30])), null, 'the rest could join either')
  assert.equal(controllerCountries({ id: '' }), null)
  assert.equal(locationCountries({ id: '', location: { backup: ['AT'] } }), null)
})

test('a supplier behind several providers is told, and easily replaced parts are in no measure', () => {
  const parts = (supplier: string, substitutable: 'none' | 'easy'): Profile => ({
    id: '',
    supplyChain: { components: [{ name: 'platform', supplier, criticality: 'critical', substitutable }] },
  })
  const result = of(
    [
      offering('a', parts('Hyper Inc', 'none')),
      offering('b', parts('hyper inc', 'none')),
      offering('c', parts('Hyper Inc', 'easy')),
    ],
    [service('a', { criticality: 'critical' }), service('b'), service('c'), service('c')],
  )
  assert.deepEqual(sharesOf(result, 'critical-supplier', 'count'), { 'hyper inc': 1 })
  assert.deepEqual(
    result.suppliers.map(({ services, share, criticalServices, providers }) => [
      services,
      share,
      criticalServices,
      providers.map(({ id }) => id),
    ]),
    [[2, 0.5, 1, ['a', 'b']]],
  )
})

test('when the largest fails, what remains is told, and who could take the rest', () => {
  const result = of(
    [offering('a', null), offering('b', null)],
    [
      service('a', { criticality: 'critical', spend: { amount: 10, currency: 'EUR' } }),
      service('a', { spend: null }),
      service('b', { criticality: 'critical', spend: { amount: 5, currency: 'EUR' } }),
    ],
    [offering('z', null), offering('files', null, { key: 'files/files', serviceTypeId: 'files' })],
  )
  const [provider] = result.largestFails
  assert.ok(provider)
  const { takers, ...rest } = provider
  assert.deepEqual(rest, {
    dimension: 'provider-group',
    key: 'a',
    name: 'a',
    servicesLost: 2,
    servicesRemaining: 1,
    criticalLost: 1,
    criticalRemaining: 1,
    spend: [{ currency: 'EUR', lost: 10, remaining: 5 }],
  })
  assert.deepEqual(
    takers.map(({ services, offerings }) => [services, offerings.map(({ providerId }) => providerId)]),
    [[2, ['b', 'z']]],
  )
})

test('without services there is nothing to measure', () => {
  const { measures, largestFails, services } = of([], [])
  assert.deepEqual([services, largestFails, measures.every(({ hhi }) => hhi === 0)], [0, [], true])
})

describe('participants of one group', () => {
  const owned = (name: string, votingPct: number, legalName?: string): Profile => ({
    id: '',
    ...(legalName !== undefined && { legal: { legalName } }),
    control: { owners: [{ name, country: 'US', votingPct, capitalPct: votingPct }] },
  })
  const groupsOf = (...offerings: PortfolioOffering[]) =>
    providerGroups(offerings, AT).map(({ providers, because }) => [providers.map(({ id }) => id).join(), because])

  test('have the same owner, whatever the spelling; how it is known is said', () => {
    assert.deepEqual(
      groupsOf(
        offering('a', owned('Parent Inc.', 100)),
        offering('b', owned(' parent  inc.', 60)),
        offering('c', null),
      ),
      [
        [
          'a,b',
          [
            'Parent Inc. (US) holds 100 % of the votes of a (stated without evidence) and of b (stated without evidence).',
          ],
        ],
        ['c', []],
      ],
    )
  })

  test('are linked through chains of owners that are participants themselves', () => {
    const [group] = groupsOf(
      offering('holding', { id: '', legal: { legalName: 'Holding SE' } }),
      offering('middle', owned('Holding SE', 51, 'Middle AG')),
      offering('small', owned('Middle AG', 100)),
    )
    assert.equal(group?.[0], 'holding,middle,small')
    assert.equal(group?.[1]?.length, 2)
  })

  test('are not made by a minority, by an owner without a name, or by names that many share', () => {
    assert.deepEqual(
      groupsOf(
        offering('a', owned('Fund', 49)),
        offering('b', owned('Fund', 49)),
        offering('c', owned('Employees', 100)),
        offering('d', owned('employees', 100)),
        offering('e', { id: '', control: { owners: [{ country: 'US', votingPct: 100 }] } }),
        offering('f', { id: '', control: { owners: [{ country: 'US', votingPct: 100 }] } }),
      ).map(([ids]) => ids),
      ['a', 'b', 'c', 'd', 'e', 'f'],
    )
  })

  test('count as one', () => {
    const result = of(
      [offering('a', owned('Parent', 100)), offering('b', owned('Parent', 100)), offering('c', null)],
      [service('a'), service('b'), service('c'), service('c')],
    )
    assert.deepEqual(sharesOf(result, 'provider-group', 'count'), { a: 0.5, c: 0.5 })
    assert.deepEqual(
      result.groups.map(({ providers }) => providers.length),
      [2],
    )
  })
})
