/** `--report` of `fulcrum evacuate` and `fulcrum drill`, as processes against an API in memory. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { AGENT, api, id, stamps, TYPE } from '../command-harness.ts'
import { figuresOf, reported, rowsOf } from '../report-harness.ts'

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
    '&lt;b&gt;twin&lt;/b&gt;|critical|2 min 36 s|1 min 40 s: MISSED|0 s|none said',
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
    '&lt;b&gt;twin&lt;/b&gt;|critical|1 min 40 s|1 min 40 s: met|1 h 2 min|1 h: MISSED',
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
    `&lt;b&gt;twin&lt;/b&gt;|critical|passed|${drill.createdAt}|5 min 13 s|4 h: met|5 min 13 s|1 min: MISSED`,
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
    'crm|not known|failed|2021-01-01T00:00:00Z|5 min 13 s|not known|5 min 13 s|not known',
    'crm|No drill has passed within 365 days.',
    `2021-01-01T00:00:00Z|crm|ACME|Beta|live|failed|&lt;b&gt;twin&lt;/b&gt;|${id(74)}`,
  ])
    assert.ok(rows.includes(row), `${row}\n${rows.join('\n')}`)
})
