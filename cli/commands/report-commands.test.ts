/** `--report` of what is about leaving, as processes against an API in memory: figures first, names instead of ids, for the owner alone. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { AGENT, api, fulcrum, id, root, stamps, TYPE } from '../command-harness.ts'

const EVIL = '<b>twin</b>'
const NOON = '2026-11-24T12:00:00Z'
const [CONSUMER, ACME, BETA] = [id(5), id(3), id(8)]
const between = {
  serviceId: id(12),
  consumerId: CONSUMER,
  serviceTypeId: TYPE.id,
  sourceAgentId: AGENT.id,
  targetAgentId: id(9),
  sourceProviderId: ACME,
  targetProviderId: BETA,
  from: 'live',
}

beforeEach(() => {
  for (const row of api.objects.services ?? []) if (row.id === id(12)) row.name = EVIL
  api.routes['GET /services/*/classification'] = (_, [, serviceId]) => ({
    status: 200,
    body: {
      ...{ serviceId, consumerId: CONSUMER, criticality: 'critical', dataClasses: [] },
      ...{ rtoTargetSeconds: 14_400, rpoTargetSeconds: 60 },
    },
  })
})

let count = 0
/** Runs a command with `--report` and reads the page: without markup of others, and for nobody but its owner. */
async function reported(...args: string[]): Promise<string> {
  const file = join(root, `report-${++count}.html`)
  const { code, err } = await fulcrum(...args, '--report', file)
  assert.equal(code, 0, err)
  assert.match(err, /Wrote .*report-\d+\.html/)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await fulcrum(...args, '--report', file)
  assert.deepEqual([again.code, /--force replaces it/.test(again.err)], [2, true])
  assert.equal((await fulcrum(...args, '--report', file, '--force')).code, 0)
  const page = await readFile(file, 'utf8')
  assert.ok(!page.includes('<b>'), 'a name became markup')
  return page
}

/** Rows of tables, cells parted by |. */
function rowsOf(page: string): string[] {
  return [...page.matchAll(/<tr>(<td.*?)<\/tr>/gs)].map(([, cells = '']) =>
    [...cells.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, text]) => text).join('|'),
  )
}

/** Large figures: label and value. */
function figuresOf(page: string): Record<string, string> {
  const pairs = [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)]
  return Object.fromEntries(pairs.map(([, label, value]) => [label, value]))
}

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
    `${name}|${NOON}|passed|5 min 13 s|4 h|met|5 min 13 s|1 min|MISSED`,
    'crm|never||-|4 h|not measured|-|1 min|not measured',
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

const planned = {
  ...between,
  serviceName: EVIL,
  position: 1,
  impact: 'lost',
  criticality: 'critical',
  feasible: true,
  format: 'dump',
  sizeBytes: 2048,
  rtoSeconds: 156,
  rpoSeconds: 0,
  rtoTargetSeconds: 100,
  steps: ['export'],
}
const stays = {
  ...planned,
  serviceId: id(10),
  serviceName: 'crm',
  position: 2,
  feasible: false,
  reason: 'NOT_PORTABLE',
}
const scenario = { type: 'provider-cut-off', jurisdictions: [], providerIds: [ACME], at: NOON, graceHours: 24 }
const assumptions = [{ what: 'import throughput of pg-2', value: '30 MiB/s', because: 'nothing was measured yet' }]
const deadlineAt = '2026-11-25T12:00:00Z'

