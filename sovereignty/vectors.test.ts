/** All vectors of the specification, and that the comparison notices a wrong answer. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decide } from './decide.ts'
import { evaluateVectors, type VectorFile } from './vector-file.ts'

const FILE: VectorFile = JSON.parse(readFileSync(new URL('testdata/vectors.json', import.meta.url), 'utf8'))

describe('the vectors of sovereignty', async () => {
  const results = await evaluateVectors(FILE)
  for (const { name, difference } of results) test(name, () => assert.equal(difference, null))

  test('are all there', () => assert.equal(results.length, 81))
})

test('decisions explain themselves as in the examples', () => {
  assert.ok(FILE.policy)
  for (const { id, profile, at, policies, context, exampleExplanation } of FILE.policy) {
    const known = FILE.profiles?.[profile]
    assert.ok(known)
    assert.equal(
      decide(known, policies, { groups: FILE.zones ?? {}, at, ...context }).explanation,
      exampleExplanation,
      id,
    )
  }
})

test('a wrong answer is noticed in every section', async () => {
  const wrong = structuredClone(FILE)
  // biome-ignore lint/suspicious/noExplicitAny: expectations of every form are spoiled
  const spoil: any = wrong
  spoil.policy[0].expected.outcome = 'deny'
  spoil.scoring[0].expected.score = 99
  spoil.hhi[0].expected.hhi = 1
  spoil.exposure.scenarios[0].expected.consumers.hospital.hit = 3
  spoil.exposure.evacuation.expected.order = []
  spoil.dataAct[0].expected.noticeEndsBy = '2027-03-01'
  spoil.switchingCharges[0].expected = 0
  spoil.audit.leafHashes[0] = '00'
  spoil.audit.mustReject[0].newRoot = spoil.audit.rootsBySize[7]
  spoil.focus.sample.expectedRow.BilledCost = '0.26'
  spoil.gaiaxCredentials.cases[0].expected.level = 'L3'
  const failed = (await evaluateVectors(wrong)).filter(({ difference }) => difference !== null)
  assert.deepEqual(
    failed.map(({ name }) => name),
    [
      'P01',
      'S01',
      'H01',
      'X01',
      'X02 evacuation',
      'D01',
      'D10',
      'audit leaves',
      'audit leaf 2 replaced after checkpoint 4',
      'focus row',
      'G01',
    ],
  )
})
