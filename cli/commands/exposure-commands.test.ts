import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { AGENT, api, fulcrum, id, root, sent, TYPE } from '../command-harness.ts'

const offering = {
  agentId: AGENT.id,
  agentName: 'pg-1',
  serviceTypeId: TYPE.id,
  serviceTypeName: 'postgres',
  providerId: id(3),
  providerName: 'ACME',
  services: 2,
  impact: 'lost',
  profileVersions: [{ profileId: id(40), version: 3 }],
}
const exposed = (n: number, name: string, more: object) => ({
  serviceId: id(n),
  name,
  consumerId: id(5),
  groupId: id(6),
  providerId: id(3),
  agentId: AGENT.id,
  serviceTypeId: TYPE.id,
  impact: 'lost',
  hit: true,
  timeToImpactDays: 0,
  reasons: ['CONTROLLED_FROM'],
  criticality: 'critical',
  costDelta: 0,
  ...more,
})
const sums = {
  services: 2,
  hit: 2,
  blastRadius: 1,
  critical: 1,
  criticalHit: 1,
  spend: [{ currency: 'EUR', amount: 1_234.5, hitAmount: 1_234.5, share: 1, costDelta: 0 }],
  unknownSpend: 1,
}
const SUMMARY = 'A cut-off by US: 2 of 2 services are hit, 100 % of the monthly spend in EUR, 1 critical.'

beforeEach(() => {
  api.routes['POST /exposure'] = (body) => {
    const items = [
      exposed(10, 'crm', { monthlySpend: { amount: 1_234.5, currency: 'EUR' }, spendSource: 'classification' }),
      exposed(12, '<b>twin</b>', { criticality: 'normal', impact: 'lost-after', timeToImpactDays: 60 }),
    ]
    const page = { items, totalItems: 2, totalPages: 1, currentPage: 1, hasNext: false, hasPrev: false }
    return {
      status: 200,
      body: {
        scenario: { at: '2026-11-24T12:00:00Z', ...(body.scenario as object) }, // the tests send objects
        summary: SUMMARY,
        totals: { ...sums, byImpact: { lost: 1, 'lost-after': 1 } },
        consumers: [{ consumerId: id(5), consumerName: 'City', ...sums }],
        services: page,
        reasonTexts: { CONTROLLED_FROM: 'Who controls the provider is there.' },
        offerings: [offering],
        unknown: [{ code: 'NO_SPEND', text: 'Nobody has said what these services cost.', services: 1 }],
        assumptions: ['Different currencies are not added.'],
      },
    }
  }
})
const bodyOf = (line: string) => sent(line).at(-1)?.body

test('exposure prints a sentence, the services that are hit, and what is not known', async () => {
  const { out, err, code } = await fulcrum('exposure', 'cut-off', '--jurisdiction', 'us', '--grace', '2h')
  assert.equal(
    out,
    `${SUMMARY}\n\n` +
      'SERVICE      PROVIDER  TYPE      CRITICALITY  A MONTH      IMPACT      WHEN  WHY\n' +
      'crm          ACME      postgres  critical     1,234.5 EUR  lost        2 h   CONTROLLED_FROM\n' +
      '<b>twin</b>  ACME      postgres  normal       ?            lost later  60 d  CONTROLLED_FROM\n',
  )
  assert.match(err, /^Not known of 1 service: Nobody has said/)
  assert.equal(code, 0)
  assert.deepEqual(bodyOf('POST /exposure'), {
    scenario: { type: 'cut-off', jurisdictions: ['US'], graceHours: 2 },
    detail: 'hit',
    pageSize: 10_000,
  })
})

test('every kind of event is sent as the API knows it, narrowed to what was named', async () => {
  const asked = async (...args: string[]) => {
    assert.equal((await fulcrum('exposure', ...args, '-o', 'json')).code, 0, args.join(' '))
    return bodyOf('POST /exposure')
  }
  assert.deepEqual((await asked('access-order', '--jurisdiction', 'US,CN'))?.scenario, {
    type: 'data-access-order',
    jurisdictions: ['US', 'CN'],
  })
  assert.deepEqual((await asked('tariff', '--jurisdiction', 'US', '--pct', '25', '--pass-through', '40'))?.scenario, {
    type: 'tariff',
    jurisdictions: ['US'],
    tariffPct: 25,
    passThrough: 0.4,
  })
  const narrowed = await asked(
    ...['cut-off', '--jurisdiction', 'US', '--consumer', 'City', '--group', 'main', '--type', 'postgres'],
    ...['--provider', id(3), '--at', '2027-01-31', '--all'],
  )
  assert.deepEqual(narrowed, {
    scenario: { type: 'cut-off', jurisdictions: ['US'], at: '2027-01-31T00:00:00.000Z' },
    consumerId: id(5),
    groupId: id(6),
    serviceTypeId: TYPE.id,
    providerId: id(3),
    detail: 'services',
    pageSize: 10_000,
  })
  // ACME is none of the participants that the caller may list
  const fails = await asked('provider', 'acme', '--grace', '1d')
  assert.deepEqual(fails?.scenario, { type: 'provider-cut-off', graceHours: 24, providers: [id(3)] })
})