test('a plan of an evacuation tells who can leave, expected times against targets, and what was assumed', async () => {
  const totals = { services: 2, feasible: 1, fromVault: 0, rtoMissed: 1, rpoMissed: 0, longestRtoSeconds: 156 }
  api.routes['POST /evacuations/plan'] = () => ({
    status: 200,
    body: { scenario, deadlineAt, items: [planned, stays], notHit: [], assumptions, totals },
  })
  const page = await reported('evacuate', 'plan', '--provider', ACME)
  assert.match(page, /City · The end of a provider: ACME/)
  const { 'Can leave': leave, 'RTO targets missed': missed, 'Longest RTO': longest } = figuresOf(page)
  assert.deepEqual([leave, missed, longest], ['1 of 2', '1', '2 min 36 s'])
  const rows = rowsOf(page)
  for (const row of [
    '1|&lt;b&gt;twin&lt;/b&gt;|critical|lost|ACME|Beta, pg-2|exported live|2.0 KiB',
    '&lt;b&gt;twin&lt;/b&gt;|critical|2 min 36 s|1 min 40 s|MISSED|0 s|none said|no target',
    'crm|critical|ACME|NOT_PORTABLE|',
    'import throughput of pg-2|30 MiB/s|nothing was measured yet',
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
})

const progress = {
  ...{ services: 2, waiting: 0, moving: 0, moved: 1, failed: 0, infeasible: 1, cancelled: 0 },
  ...{ rtoMissed: 0, rpoMissed: 1 },
}
const evacuation = {
  id: id(71),
  consumerId: CONSUMER,
  state: 'done',
  paused: false,
  scenario,
  deadlineAt,
  exportsAtOnce: 2,
  progress,
  ...stamps,
  endedAt: NOON,
}

test('an evacuation tells measured times against targets, and so does the list of all', async () => {
  api.objects.evacuations = [evacuation]
  const moved = {
    ...{ ...planned, state: 'moved', verification: 'verified', fellBackToVault: true, cutOverAt: NOON },
    ...{ measuredRtoSeconds: 99.96, measuredRpoSeconds: 3_700, rpoTargetSeconds: 3_600 },
  }
  api.routes['GET /evacuations/*'] = () => ({
    status: 200,
    body: { ...evacuation, items: [moved, { ...stays, state: 'infeasible' }], assumptions },
  })
  const page = await reported('evacuate', 'status', id(71))
  const { Moved, 'Could not leave': infeasible, 'RPO targets missed': missed, 'Longest RTO': longest } = figuresOf(page)
  assert.deepEqual([Moved, infeasible, missed, longest], ['1 of 2', '1', '1', '1 min 40 s'])
  const rows = rowsOf(page)
  for (const row of [
    '&lt;b&gt;twin&lt;/b&gt;|critical|1 min 40 s|1 min 40 s|met|1 h 2 min|1 h|MISSED',
    `1|&lt;b&gt;twin&lt;/b&gt;|ACME|Beta, pg-2|moved|vault copy, because the live way failed|verified|-|${NOON}`,
    'crm|critical|ACME|NOT_PORTABLE|',
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)

  const list = await reported('evacuate', 'status')
  assert.deepEqual(figuresOf(list)['Services moved'], '1 of 2')
  assert.ok(rowsOf(list).some((row) => row.includes('|City|The end of a provider: ACME|done|1 of 2|0|1|0 / 1|')))
})

const drill = {
  id: id(72),
  ...between,
  state: 'done',
  outcome: 'passed',
  verification: 'verified',
  rtoSeconds: 312.4,
  rpoSeconds: 312.4,
  sizeBytes: 1_073_741_824,
  exportMibPerSecond: 17.067,
  evidenceIds: [],
  steps: [{ step: 'exporting', status: 'done', since: NOON, startedAt: NOON, seconds: 60, mibPerSecond: 17.067 }],
  ...stamps,
  createdAt: new Date().toISOString(),
}

test('a drill tells measured times against the targets of its service, its steps, and what it left open', async () => {
  api.objects.drills = [drill]
  const page = await reported('drill', 'show', drill.id)
  assert.match(page, /City · &lt;b&gt;twin&lt;\/b&gt; · drill/)
  const { Outcome, RTO, Export, Import } = figuresOf(page)
  assert.deepEqual([Outcome, RTO, Export, Import], ['passed', '5 min 13 s', '17.1 MiB/s', 'not measured'])
  const rows = rowsOf(page)
  for (const row of [
    `&lt;b&gt;twin&lt;/b&gt;|critical|passed|${drill.createdAt}|5 min 13 s|4 h|met|5 min 13 s|1 min|MISSED`,
    'To|Beta, pg-2',
    `exporting|done|${NOON}|-|1 min|-|17.1 MiB/s|`,
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
  assert.match(page, /<li>It left no evidence\.<\/li>/)
})

test('the list of drills tells which services have a valid one, and targets that the caller may not see are not known', async () => {
  delete api.routes['GET /services/*/classification']
  const failure = { step: 'importing', reason: EVIL, at: NOON, helps: [] }
  const old = { ...drill, id: id(73), createdAt: '2020-01-01T00:00:00Z', serviceId: id(10) }
  api.objects.drills = [
    drill,
    { ...old, id: id(74), outcome: 'failed', failure, createdAt: '2021-01-01T00:00:00Z' },
    old,
  ]
  const page = await reported('drill', 'list')
  const { Drills, Passed, Failed, 'Services with a valid drill': valid, 'Targets missed': missed } = figuresOf(page)
  assert.deepEqual([Drills, Passed, Failed, valid, missed], ['3', '2', '1', '1 of 2', '0'])
  const rows = rowsOf(page)
  for (const row of [
    'crm|not known|failed|2021-01-01T00:00:00Z|5 min 13 s|not known|no target|5 min 13 s|not known|no target',
    'crm|No drill has passed within 365 days.',
    `2021-01-01T00:00:00Z|crm|ACME|Beta|live|failed|&lt;b&gt;twin&lt;/b&gt;|${id(74)}`,
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
})
