/** What a provider is told to do for its next label and its next SEAL. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CSF_FACTORS, GAIA_X_CRITERIA, GAIA_X_LABELS, ZONE_GROUPS } from './catalogues.ts'
import { FACTOR_PATHS } from './grades.ts'
import { type NextLevels, nextLevels, profileFactors, profileScores } from './next-levels.ts'
import type { Profile } from './profile.ts'
import { AT, change, profile } from './testing.ts'

const next = (of: Profile) => nextLevels(of, AT, ZONE_GROUPS)
const ofObjective = ({ seals }: NextLevels, wanted: string) => seals.find(({ objective }) => objective === wanted)

test('the catalogue of Gaia-X has as many criteria in each label as its document', () => {
  const count = (label: (typeof GAIA_X_LABELS)[number], kind: string) =>
    Object.values(GAIA_X_CRITERIA).filter((criterion) => criterion[label] === kind).length
  assert.deepEqual(
    GAIA_X_LABELS.map((label) => [count(label, 'declaration'), count(label, 'certification')]),
    [
      [47, 0],
      [53, 0],
      [19, 35],
      [17, 40],
    ],
  )
})

test('who has no label is told of standard compliance, and which facts it wants', () => {
  const { gaiaX } = next({ id: 'nobody' })
  assert.equal(gaiaX.level, undefined)
  assert.equal(gaiaX.next, 'SC')
  assert.equal(gaiaX.missing.length, 47)
  assert.deepEqual(
    gaiaX.missing.find(({ criterion }) => criterion === 'P1.1.2'),
    { criterion: 'P1.1.2', path: '/legal/governingLaw', need: 'fact', hint: 'declaration' },
  )
})

test('for a higher label only what it demands more is missing, and what is proved well enough is not', () => {
  const labelled = (level: string) =>
    change('alpenwolke', ({ assessments }) => Object.assign(assessments, { 'gaia-x': { level } }))
  const l1 = next(labelled('L1')).gaiaX
  assert.equal(l1.next, 'L2')
  const criteria = l1.missing.map(({ criterion }) => criterion)
  // a declaration in both labels
  assert.ok(!criteria.includes('P1.1.1'))
  // certified at L2, and the profile's portability is audited
  assert.ok(!criteria.includes('P3.1.11'))
  assert.ok(criteria.includes('P3.1.1'))
  const l2 = next(labelled('L2')).gaiaX
  assert.equal(l2.next, 'L3')
  // owners are attested by the evidence of the label
  assert.ok(!l2.missing.some(({ criterion }) => criterion === 'P5.1.5'))
  const unproved = { ...labelled('L2'), evidences: [] }
  const control = next(unproved).gaiaX.missing.find(({ criterion }) => criterion === 'P5.1.5')
  assert.deepEqual(control, {
    criterion: 'P5.1.5',
    path: '/control',
    need: 'evidence',
    hint: 'certification: none, has to be auditor-attested',
  })
})

test('at the highest label, or one that is not known, the answer is short or starts from the first', () => {
  assert.deepEqual(next(profile('alpenwolke')).gaiaX, { level: 'L3', missing: [] })
  const strange = change('alpenwolke', ({ assessments }) => Object.assign(assessments, { 'gaia-x': { level: 'BL' } }))
  assert.equal(next(strange).gaiaX.next, 'SC')
})

test('an objective says of each factor whether a fact, a better one, evidence or an assessor is missing', () => {
  const of = change('alpenwolke', (p) => {
    p.control.changeOfControl = 'none'
    p.evidences = []
  })
  const strategic = ofObjective(next(of), 'SOV-1')
  assert.equal(strategic?.seal, 0)
  assert.equal(strategic?.next, 1)
  const needs = new Map(strategic?.missing.map(({ factor, need, path }) => [factor, `${need} ${path}`]))
  assert.equal(needs.get('SOV-1.1'), 'evidence /control/owners')
  assert.equal(needs.get('SOV-1.2'), 'better-fact /control/changeOfControl')
  assert.equal(needs.get('SOV-1.3'), 'assessment ')
  assert.equal(needs.get('SOV-1.6'), 'evidence /operations/disconnect')
  const unknown = ofObjective(next({ id: 'nobody' }), 'SOV-2')
  assert.deepEqual(
    unknown?.missing.filter(({ factor }) => factor === 'SOV-2.1').map(({ need, path }) => [need, path]),
    [['fact', '/legal/governingLaw']],
  )
})

test('the score counts all factors of the framework, and as verified only what is proved well', () => {
  const factors = profileFactors(profile('alpenwolke'), AT, ZONE_GROUPS)
  assert.equal(factors.length, CSF_FACTORS.length)
  const { declared, verified } = profileScores(factors)
  assert.ok(declared.score > 0 && verified.score > 0 && verified.score <= declared.score)
  const unproved = profileScores(profileFactors({ ...profile('alpenwolke'), evidences: [] }, AT, ZONE_GROUPS))
  assert.equal(unproved.declared.score, declared.score)
  assert.equal(unproved.verified.score, 0)
})

test('a grade is as well proved as the weakest of the facts that it rests on', () => {
  const of = change('alpenwolke', (p) => {
    const [self] = p.evidences
    assert.ok(self)
    p.evidences = [
      self,
      { ...self, id: 'law', assertsPaths: ['/legal'], verification: { status: 'verified', level: 'auditor-attested' } },
    ]
  })
  const assurance = new Map(profileFactors(of, AT, ZONE_GROUPS).map((factor) => [factor.id, factor.assurance]))
  assert.equal(assurance.get('SOV-2.1'), 'auditor-attested')
  assert.equal(assurance.get('SOV-1.1'), 'self-declared')
})

test('every automatic factor names paths, and they are factors of the framework', () => {
  for (const factor of Object.keys(FACTOR_PATHS)) assert.ok(CSF_FACTORS.includes(factor), factor)
})
