/** The register of information: all 15 templates, filled from what is known, with a word for what is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Profile } from '@fulcrum/sovereignty'
import { type RegisteredService, type RegisterFacts, registerOf } from './register.ts'

const LEI = { scheme: 'leiCode', value: '529900T8BM49AURSDO55', country: 'DE' }
const PROVIDER: Profile = {
  id: 'p1',
  legal: {
    legalName: 'Liffey Data Services Ltd',
    registrationNumbers: [
      { scheme: 'vatID', value: 'IE1', country: 'IE' },
      { scheme: 'EUID', value: 'IECRO.1', country: 'IE' },
    ],
    registeredCountry: 'IE',
    headquartersCountry: 'IE',
    governingLaw: ['IE'],
  },
  control: { ultimateControllerCountries: ['US'] },
  location: { storage: ['IE', 'DE'], processing: ['IE'] },
  supplyChain: {
    subprocessors: [{ name: 'Backup Oy', registeredCountry: 'FI', controllerCountry: 'FI' }],
    components: [
      {
        name: 'hypervisor',
        supplier: 'Cascadia',
        criticality: 'critical',
        supplierCountry: 'US',
        controllerCountry: 'US',
      },
      { name: 'dashboard', criticality: 'minor', supplierCountry: 'US' },
    ],
  },
}

function service(more: Partial<RegisteredService> = {}): RegisteredService {
  return {
    id: 's1',
    name: 'orders',
    serviceTypeName: 'postgresql',
    groupId: 'g1',
    groupName: 'shop',
    orderedOn: '2026-01-31',
    agentName: 'liffey-postgres',
    providerId: 'p1',
    providerName: 'Liffey',
    profile: PROVIDER,
    classification: {
      criticality: 'critical',
      function: 'payments',
      rtoTargetSeconds: 3_600,
      contractRef: 'C-7',
      noticePeriodDays: 90,
      dataClasses: ['health', 'names'],
    },
    spend: { amount: 100.1, currency: 'EUR' },
    lastDrill: { at: '2026-11-01T00:00:00Z', outcome: 'passed' },
    alternatives: ['Garonne'],
    isExportable: true,
    ...more,
  }
}

const FACTS: RegisterFacts = {
  consumer: {
    id: 'c',
    name: 'Klinik',
    profile: { id: 'c', legal: { registrationNumbers: [LEI], registeredCountry: 'DE' } },
  },
  services: [
    service(),
    service({
      id: 's2',
      name: 'archive',
      classification: {
        criticality: 'normal',
        function: 'payments',
        rtoTargetSeconds: 60,
        contractRef: 'C-7',
        dataClasses: [],
      },
      spend: { amount: 50, currency: 'EUR' },
      alternatives: [],
    }),
  ],
  providers: [{ id: 'p1', name: 'Liffey', profile: PROVIDER }],
  asOf: '2026-11-24T12:00:00Z',
}

const template = (code: string, facts = FACTS) => {
  const found = registerOf(facts).find((one) => one.code === code)
  assert.ok(found)
  return found
}
/** Rows as objects, by column. */
const rows = (code: string, facts = FACTS) => {
  const { columns, rows: cells } = template(code, facts)
  return cells.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])))
}

test('every template is there, once, and every row has a cell for each column', () => {
  const codes = registerOf(FACTS).map(({ code }) => code)
  assert.equal(codes.length, 15)
  assert.deepEqual(codes, codes.toSorted())
  for (const { code, columns, rows: cells } of registerOf(FACTS))
    for (const row of cells) assert.equal(row.length, columns.length, code)
})

test('services under one contract are one arrangement, and its cost is theirs for a year', () => {
  assert.deepEqual(rows('B_02.01'), [
    {
      Arrangement: 'C-7',
      'Type of arrangement': 'standalone',
      'Overarching arrangement': '',
      Currency: 'EUR',
      'Annual cost': '1801.2',
    },
  ])
})

test('a cost that is unknown or in two currencies is left out and named, never added wrongly', () => {
  const [first] = FACTS.services
  assert.ok(first)
  const unknown = { ...FACTS, services: [first, service({ id: 's3', name: 'new', spend: null })] }
  assert.deepEqual([rows('B_02.01', unknown)[0]?.['Annual cost']], [''])
  assert.ok(template('B_02.01', unknown).missing.includes('cost of new'))
  const mixed = { ...FACTS, services: [first, service({ id: 's3', spend: { amount: 1, currency: 'CHF' } })] }
  assert.equal(rows('B_02.01', mixed)[0]?.['Annual cost'], '')
})

test('an arrangement says where data lies and under which law', () => {
  const [row] = rows('B_02.02')
  assert.deepEqual(
    [row?.['Location of data at rest'], row?.['Location of processing'], row?.['Country of governing law']],
    ['IE DE', 'IE', 'IE'],
  )
  assert.deepEqual([row?.Function, row?.Start, row?.['Level of reliance']], ['payments', '2026-01-31', 'high'])
  assert.deepEqual([row?.['Provider identification code'], row?.['Type of code']], ['IECRO.1', 'EUID'])
  assert.equal(row?.['LEI of the entity'], LEI.value)
})

test('a provider is shown with its seat and who controls it in the end', () => {
  const [row] = rows('B_05.01')
  assert.deepEqual(
    [row?.Name, row?.['Country of headquarters'], row?.['Countries of ultimate controllers'], row?.['Annual cost']],
    ['Liffey Data Services Ltd', 'IE', 'US', '1801.2'],
  )
})

test('the supply chain has those behind the provider, without what does not matter, and each once', () => {
  assert.deepEqual(
    rows('B_05.02').map((row) => [row.Name, row.Rank, row.Country, row['Controlled from']]),
    [
      ['Liffey', '1', 'IE', ''],
      ['Backup Oy', '2', 'FI', 'FI'],
      ['Cascadia (hypervisor)', '2', 'US', 'US'],
    ],
  )
})

test('a function is as critical as its most critical service, and as urgent', () => {
  const [row] = rows('B_06.01')
  assert.deepEqual(
    [row?.Function, row?.['Critical or important'], row?.['Recovery time (s)']],
    ['payments', 'yes', '60'],
  )
})

test('substitutability follows from alternatives and drills', () => {
  const how = (more: Partial<RegisteredService>) =>
    rows('B_07.01', { ...FACTS, services: [service(more)] })[0]?.Substitutability
  assert.equal(how({}), 'easily substitutable')
  assert.equal(how({ lastDrill: { at: '2026-11-01T00:00:00Z', outcome: 'failed' } }), 'medium complexity')
  assert.equal(how({ lastDrill: null }), 'medium complexity')
  assert.equal(how({ isExportable: false }), 'highly complex')
  assert.equal(how({ alternatives: [] }), 'not substitutable')
})

test('what nobody has said is asked for', () => {
  const facts: RegisterFacts = {
    ...FACTS,
    consumer: { id: 'c', name: 'Klinik', profile: { id: 'c' } },
    services: [service({ classification: { criticality: 'normal', dataClasses: [] }, profile: { id: 'p1' } })],
    providers: [{ id: 'p1', name: 'Liffey', profile: { id: 'p1' } }],
  }
  const missing = registerOf(facts).flatMap((one) => one.missing)
  for (const says of [
    /LEI/,
    /contract reference of orders/,
    /function of orders/,
    /location .* orders/,
    /code of Liffey/,
  ])
    assert.ok(
      missing.some((text) => says.test(text)),
      String(says),
    )
  assert.equal(rows('B_02.01', facts)[0]?.Arrangement, 'g1/p1')
})
