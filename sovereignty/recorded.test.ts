/** Placements decided from their record. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonDigest } from './audit/index.ts'
import { ZONE_GROUPS, ZONE_GROUPS_AS_OF } from './catalogues.ts'
import { type PlacementInputs, placeRecorded, type RecordedCandidate } from './recorded.ts'
import { AT, policy, profile } from './testing.ts'

const candidate = (name: string, edit: Partial<RecordedCandidate> = {}): RecordedCandidate => ({
  id: name,
  agentName: name,
  providerId: name,
  providerName: name,
  profile: profile(name),
  placed: { provider: name },
  price: null,
  latencyMs: null,
  carbonGramPerKWh: null,
  country: null,
  obstacles: [],
  versions: [],
  remarks: [],
  details: {},
  ...edit,
})

const inputs = (edit: Partial<PlacementInputs> = {}): PlacementInputs => ({
  v: 1,
  at: AT,
  subject: { consumerId: 'c', groupId: 'g', serviceTypeId: 't' },
  zones: { asOf: ZONE_GROUPS_AS_OF, groups: ZONE_GROUPS },
  policies: [],
  waivers: [],
  preferences: [],
  current: [],
  candidates: [candidate('alpenwolke'), candidate('nordkraft')],
  ...edit,
})

test('a record that went through JSON gives the same placement and has the same digest', () => {
  const record = inputs({ policies: [policy([{ type: 'legal.headquarters.within' }])] })
  const read: PlacementInputs = JSON.parse(JSON.stringify(record))
  assert.deepEqual(placeRecorded(read), placeRecorded(record))
  assert.equal(jsonDigest(read), jsonDigest(record))
  assert.notEqual(jsonDigest({ ...read, at: '2026-11-23T12:00:01Z' }), jsonDigest(record))
})

test('what a consumer has several times counts as often', () => {
  const limit = policy([{ type: 'concentration.max', params: { dimension: 'provider', share: 0.6, minUnits: 5 } }])
  const with3 = (count: number) =>
    placeRecorded(
      inputs({
        policies: [limit],
        candidates: [candidate('alpenwolke')],
        current: [
          { placed: { provider: 'alpenwolke' }, count },
          { placed: { provider: 'trustop' }, count: 4 - count },
        ],
      }),
    ).chosen
  assert.deepEqual([with3(2), with3(3)], ['alpenwolke', null])
})

test('a place that answers now comes before one that is preferred', () => {
  const prices = (standing: number) =>
    placeRecorded(
      inputs({
        preferences: [{ type: 'price', weight: 1 }],
        candidates: [
          candidate('alpenwolke', { price: 1, standing }),
          candidate('nordkraft', { price: 2, standing: 1 }),
        ],
      }),
    ).chosen
  assert.deepEqual([prices(0), prices(1), prices(2)], ['alpenwolke', 'alpenwolke', 'nordkraft'])
})
