/** `fulcrum placement`, `decision` and `sovereignty replay`, as processes against an API in memory. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { type PlacementInputs, placeRecorded, ZONE_GROUPS, ZONE_GROUPS_AS_OF } from '@fulcrum/sovereignty'
import { jsonDigest } from '@fulcrum/sovereignty/audit'
import { AGENT, api, ended, fulcrum, id, root, sent, stamps, start } from '../command-harness.ts'

const candidate = {
  agentId: AGENT.id,
  agentName: 'pg-1',
  providerId: id(3),
  providerName: 'ACME',
  qualifies: true,
  outcome: 'allow_with_obligations',
  failed: [],
  warnings: [],
  obligations: ['OBL_CUSTOMER_HELD_KEYS'],
  waived: [],
  wouldFail: [`${id(80)}/control:CONTROL_THIRD_COUNTRY`, `${id(81)}/owner:CONTROL_THIRD_COUNTRY`],
  advisories: ['cut-off=exposed'],
  obstacles: [],
  remarks: [],
  utility: 1.5,
  utilities: { price: 1 },
  monthlyPrice: { amount: 12.5, currency: 'EUR' },
  country: 'AT',
  share: 1,
  explanation: 'Allowed.',
}
const refused = {
  ...candidate,
  agentId: id(9),
  agentName: 'pg-2',
  providerName: 'Beta',
  qualifies: false,
  outcome: 'deny',
  failed: [
    { code: 'LABEL_TOO_LOW', detail: 'L2<L3', policyId: id(80), constraintId: 'label', type: 'gaiax.label.min' },
  ],
  obstacles: [{ code: 'CAPACITY', detail: '0 of 4 units are free, 1 are needed' }],
  monthlyPrice: undefined,
}
const DECISION = {
  id: id(60),
  kind: 'dry-run',
  outcome: 'placed',
  serviceTypeId: id(1),
  consumerId: id(5),
  groupId: id(6),
  agentId: AGENT.id,
  providerId: id(3),
  at: stamps.createdAt,
  explanation: 'ACME / pg-1 qualifies.',
  inputsSha256: '0'.repeat(64),
  createdAt: stamps.createdAt,
  candidates: [candidate, refused],
  counterfactuals: [
    {
      policyId: id(80),
      constraintId: 'label',
      change: 'level L2 instead of L3',
      gained: [id(9)],
      text: 'With L2 one more.',
    },
  ],
}

const INPUTS: PlacementInputs = {
  v: 1,
  at: '2026-11-24T12:00:00.000Z',
  subject: { consumerId: id(5), groupId: id(6), serviceTypeId: id(1) },
  zones: { asOf: ZONE_GROUPS_AS_OF, groups: ZONE_GROUPS },
  policies: [
    {
      id: id(80),
      version: 1,
      scope: { kind: 'platform' },
      mode: 'enforce',
      trustedZone: { groups: ['EEA'] },
      onUnknown: 'deny',
      minAssurance: 'none',
      constraints: [{ id: 'seat', type: 'legal.headquarters.within' }],
    },
  ],
  waivers: [],
  preferences: [{ type: 'price', weight: 1 }],
  current: [{ placed: { provider: id(3) }, count: 2 }],
  candidates: [AGENT.id, id(9)].map((agentId, at) => ({
    id: agentId,
    agentName: `pg-${at + 1}`,
    providerId: id(3 + at),
    providerName: 'ACME',
    profile: {
      id: id(3 + at),
      legal: { headquartersCountry: at === 0 ? 'AT' : 'US', mainEstablishmentCountry: 'AT', registeredCountry: 'AT' },
    },
    placed: { provider: id(3 + at) },
    price: 10 + at,
    latencyMs: null,
    carbonGramPerKWh: null,
    country: null,
    obstacles: [],
    versions: [],
    remarks: [],
    details: {},
  })),
}
const record = () => ({
  id: DECISION.id,
  inputsSha256: jsonDigest(INPUTS),
  inputs: structuredClone(INPUTS),
  result: structuredClone(placeRecorded(INPUTS)),
})

beforeEach(() => {
  api.routes['POST /placements'] = () => ({ status: 201, body: DECISION })
  api.objects['placement-decisions'] = [DECISION]
  api.routes['GET /placement-decisions/*/inputs'] = () => ({ status: 200, body: record() })
})

