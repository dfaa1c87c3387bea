/** `--report` of `fulcrum exit` and `fulcrum switching`, as processes against an API in memory. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { AGENT, api, id, stamps, TYPE } from '../command-harness.ts'
import { figuresOf, reported, rowsOf } from '../report-harness.ts'

const EVIL = '<b>twin</b>'
const NOON = '2026-11-24T12:00:00Z'
const [CONSUMER, ACME, BETA] = [id(5), id(3), id(8)]

beforeEach(() => {
  for (const row of api.objects.services ?? []) if (row.id === id(12)) row.name = EVIL
})

const item = {
  serviceId: id(12),
  serviceName: EVIL,
  serviceTypeName: 'postgres',
  groupName: 'main',
  providerId: ACME,
  providerName: 'ACME',
  criticality: 'critical',
  monthlySpend: { amount: 1_200, currency: 'EUR' },
  rtoTargetSeconds: 14_400,
  rpoTargetSeconds: 60,
  alternatives: [
    {
      agentId: id(9),
      agentName: 'pg-2',
      providerId: BETA,
      providerName: 'Beta',
      qualifies: true,
      failed: [],
      formats: ['dump'],
    },
  ],
  steps: ['Export at ACME'],
  lastDrill: { migrationId: id(60), at: NOON, outcome: 'passed', rtoSeconds: 312.4, rpoSeconds: 312.4 },
  contingency: 'Nothing: there is no copy of the data outside ACME.',
  gaps: ['No vault copy: schedule one.'],
}

test('the exit plan tells readiness, drills against targets, and what is missing', async () => {
  api.routes['GET /participants/*/exit-plan'] = () => ({
    status: 200,
    body: {
      consumerId: CONSUMER,
      consumerName: 'City & Sons',
      asOf: NOON,
      reviewBy: '2027-11-24T12:00:00Z',
      items: [
        item,
        { ...item, serviceId: id(10), serviceName: 'crm', lastDrill: undefined, alternatives: [], steps: [] },
      ],
      ready: 1,
      sufficientlyTested: false,
    },
  })
  const page = await reported('exit', 'plan', '--consumer', CONSUMER)
  assert.match(page, /City &amp; Sons · as of 2026-11-24T12:00:00Z · to be reviewed by 2027-11-24T12:00:00Z/)
  const { 'Ready to leave': ready, 'Sufficiently tested': tested, 'Targets missed': missed, Gaps } = figuresOf(page)
  assert.deepEqual([ready, tested, missed, Gaps], ['1 of 2', 'no', '1', '2'])
  const rows = rowsOf(page)
  const name = '&lt;b&gt;twin&lt;/b&gt;'
  for (const row of [
    `${name}|critical|No vault copy: schedule one.`,
    `${name}|ACME|not said|critical|1,200 EUR|Beta|none`,
    `${name}|${NOON}|passed|5 min 13 s|4 h: met|5 min 13 s|1 min: MISSED`,
    'crm|never||not measured|4 h|not measured|1 min',
    'Beta|pg-2|yes|dump|',
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
  assert.match(page, /There is no way to take its data out\./)
})

test('the register tells how full it is, and shows wide templates in parts', async () => {
  const columns = Array.from({ length: 9 }, (_, index) => `Column ${index + 1}`)
  api.routes['GET /participants/*/dora-register'] = () => ({
    status: 200,
    body: {
      consumerId: CONSUMER,
      asOf: NOON,
      templates: [
        {
          code: 'B_05.01',
          title: 'Providers',
          columns,
          rows: [[EVIL, '2', '3', '4', '5', '6', '7', '8', '']],
          missing: ['LEI'],
        },
        { code: 'B_99.01', title: 'Terms', columns: ['Term'], rows: [], missing: [] },
      ],
    },
  })
  const page = await reported('exit', 'register', '--consumer', CONSUMER)
  assert.match(page, /<p class="subtitle">City · as of/)
  const { Rows, 'Cells filled': filled, 'Points missing': missing } = figuresOf(page)
  assert.deepEqual([Rows, filled, missing], ['1', '8 of 9', '1'])
  const rows = rowsOf(page)
  assert.ok(rows.includes('1|&lt;b&gt;twin&lt;/b&gt;|2|3|4|5|6') && rows.includes('1|7|8'), rows.join('\n'))
  assert.match(page, /Empty in every row: Column 9\./)
  assert.ok(rows.includes('B_05.01|LEI'))
})