test('what is no event is said before anything is sent', async () => {
  const cases = [
    [['cut-off'], /Whose power/],
    [['tariff', '--jurisdiction', 'US'], /--pct/],
    [['tariff', '--jurisdiction', 'US', '--pct', 'much'], /--pct must be a number/],
    [['cut-off', '--jurisdiction', 'US', '--grace', 'soon'], /not a duration/],
    [['cut-off', '--jurisdiction', 'US', '--at', 'soon'], /is no time/],
    [['provider'], /provider/],
  ] as const
  for (const [args, reason] of cases) {
    const { code, err } = await fulcrum('exposure', ...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(err, reason)
  }
  assert.deepEqual(sent('POST /exposure'), [])
  assert.equal((await fulcrum('exposure', 'provider', 'nobody')).code, 5)
})

test('a report is a file for its owner, complete by itself, and never written over another by mistake', async () => {
  const file = join(root, 'exposure.html')
  const args = ['exposure', 'cut-off', '--jurisdiction', 'US', '--report', file]
  assert.match((await fulcrum(...args)).err, /Wrote .*exposure\.html/)
  const text = await readFile(file, 'utf8')
  for (const part of [
    SUMMARY,
    'City · US · at',
    '1,234.5 EUR',
    'version 3',
    'Different currencies are not added.',
    '&lt;b&gt;twin',
  ])
    assert.ok(text.includes(part), part)
  assert.ok(!text.includes('<b>'))
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await fulcrum(...args)
  assert.deepEqual([again.code, /--force replaces it/.test(again.err)], [2, true])
  assert.equal((await fulcrum(...args, '--force')).code, 0)
})

test('concentration prints the indices and what remains', async () => {
  const share = { key: 'US', name: 'US', share: 0.75 }
  const measure = { dimension: 'controller-country', weight: 'count', hhi: 6_250, effectiveNumber: 1.6, maxShare: 0.75 }
  api.routes['GET /concentration'] = () => ({
    status: 200,
    body: {
      at: '2026-11-24T12:00:00Z',
      summary: 'Of 4 services: 75 % under control from one country (US).',
      services: 4,
      unknownSpend: 1,
      measures: [
        { ...measure, band: 'high', unknownShare: 0, shares: [share, { key: 'AT', name: 'AT', share: 0.25 }] },
        { ...measure, weight: 'spend', currency: 'EUR', hhi: 0, shares: [], band: 'low', unknownShare: 0 },
      ],
      largestFails: [
        {
          ...{ dimension: 'controller-country', key: 'US', name: 'US' },
          ...{ servicesLost: 3, servicesRemaining: 1, criticalLost: 1, criticalRemaining: 0 },
          spend: [{ currency: 'EUR', lost: 300, remaining: 100 }],
          takers: [{ serviceTypeId: TYPE.id, serviceTypeName: 'postgres', services: 3, offerings: [offering] }],
        },
      ],
      suppliers: [],
      groups: [{ key: id(3), name: 'ACME + Beta', providers: [], because: ['X holds 60 % of both.'] }],
      bands: { low: 1_000, moderate: 2_000 },
      assumptions: [],
    },
  })
  const { out, err } = await fulcrum('concentration', '--consumer', 'City')
  assert.equal(
    out,
    'Of 4 services: 75 % under control from one country (US).\n\n' +
      'OF       BY     INDEX  BAND  AS MANY AS  LARGEST  SHARE\n' +
      'control  count  6,250  high  1.6         US       75 %\n\n' +
      'IF IT FAILS  SERVICES LEFT  CRITICAL LEFT  SPEND LEFT A MONTH  COULD TAKE THEM\n' +
      'US           1 of 4         0 of 1         100 of 400 EUR      postgres: ACME\n',
  )
  assert.match(err, /ACME \+ Beta count as one: X holds 60 % of both\./)
  assert.match(sent('GET /concentration').at(-1)?.line ?? '', new RegExp(`consumerId=${id(5)}`))
  assert.match((await fulcrum('concentration', '-o', 'wide')).out, /US 75 %, AT 25 %/)
  assert.equal(JSON.parse((await fulcrum('concentration', '-o', 'json')).out).services, 4)
})

test('classify keeps what was said before, unless it is to be forgotten', async () => {
  const known = { criticality: 'important', function: 'billing', dataClasses: ['personal'] }
  const whole = { serviceId: id(10), consumerId: id(5), updatedAt: '2026-11-24T12:00:00Z' }
  api.routes['GET /services/*/classification'] = () => ({ status: 200, body: { ...whole, ...known } })
  api.routes['PUT /services/*/classification'] = (body) => ({
    status: 200,
    body: { ...whole, dataClasses: [], ...body },
  })
  const args = ['--criticality', 'critical', '--spend', '4000 eur', '--rto', '4h', '--rpo', '0', '--notice', '60d']
  const { out } = await fulcrum('classify', 'crm', ...args)
  assert.deepEqual(bodyOf('PUT /services'), {
    criticality: 'critical',
    function: 'billing',
    dataClasses: ['personal'],
    rtoTargetSeconds: 14_400,
    rpoTargetSeconds: 0,
    monthlySpend: { amount: 4_000, currency: 'EUR' },
    noticePeriodDays: 60,
  })
  assert.match(out, /Criticality: +critical\n[\s\S]*A month: +4,000 EUR\n[\s\S]*Notice: +60 days/)
  await fulcrum('classify', 'crm', '--reset', '--criticality', 'normal')
  assert.deepEqual(bodyOf('PUT /services'), { criticality: 'normal' })

  const puts = sent('PUT /services').length
  assert.match((await fulcrum('classify', 'crm')).out, /Function: +billing/)
  assert.equal((await fulcrum('classify', 'crm', '--spend', 'much')).code, 2)
  assert.equal((await fulcrum('classify', 'crm', '--criticality', 'vital')).code, 2)
  assert.equal(sent('PUT /services').length, puts)
})
