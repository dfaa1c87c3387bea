/** What a service in quarantine may still do, by its lifecycle alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIFECYCLE } from '../testing/federation.ts'
import { keepQuarantine, QUARANTINED, requireLeaving, withQuarantine } from './quarantine.ts'
import type { Service } from './service.ts'

const [EARLY, LATE] = ['2026-11-24T08:00:00Z', '2026-11-24T09:00:00Z']
const degraded = { type: 'Degraded', message: 'one disk is gone', since: EARLY }
const lifecycle = { ...LIFECYCLE, actions: [...LIFECYCLE.actions, { name: 'exportData', transitions: [] }] }
const inState = (status: string, conditions = withQuarantine([], 'no', EARLY)) =>
  // nothing else of a service matters here
  ({ id: 's', status, conditions }) as Service

test('a service in quarantine takes what leads out, and nothing else', () => {
  for (const action of ['stop', 'delete', 'exportData', 'backup'])
    assert.doesNotThrow(() => requireLeaving(inState('Started'), lifecycle, action), action)
  for (const action of ['update', 'start', 'restore'])
    assert.throws(() => requireLeaving(inState('Started'), lifecycle, action), /in quarantine and takes no/)
  // deleting is no way from here
  assert.throws(() => requireLeaving(inState('New'), lifecycle, 'delete'), /in quarantine/)
})

test('another service takes everything', () => {
  assert.doesNotThrow(() => requireLeaving(inState('Started', [degraded]), lifecycle, 'update'))
})

test('quarantine stands beside what the agent reports, keeps its begin, and ends by itself', () => {
  const both = withQuarantine([degraded], 'first', EARLY)
  assert.deepEqual(
    both.map(({ type }) => type),
    [QUARANTINED, 'Degraded'],
  )
  assert.deepEqual(withQuarantine(both, 'second', LATE)[0], { type: QUARANTINED, message: 'second', since: EARLY })
  assert.deepEqual(
    keepQuarantine(both, []).map(({ type }) => type),
    [QUARANTINED],
  )
  assert.deepEqual(withQuarantine(both, null, LATE), [degraded])
})
