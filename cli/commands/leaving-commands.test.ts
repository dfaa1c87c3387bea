import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { AGENT, api, fulcrum, id, service, stamps } from '../command-harness.ts'

const ERP = service(20, 'erp', 'Started')
const MIGRATION = {
  id: id(70),
  serviceId: ERP.id,
  consumerId: id(3),
  serviceTypeId: id(1),
  sourceAgentId: id(9),
  targetAgentId: AGENT.id,
  sourceProviderId: id(4),
  targetProviderId: id(5),
  from: 'live',
  state: 'exporting',
  paused: false,
  primaryServiceId: ERP.id,
  verification: 'pending',
  cutOver: 'automatic',
  precopy: true,
  acceptWriteLoss: false,
  vaultFallback: false,
  retrievalHours: 720,
  fence: 'none',
  steps: [{ step: 'exporting', status: 'running', since: stamps.createdAt }],
  actions: ['pause', 'cancel'],
  ...stamps,
}
const ITEM = {
  serviceId: ERP.id,
  serviceName: 'erp',
  consumerId: id(3),
  sourceProviderId: id(4),
  sourceAgentId: id(9),
  position: 1,
  impact: 'lost',
  criticality: 'critical',
  feasible: true,
  from: 'live',
  targetAgentId: AGENT.id,
  rtoSeconds: 156,
  rpoSeconds: 0,
  rtoMet: true,
  rpoMet: true,
  steps: [],
}
const PLAN = {
  scenario: { type: 'cut-off', jurisdictions: ['US'], providerIds: [], at: stamps.createdAt, graceHours: 2 },
  deadlineAt: stamps.createdAt,
  items: [
    ITEM,
    { ...ITEM, position: 2, serviceName: 'crm', feasible: false, reason: 'NO_ELIGIBLE_TARGET', from: undefined },
  ],
  notHit: [],
  assumptions: [{ what: 'import throughput of pg-1', value: '30 MiB/s', because: 'nothing was measured' }],
  totals: { services: 2, feasible: 1, fromVault: 0, rtoMissed: 0, rpoMissed: 0, longestRtoSeconds: 156 },
}
const PROGRESS = {
  services: 1,
  waiting: 0,
  moving: 1,
  moved: 0,
  failed: 0,
  infeasible: 0,
  cancelled: 0,
  rtoMissed: 0,
  rpoMissed: 0,
}
const EVACUATION = {
  id: id(80),
  state: 'running',
  paused: false,
  scenario: PLAN.scenario,
  deadlineAt: stamps.createdAt,
  exportsAtOnce: 2,
  progress: PROGRESS,
  items: [{ ...ITEM, state: 'moving', migrationState: 'exporting' }],
  assumptions: [],
  ...stamps,
}

const bodies: unknown[] = []
beforeEach(() => {
  bodies.length = 0
  api.objects.services = [ERP]
  api.objects.agents = [AGENT]
  api.objects.migrations = [MIGRATION]
  const keep = (status: number, answer: unknown) => (body: unknown) => {
    bodies.push(body)
    return { status, body: answer }
  }
  api.routes['POST /migrations'] = keep(201, MIGRATION)
  api.routes['POST /migrations/*/pause'] = keep(200, { ...MIGRATION, paused: true })
  api.routes['POST /evacuations/plan'] = keep(200, PLAN)
  api.routes['POST /evacuations'] = keep(201, EVACUATION)
})

test('a migration is asked for by names, and shown with what can be done', async () => {
  const { code, out } = await fulcrum('migrate', 'erp', '--to', 'pg-1', '--manual', '--no-precopy', '--keep-hours', '2')
  assert.equal(code, 0)
  assert.deepEqual(bodies, [
    { serviceId: ERP.id, agentId: AGENT.id, from: 'auto', precopy: false, cutOver: 'manual', retrievalHours: 2 },
  ])
  assert.match(out, /State: +exporting/)
  assert.match(out, /Possible now: +pause, cancel/)
  const refused = await fulcrum('migrate', 'erp')
  assert.equal(refused.code, 2)
  assert.match(refused.err, /--to AGENT, or --choose/)
})

test('a migration is followed to its end, and a failed one ends the command with what helps', async () => {
  let looks = 0
  const failure = { step: 'importing', reason: 'disk full', at: stamps.createdAt, helps: ['free some space'] }
  api.routes['GET /migrations/*'] = () => ({
    status: 200,
    body: ++looks < 2 ? MIGRATION : { ...MIGRATION, state: 'failed', failure },
  })
  const { code, out, err } = await fulcrum('migration', 'show', MIGRATION.id, '--watch')
  assert.notEqual(code, 0)
  assert.match(out, /^exporting\nfailed {2}importing: disk full\n/)
  assert.match(err, /free some space/)
})