test('placement shows every candidate with its reasons, and sends what the order demands', async () => {
  const file = join(root, 'requirements.yaml')
  await writeFile(file, 'constraints:\n  - type: gaiax.label.min\n    params: { level: L3 }\n')
  const args = ['placement', 'postgres', '--group', 'main', '-r', file, '--key', 'hsm://1', '--key-country', 'DE']
  const { code, out } = await fulcrum(...args)
  assert.equal(code, 0)
  assert.equal(
    out,
    'PROVIDER  AGENT  QUALIFIES  UTILITY  PRICE     REASONS\n' +
      'ACME      pg-1   yes        1.500    12.5 EUR  OBL_CUSTOMER_HELD_KEYS, audit: CONTROL_THIRD_COUNTRY, cut-off=exposed\n' +
      'Beta      pg-2   no         -        -         LABEL_TOO_LOW (L2<L3), CAPACITY (0 of 4 units are free, 1 are needed)\n' +
      'With L2 one more.\n' +
      `Decision ${DECISION.id}: placed.\n`,
  )
  assert.deepEqual(sent('POST /placements')[0]?.body, {
    serviceTypeId: id(1),
    groupId: id(6),
    requirements: { constraints: [{ type: 'gaiax.label.min', params: { level: 'L3' } }] },
    customerKey: { reference: 'hsm://1', country: 'DE' },
  })
  const [json, names, wide, halfKey] = await Promise.all([
    fulcrum('placement', 'postgres', '--group', 'main', '-o', 'json'),
    fulcrum('placement', 'postgres', '--group', 'main', '-o', 'name'),
    fulcrum('placement', 'postgres', '--group', 'main', '-o', 'wide'),
    fulcrum('placement', 'postgres', '--group', 'main', '--key', 'hsm://1'),
  ])
  assert.equal(JSON.parse(json.out).id, DECISION.id)
  assert.equal(names.out, 'pg-1\n')
  assert.match(wide.out, /COUNTRY/)
  assert.equal(halfKey.code, 2)
})

test('decisions are listed, shown and explained', async () => {
  api.routes['GET /placement-decisions/*/why'] = () => ({
    status: 200,
    body: {
      state: 'failed',
      summary: 'No offering qualifies.',
      since: stamps.createdAt,
      considered: [],
      possibleIf: ['it rains'],
    },
  })
  const [list, show, why, wrong] = await Promise.all([
    fulcrum('decision', 'list', '--kind', 'dry-run'),
    fulcrum('decision', 'show', DECISION.id),
    fulcrum('decision', 'why', DECISION.id),
    fulcrum('decision', 'list', '--kind', 'other'),
  ])
  assert.match(list.out, new RegExp(`${DECISION.id}  dry-run  placed`))
  assert.match(show.out, /With L2 one more/)
  assert.match(why.out, /Possible if: it rains/)
  assert.equal(wrong.code, 2)
})

test('replay decides again here and finds the same, from the server and from a file without it', async () => {
  const online = await fulcrum('sovereignty', 'replay', DECISION.id)
  assert.deepEqual([online.code, online.out, online.err], [0, `same: ${AGENT.id}\n`, ''])
  const file = join(root, 'decision.json')
  await writeFile(file, (await fulcrum('decision', 'inputs', DECISION.id)).out)
  const before = api.requests.length
  const offline = await ended(
    start(['sovereignty', 'replay', '--file', file], { FULCRUM_URL: undefined, FULCRUM_TOKEN: undefined }),
  )
  assert.deepEqual([offline.code, offline.out], [0, `same: ${AGENT.id}\n`])
  assert.equal(api.requests.length, before)
})

test('replay finds a changed input and a changed result, and says what and where', async () => {
  const replayOf = async (changed: unknown) =>
    await ended(start(['sovereignty', 'replay', '--file', '-', '-o', 'json']), JSON.stringify(changed))

  const input = record()
  const [first] = input.inputs.candidates
  assert.ok(first)
  Object.assign(first, { price: 9 })
  const tampered = await replayOf(input)
  assert.equal(tampered.code, 10)
  assert.equal(JSON.parse(tampered.out).inputsIntact, false)
  assert.match(tampered.err, /The inputs are not those of the decision: their SHA-256 is [0-9a-f]{64}/)

  // with a digest that fits again, the result no longer does
  const seat = record()
  Object.assign(seat.inputs.candidates[0]?.profile.legal ?? {}, { headquartersCountry: 'US' })
  const resealed = await replayOf({ ...seat, inputsSha256: jsonDigest(seat.inputs) })
  assert.equal(resealed.code, 10)
  const { inputsIntact, differences } = JSON.parse(resealed.out)
  assert.equal(inputsIntact, true)
  assert.deepEqual(
    differences.find(({ path }: { path: string }) => path === '/chosen'),
    {
      path: '/chosen',
      recorded: AGENT.id,
      computed: null,
    },
  )

  const result = record()
  Object.assign(result.result, { chosen: id(9) })
  const forged = await replayOf(result)
  assert.equal(forged.code, 10)
  assert.match(forged.err, new RegExp(`/chosen: recorded "?${id(9)}"?, computed "?${AGENT.id}`))
  const none = await replayOf({ id: 'x' })
  assert.equal(none.code, 2)
  assert.equal((await fulcrum('sovereignty', 'replay')).code, 2)
})
