import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { certifiedPaths } from './criteria.ts'
import { LABEL_LEVELS } from './label.ts'

const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
const { gaiaxCriteria } = read('../testdata/vectors.json')
const catalogue = read('../data/gaia-x-criteria.json')
const ALL = Object.keys(gaiaxCriteria.criteria)

test('the catalogue is the list of the specification', () => {
  for (const level of LABEL_LEVELS)
    for (const kind of ['declaration', 'certification'])
      assert.equal(
        ALL.filter((id) => catalogue.criteria[id][level] === kind).length,
        gaiaxCriteria.perLevel[level][kind],
        `${level} ${kind}`,
      )
  assert.equal(ALL.length, 63)
})

test('labels of declarations certify nothing', () => {
  for (const level of ['SC', 'L1'] as const) assert.deepEqual(certifiedPaths({ level, criteria: ALL }), [])
})

test('the highest label certifies European control, the one below does not', () => {
  const [l2, l3] = (['L2', 'L3'] as const).map((level) => certifiedPaths({ level, criteria: ALL }))
  for (const path of ['/control', '/legal', '/location', '/operations/disconnect']) {
    assert.ok(l3?.includes(path), path)
    assert.ok(!l2?.includes(path), path)
  }
  assert.ok(l2?.includes('/data/providerPlaintextAccess'))
})

test('only what the label names is certified, and nothing that is only declared or unknown', () => {
  assert.deepEqual(certifiedPaths({ level: 'L3', criteria: ['P5.1.5', 'P1.1.2', 'P9.9.9'] }), ['/control'])
  assert.deepEqual(certifiedPaths({ level: 'L3', criteria: [] }), [])
})

test('the option of European data does not prove where data are', () => {
  assert.deepEqual(certifiedPaths({ level: 'L2', criteria: ['P5.1.1'] }), [])
})