test('the page about jurisdiction tells control, reach, proofs, and what is not published', async () => {
  api.routes['GET /participants/*/jurisdiction'] = () => ({
    status: 200,
    body: {
      providerId: ACME,
      providerName: EVIL,
      asOf: NOON,
      registeredCountry: 'IE',
      governingLaw: ['IE'],
      courtVenue: [],
      foreignControl: 'yes',
      foreignControllers: ['US'],
      offerings: [
        {
          agentId: AGENT.id,
          agentName: 'pg-1',
          serviceTypeId: TYPE.id,
          serviceTypeName: 'postgres',
          infrastructure: { storage: ['IE', 'DE'] },
          reach: [{ effect: 'cut-off', level: 'exposed', reasons: ['CONTROLLED_FROM'] }],
          measures: [{ text: 'Keys are held by the customer', assurance: 'none' }],
          unknown: ['/location/backup'],
          profileVersions: [{ profileId: id(40), version: 3 }],
        },
      ],
    },
  })
  const page = await reported('exit', 'jurisdiction', ACME)
  const {
    'Controlled from outside': control,
    'Offerings exposed': exposed,
    'Facts not published': missing,
  } = figuresOf(page)
  assert.deepEqual([control, exposed, missing], ['US', '1 of 1', '4'])
  const rows = rowsOf(page)
  for (const row of [
    'Name|&lt;b&gt;twin&lt;/b&gt;',
    'Courts|not published',
    'storage|IE, DE',
    'postgres at pg-1|cut-off|exposed|CONTROLLED_FROM',
    'Keys are held by the customer|nothing',
    'the provider|Courts',
    'postgres at pg-1|/location/backup',
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
  assert.match(page, /version 3 of profile/)
})

test('a switching tells its clocks, charges, and what nobody has done yet', async () => {
  api.routes['GET /switchings/*'] = () => ({
    status: 200,
    body: {
      id: id(70),
      consumerId: CONSUMER,
      providerId: ACME,
      serviceIds: [id(10), id(12)],
      destination: 'provider',
      destinationProviderId: BETA,
      requestedOn: '2024-12-31',
      noticeMonths: 2,
      state: 'transition',
      clocks: {
        noticeEndsOn: '2025-02-28',
        unfeasibleUntil: '2025-01-20',
        transitionEndsOn: '2025-03-30',
        retrievalEndsOn: '9999-04-29',
        noChargesFrom: '2027-01-12',
      },
      overdue: ['transition'],
      entries: [
        { kind: 'charge', text: EVIL, charge: { amount: 5, currency: 'EUR' }, directCost: 7, by: 'provider', at: NOON },
      ],
      assets: [
        {
          serviceId: id(10),
          kind: 'exportable-data',
          path: '/artifacts/x',
          format: 'dump',
          sizeBytes: 2048,
          sha256: 'ab',
          exportedAt: NOON,
        },
      ],
      ...stamps,
    },
  })
  const page = await reported('switching', 'show', id(70))
  assert.match(page, /City leaves ACME · switching/)
  const { State, To, 'Exported data': exported } = figuresOf(page)
  assert.deepEqual([State, To, exported], ['transition', 'Beta', '2.0 KiB'])
  assert.match(page, /The transition should have been completed by now\./)
  const rows = rowsOf(page)
  for (const row of [
    'Last day of the transition|2025-03-30|past',
    'Data can be fetched until at least|9999-04-29|to come',
    `${NOON}|&lt;b&gt;twin&lt;/b&gt;|5 EUR|7 EUR`,
    `crm|exported data|dump|2.0 KiB|${NOON}||ab|/artifacts/x`,
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
  for (const point of [
    'How the contract is found was not told.',
    'No data of &lt;b&gt;twin&lt;/b&gt; has been exported.',
    'The data of crm at /artifacts/x has not been taken in by another provider.',
    'The provider has not said that the data is erased.',
  ])
    assert.ok(page.includes(`<li>${point}</li>`), point)
})
