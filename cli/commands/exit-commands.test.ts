/** `fulcrum exit` and `fulcrum switching`, as processes against an API in memory. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { api, fulcrum, id, sent, stamps } from '../command-harness.ts'

const CONSUMER = id(5)
const PROVIDER = id(3)

const SWITCHING = {
  id: id(70),
  consumerId: CONSUMER,
  providerId: PROVIDER,
  serviceIds: [id(10)],
  destination: 'on-premises',
  requestedOn: '2026-12-31',
  noticeMonths: 2,
  state: 'transition',
  clocks: {
    noticeEndsOn: '2027-02-28',
    unfeasibleUntil: '2027-01-20',
    transitionEndsOn: '2027-03-30',
    retrievalEndsOn: '2027-04-29',
    noChargesFrom: '2027-01-12',
  },
  overdue: ['transition'],
  ...stamps,
}
const RECORD = {
  ...SWITCHING,
  entries: [
    {
      kind: 'charge',
      text: 'work',
      charge: { amount: 5, currency: 'EUR' },
      directCost: 7,
      by: 'provider',
      at: stamps.createdAt,
    },
  ],
  assets: [
    { serviceId: id(10), kind: 'exportable-data', path: '/artifacts/x', format: 'dump', sizeBytes: 2048, sha256: 'ab' },
  ],
}

test('switching starts with what was said, shows clocks and assets, and records entries', async () => {
  api.routes['POST /switchings'] = () => ({ status: 201, body: SWITCHING })
  api.routes['GET /switchings/*'] = () => ({ status: 200, body: RECORD })
  api.routes['POST /switchings/*/entries'] = () => ({ status: 201, body: RECORD })
  const start = await fulcrum('switching', 'start', '--provider', PROVIDER, '--consumer', CONSUMER, '--contract', 'C-7')
  assert.equal(start.code, 0, start.err)
  assert.match(start.out, /Transition ends: +2027-03-30\n/)
  assert.match(start.out, /State: +transition; late: transition\n/)
  assert.deepEqual(sent('POST /switchings')[0]?.body, {
    consumerId: CONSUMER,
    providerId: PROVIDER,
    destination: 'on-premises',
    contractRef: 'C-7',
  })
  const show = await fulcrum('switching', 'show', SWITCHING.id)
  assert.match(show.out, /provider +charge +work; 5 EUR, direct cost 7\n/)
  assert.match(show.out, /exportable-data +dump +2\.0 KiB +ab +\/artifacts\/x\n/)
  const entry = ['charge', '--text', 'work', '--amount', '5', '--direct-cost', '7']
  assert.equal((await fulcrum('switching', 'record', SWITCHING.id, ...entry)).code, 0)
  assert.deepEqual(sent('POST /switchings/').at(-1)?.body, {
    kind: 'charge',
    text: 'work',
    charge: { amount: 5, currency: 'EUR' },
    directCost: 7,
  })
})

test('switching refuses what makes no sense before anything is sent', async () => {
  const wrong = await Promise.all([
    fulcrum('switching', 'start', '--provider', PROVIDER, '--consumer', CONSUMER, '--erase', '--to', id(9)),
    fulcrum('switching', 'record', SWITCHING.id, 'farewell'),
    fulcrum('switching', 'record', SWITCHING.id, 'charge', '--amount', 'much'),
  ])
  assert.deepEqual(
    wrong.map(({ code }) => code),
    [2, 2, 2],
  )
  assert.match(wrong[1]?.err ?? '', /unfeasibility/)
  assert.deepEqual(sent('POST /switchings'), [])
})

test('the register is written as one CSV for each template, and nobody’s name becomes a formula', async () => {
  api.routes['GET /participants/*/dora-register'] = () => ({
    status: 200,
    body: {
      consumerId: CONSUMER,
      asOf: stamps.createdAt,
      templates: [
        {
          code: 'B_05.01',
          title: 'Providers',
          columns: ['Name', 'Cost'],
          rows: [
            ['=1+1', '7'],
            ['a;b, "c"', ''],
          ],
          missing: ['LEI'],
        },
      ],
    },
  })
  const directory = await mkdtemp(join(tmpdir(), 'fulcrum-register-'))
  try {
    const { code, out, err } = await fulcrum('exit', 'register', '--consumer', CONSUMER, '--out', directory)
    assert.equal(code, 0, err)
    assert.match(out, /B_05\.01 +2 +1 +Providers/)
    assert.match(err, /B_05\.01: LEI/)
    assert.deepEqual(await readdir(directory), ['B_05.01.csv'])
    const content = await readFile(join(directory, 'B_05.01.csv'), 'utf8')
    assert.equal(content, '\uFEFFName,Cost\r\n\'=1+1,7\r\n"a;b, ""c""",\r\n')
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('the exit plan and the page about jurisdiction are readable, and JSON for scripts', async () => {
  const item = {
    serviceId: id(10),
    serviceName: 'crm',
    serviceTypeName: 'postgres',
    groupName: 'g',
    providerId: PROVIDER,
    providerName: 'ACME',
    criticality: 'critical',
    alternatives: [
      {
        agentId: id(9),
        agentName: 'pg-2',
        providerId: id(8),
        providerName: 'Beta',
        qualifies: true,
        failed: [],
        formats: [],
      },
    ],
    steps: ['Export at ACME'],
    contingency: 'Nothing: there is no copy.',
    gaps: ['No vault copy: schedule one.'],
  }
  const plan = {
    consumerId: CONSUMER,
    consumerName: 'Klinik',
    asOf: stamps.createdAt,
    reviewBy: stamps.createdAt,
    items: [item],
    ready: 0,
    sufficientlyTested: false,
  }
  api.routes['GET /participants/*/exit-plan'] = () => ({ status: 200, body: plan })
  api.routes['GET /participants/*/jurisdiction'] = () => ({
    status: 200,
    body: {
      providerId: PROVIDER,
      providerName: 'ACME',
      asOf: stamps.createdAt,
      governingLaw: ['IE'],
      courtVenue: [],
      foreignControl: 'yes',
      foreignControllers: ['US'],
      offerings: [
        {
          agentId: id(2),
          agentName: 'pg-1',
          serviceTypeId: id(1),
          serviceTypeName: 'postgres',
          infrastructure: { storage: ['IE'] },
          reach: [{ effect: 'cut-off', level: 'exposed', reasons: ['CONTROLLED_FROM'] }],
          measures: [{ text: 'Keys are held by the customer', assurance: 'none' }],
          unknown: ['/location/backup'],
          profileVersions: [],
        },
      ],
    },
  })
  const shown = await fulcrum('exit', 'plan', '--consumer', CONSUMER, '-o', 'wide')
  assert.equal(shown.code, 0, shown.err)
  assert.match(shown.out, /crm +ACME +critical +Beta +never +none +1\n/)
  assert.match(shown.out, /1\. Export at ACME\n/)
  assert.match(shown.out, /Missing: No vault copy/)
  const json = await fulcrum('exit', 'plan', '--consumer', CONSUMER, '--provider', PROVIDER, '-o', 'json')
  assert.deepEqual(JSON.parse(json.out), plan)
  assert.ok(sent('GET /participants/').some(({ line }) => line.endsWith(`exit-plan?providerId=${PROVIDER}`)))
  const page = await fulcrum('exit', 'jurisdiction', PROVIDER)
  assert.match(page.out, /Controlled from outside the EEA: +yes: US\n/)
  assert.match(page.out, /cut-off from outside the EEA: exposed CONTROLLED_FROM\n/)
  assert.match(page.out, /not published: \/location\/backup\n/)
})
