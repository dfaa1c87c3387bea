/** How far a jurisdiction reaches: every reason by its name, and what softens it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlFrom, shares } from './control.ts'
import type { Effect, Profile } from './profile.ts'
import { costShareFrom, reach } from './reach.ts'
import { inZone, within } from './zones.ts'

const AT = '2026-11-23T12:00:00Z'
const US = within(['US'])
const SAFE: Profile = {
  id: 'p',
  legal: { registeredCountry: 'DE', headquartersCountry: 'DE', mainEstablishmentCountry: 'DE' },
  control: { owners: [{ country: 'DE', votingPct: 100 }] },
}
const found = (effect: Effect, more: Omit<Partial<Profile>, 'id'>) => {
  const { level, reasons, days } = reach(effect, { ...SAFE, ...more }, US, AT)
  return [level, reasons.join(' '), days] as const
}
const component = (more: object = {}) => ({
  name: 'os',
  criticality: 'critical' as const,
  substitutable: 'difficult' as const,
  supplierCountry: 'US',
  ...more,
})

describe('reading data', () => {
  const data = (more: Omit<Partial<Profile>, 'id'>) => found('data-access', more).slice(0, 2).join(' ')

  test('is nobody’s there who has nothing there', () => {
    assert.deepEqual(found('data-access', {}), ['none', '', null])
  })

  test('follows from each single thing', () => {
    assert.equal(data({ legal: { mainEstablishmentCountry: 'US' } }), 'exposed SEAT_IN')
    assert.equal(data({ control: { ultimateControllerCountries: ['US'] } }), 'exposed CONTROLLED_FROM')
    for (const aspect of ['storage', 'processing', 'backup'] as const)
      assert.equal(data({ location: { [aspect]: ['DE', 'US'] } }), 'exposed DATA_LOCATED_IN')
    assert.equal(data({ location: { telemetry: ['US'] } }), 'none ')
    assert.equal(data({ operations: { adminAccessCountries: ['DE', 'US'] } }), 'exposed ADMIN_ACCESS_FROM')
    const processors = (
      ...subprocessors: NonNullable<NonNullable<Profile['supplyChain']>['subprocessors']>[number][]
    ) => data({ supplyChain: { subprocessors } })
    assert.equal(processors({ name: 'x', registeredCountry: 'US' }), 'exposed SUBPROCESSOR:x')
    assert.equal(processors({ name: 'x', controllerCountry: 'US', dataAccess: 'metadata' }), 'exposed SUBPROCESSOR:x')
    assert.equal(processors({ name: 'x', controllerCountry: 'US', dataAccess: 'none' }), 'none ')
    assert.equal(processors({ name: 'x', registeredCountry: 'DE' }, { name: 'y' }), 'none ')
    const instrument = (jurisdiction: string, effects: readonly ('data-access' | 'cut-off')[]) =>
      data({ extraterritorial: [{ jurisdiction, instrument: 'CLOUD-ACT', effects }] })
    assert.equal(instrument('US', ['data-access']), 'exposed INSTRUMENT:CLOUD-ACT')
    assert.equal(instrument('US', ['cut-off']), 'none ')
    assert.equal(instrument('CN', ['data-access']), 'none ')
  })

  test('is unknown where control is, and nothing else is there', () => {
    assert.equal(data({ control: {} }), 'unknown CONTROL_UNKNOWN')
    assert.equal(data({ control: {}, location: { storage: ['US'] } }), 'exposed DATA_LOCATED_IN')
  })

  test('is softened by keys that the customer holds elsewhere, and only by all of it', () => {
    const closed = {
      keyHolder: 'customer',
      kmsCountry: 'DE',
      providerPlaintextAccess: 'technically-impossible',
    } as const
    const level = (changed: NonNullable<Profile['data']>) =>
      reach('data-access', { ...SAFE, location: { storage: ['US'] }, data: { ...closed, ...changed } }, US, AT)
    assert.deepEqual(level({}).obligations, ['OBL_CUSTOMER_HELD_KEYS'])
    assert.equal(level({}).level, 'mitigated')
    assert.equal(level({ keyHolder: 'third-party' }).level, 'exposed')
    assert.equal(level({ kmsCountry: 'US' }).level, 'exposed')
    assert.equal(level({ providerPlaintextAccess: 'possible-logged' }).level, 'exposed')
    const { kmsCountry: _, ...unplaced } = closed
    assert.equal(
      reach('data-access', { ...SAFE, location: { storage: ['US'] }, data: unplaced }, US, AT).level,
      'exposed',
    )
  })
})

describe('switching off', () => {
  test('is at once for who sits, controls or steers there', () => {
    assert.deepEqual(found('cut-off', { legal: { headquartersCountry: 'US' } }), ['exposed', 'SEAT_IN', 0])
    assert.deepEqual(found('cut-off', { location: { controlPlane: ['DE', 'US'] } }), ['exposed', 'CONTROL_PLANE_IN', 0])
    assert.deepEqual(
      found('cut-off', {
        control: { ultimateControllerCountries: ['US'] },
        supplyChain: { components: [component()] },
      }),
      ['exposed', 'CONTROLLED_FROM CRITICAL_COMPONENT:os', 0],
    )
  })

  test('is unknown where control is, with the reasons that there are besides', () => {
    const { level, reasons, obligations } = reach(
      'cut-off',
      { ...SAFE, control: {}, supplyChain: { components: [component()] } },
      US,
      AT,
    )
    assert.deepEqual([level, reasons, obligations], ['unknown', ['CONTROL_UNKNOWN', 'CRITICAL_COMPONENT:os'], []])
  })

  test('comes with critical parts alone that are not easily replaced', () => {
    const parts = (...components: object[]) =>
      found('cut-off', { supplyChain: { components: components as ReturnType<typeof component>[] } })
    assert.deepEqual(parts(component()), ['exposed', 'CRITICAL_COMPONENT:os', 0])
    assert.deepEqual(parts(component({ supplierCountry: 'DE', controllerCountry: 'US' })), [
      'exposed',
      'CRITICAL_COMPONENT:os',
      0,
    ])
    assert.equal(parts(component({ criticality: 'important' }))[0], 'none')
    assert.equal(parts(component({ substitutable: 'easy' }))[0], 'none')
    assert.equal(parts(component({ supplierCountry: undefined }))[0], 'none')
    assert.deepEqual(parts(component({ survivesDays: 30 }), component({ name: 'db', survivesDays: 10 })), [
      'exposed',
      'CRITICAL_COMPONENT:os CRITICAL_COMPONENT:db',
      10,
    ])
    assert.deepEqual(parts(component({ survivesDays: 90 }), component({ name: 'db', survivesDays: 200 })).slice(0, 1), [
      'mitigated',
    ])
    assert.equal(parts(component({ survivesDays: 90 }))[2], 90)
    assert.equal(parts(component({ survivesDays: 89 }))[0], 'exposed')
  })

  test('is softened by a disconnection that is supported, tested lately, and lasts', () => {
    const level = (disconnect: NonNullable<NonNullable<Profile['operations']>['disconnect']>) => {
      const profile = { ...SAFE, supplyChain: { components: [component()] }, operations: { disconnect } }
      const result = reach('cut-off', profile, US, AT)
      return [result.level, result.days, ...result.obligations].join(' ')
    }
    const tested = { supported: true, testedAt: '2025-11-23T12:00:00Z', autonomyDays: 90 }
    assert.equal(level(tested), 'mitigated 90 OBL_KEEP_DISCONNECT_TEST_FRESH')
    assert.equal(level({ ...tested, autonomyDays: 89 }), 'exposed 89')
    assert.equal(level({ ...tested, testedAt: '2025-11-23T11:59:59Z' }), 'exposed 0')
    assert.equal(level({ ...tested, supported: false }), 'exposed 0')
    assert.equal(level({ supported: true, autonomyDays: 400 }), 'exposed 0')
    assert.equal(level({ ...tested, testedAt: null }), 'exposed 0')
  })

  test('asks for no disconnection of who has told nothing of operations', () => {
    const { operations: _, ...silent } = { ...SAFE, operations: undefined }
    assert.equal(reach('cut-off', { ...silent, supplyChain: { components: [component()] } }, US, AT).level, 'exposed')
  })
})

describe('making dearer', () => {
  const components = [
    { name: 'a', supplierCountry: 'US', costShare: 0.1 },
    { name: 'b', supplierCountry: 'US', costShare: 0.2 },
    { name: 'c', supplierCountry: 'CN', costShare: 0.4 },
    { name: 'd', supplierCountry: 'US' },
    { name: 'e', costShare: 0.5 },
  ]

  test('counts what is bought there', () => {
    assert.ok(Math.abs(costShareFrom({ id: 'p', supplyChain: { components } }, US) - 0.3) < 1e-9)
    assert.equal(costShareFrom({ id: 'p' }, US), 0)
    assert.equal(costShareFrom({ id: 'p', supplyChain: {} }, US), 0)
  })

  test('is softened by a price that is locked beyond the day', () => {
    const level = (priceLockUntil?: string) =>
      found('tariff', {
        supplyChain: { components },
        commercial: priceLockUntil === undefined ? {} : { priceLockUntil },
      })
    assert.deepEqual(level(), ['exposed', 'COST_SHARE', null])
    assert.deepEqual(level(AT), ['exposed', 'COST_SHARE', null])
    assert.deepEqual(level('2026-11-23T12:00:01Z'), ['mitigated', 'COST_SHARE', null])
    assert.deepEqual(found('tariff', {}), ['none', '', null])
  })
})

describe('control', () => {
  const from = (control: Profile['control']) => controlFrom({ id: 'p', ...(control && { control }) }, US)
  const owner = (country: string, votingPct?: number, more: object = {}) => ({
    country,
    ...(votingPct !== undefined && { votingPct }),
    ...more,
  })

  test('is a majority, of one or of all there, a veto, or a majority of the board', () => {
    assert.deepEqual(from({ owners: [owner('US', 50.1), owner('DE', 49.9)] }), { state: 'yes', countries: ['US'] })
    assert.deepEqual(from({ owners: [owner('US', 50), owner('DE', 50)] }), { state: 'no' })
    assert.deepEqual(from({ owners: [owner('US', 1, { vetoRights: true }), owner('DE', 99)] }), {
      state: 'yes',
      countries: ['US'],
    })
    assert.deepEqual(from({ owners: [owner('US', 1, { boardMajorityRight: true }), owner('DE', 99)] }), {
      state: 'yes',
      countries: ['US'],
    })
    // of several there, the one that decides alone, and all when only together they do
    const both = within(['US', 'CN'])
    const one = {
      id: 'p',
      control: { owners: [owner('US', 30, { vetoRights: true }), owner('CN', 10), owner('DE', 60)] },
    }
    assert.deepEqual(controlFrom(one, both), { state: 'yes', countries: ['US'] })
    const all = { id: 'p', control: { owners: [owner('US', 30), owner('CN', 30), owner('DE', 40)] } }
    assert.deepEqual(controlFrom(all, both), { state: 'yes', countries: ['US', 'CN'] })
  })

  test('is unknown while what is not disclosed could tip it', () => {
    assert.deepEqual(from(undefined), { state: 'unknown' })
    assert.deepEqual(from({ owners: [owner('US', 10), owner('DE', 49)] }), { state: 'unknown' })
    assert.deepEqual(from({ owners: [owner('US', 10), owner('DE', 50)] }), { state: 'no' })
    assert.deepEqual(from({ owners: [owner('US'), owner('DE', 50)] }), { state: 'no' })
  })

  test('is answered by named controllers where no shares are, and not against shares', () => {
    assert.deepEqual(from({ ultimateControllerCountries: ['DE'] }), { state: 'no' })
    assert.deepEqual(from({ ultimateControllerCountries: ['DE', 'US'] }), { state: 'yes', countries: ['US'] })
    assert.deepEqual(from({ ultimateControllerCountries: ['DE'], owners: [owner('US', 40)] }), { state: 'unknown' })
    assert.deepEqual(from({ ultimateControllerCountries: [] }), { state: 'unknown' })
  })

  test('shares are the larger of capital and votes', () => {
    const of = (...owners: object[]) => shares({ id: 'p', control: { owners: owners as { country: string }[] } }, US)
    assert.deepEqual(of({ country: 'US', capitalPct: 10, votingPct: 20 }, { country: 'DE', capitalPct: 60 }), {
      largest: 20,
      together: 20,
      undisclosed: 30,
    })
    assert.deepEqual(of({ country: 'US', votingPct: 20 }, { country: 'US', capitalPct: 30 }), {
      largest: 30,
      together: 50,
      undisclosed: 50,
    })
    assert.deepEqual(of({ country: 'DE', capitalPct: 100 }), { largest: 0, together: 0, undisclosed: 0 })
  })
})

test('a zone is its groups and countries without its exceptions; what nobody has loaded is empty', () => {
  const groups = { EU: ['DE'], EFTA: ['NO'] }
  assert.equal(inZone('NO', { groups: ['EU', 'EFTA'] }, groups), true)
  assert.equal(inZone('DE', { groups: ['EU', 'MOON'] }, groups), true)
  assert.equal(inZone('CH', { groups: ['MOON'] }, groups), false)
  assert.equal(inZone('CH', { countries: ['CH'] }, groups), true)
  assert.equal(inZone('DE', { groups: ['EU'], except: ['DE'] }, groups), false)
  assert.equal(inZone('DE', {}, groups), false)
})