test('migrations are listed and steered; machines get JSON', async () => {
  const list = await fulcrum('migration', 'list')
  assert.match(list.out, /^ID +SERVICE +STATE +FROM/)
  const paused = await fulcrum('migration', 'pause', MIGRATION.id, '-o', 'json')
  assert.equal(JSON.parse(paused.out).paused, true)
})

test('an evacuation plan names what stays and what was assumed', async () => {
  const { code, out } = await fulcrum('evacuate', 'plan', '--jurisdiction', 'US', '--grace', '2h')
  assert.equal(code, 0)
  assert.deepEqual(bodies, [
    { scenario: { type: 'cut-off', jurisdictions: ['US'], graceHours: 2 }, vaultFallback: true },
  ])
  assert.match(out, /^1 of 2 services can leave/)
  assert.match(out, /crm +critical +stays +NO_ELIGIBLE_TARGET/)
  assert.match(out, /import throughput of pg-1: 30 MiB\/s/)
})

test('a consumer, who lists no providers and agents, names them as offers do; the plan does, too', async () => {
  api.objects.agents = []
  const beta = await fulcrum('evacuate', 'plan', '--provider', 'beta', '--to', 'pg-1')
  assert.deepEqual([beta.code, bodies], [0, [{ providerId: id(8), targetAgentIds: [AGENT.id], vaultFallback: true }]])
  assert.match(beta.out, /erp +critical +live +pg-1 /)
  const nobody = await fulcrum('evacuate', 'plan', '--provider', 'Gamma')
  assert.equal(nobody.code, 5)
  assert.match(nobody.err, /There is no participant "Gamma"/)
})

test('of two services that a move gave the same name, the one that counts is meant', async () => {
  const target = service(21, 'erp', 'Started')
  api.objects.services = [ERP, target]
  api.objects.drills = []
  const asked = async (move: object) => {
    api.objects.migrations = [{ ...MIGRATION, targetServiceId: target.id, ...move }]
    await fulcrum('migrate', 'erp', '--choose')
    return bodies.pop()
  }
  assert.partialDeepStrictEqual(await asked({}), { serviceId: ERP.id })
  assert.partialDeepStrictEqual(await asked({ primaryServiceId: target.id }), { serviceId: target.id })
  api.objects.drills = [{ ...MIGRATION, outcome: 'running', targetServiceId: target.id, primaryServiceId: undefined }]
  api.objects.migrations = []
  await fulcrum('migrate', 'erp', '--choose')
  assert.partialDeepStrictEqual(bodies.pop(), { serviceId: ERP.id })
  api.objects.drills = []
  const { code, err } = await fulcrum('migrate', 'erp', '--choose')
  assert.deepEqual([code, bodies], [2, []])
  assert.match(err, /"erp" names 2 services/)
})

test('an evacuation is followed with a line for each service', async () => {
  let looks = 0
  const done = {
    ...EVACUATION,
    state: 'done',
    progress: { ...PROGRESS, moving: 0, moved: 1 },
    items: [
      { ...ITEM, state: 'moved', migrationState: 'retaining', measuredRtoSeconds: 140, rtoTargetSeconds: 14_400 },
    ],
  }
  api.routes['GET /evacuations/*'] = () => ({ status: 200, body: ++looks < 2 ? EVACUATION : done })
  const { code, out } = await fulcrum('evacuate', 'run', '--service', 'erp')
  assert.equal(code, 0)
  assert.match(out, /^running: 0 of 1 moved/)
  assert.match(out, / {2}erp {2}moving exporting\n/)
  assert.match(out, / {2}erp {2}moved retaining {2}RTO 140 s\n/)
  assert.match(out, /erp +moved +live +140 s +4h +-/)
})

test('a drill that does not pass ends the command with an error', async () => {
  const drill = {
    ...MIGRATION,
    state: 'failed',
    outcome: 'failed',
    evidenceIds: [],
    failure: { step: 'verifying', reason: 'the contents differ', at: stamps.createdAt, helps: [] },
  }
  api.routes['POST /drills'] = (body) => {
    bodies.push(body)
    return { status: 201, body: { items: [drill], refused: [] } }
  }
  api.routes['GET /drills/*'] = () => ({ status: 200, body: drill })
  const { code, out } = await fulcrum('drill', 'run', 'erp', '--vault')
  assert.deepEqual(bodies, [{ serviceIds: [ERP.id], from: 'vault' }])
  assert.notEqual(code, 0)
  assert.match(out, /^erp {2}failed {2}failed\n/)
  assert.match(out, / erp +failed .*the contents differ/)
})
