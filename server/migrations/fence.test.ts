/** The source that was left without being asked: stopped by its next job, however often that has to be tried. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facts, JobFact } from './advance.ts'
import { watchFence } from './fence.ts'
import type { Migration } from './migration.ts'
import { completed, factsOf, migrationIn, NOW, service } from './testing/transitions.ts'

const LEFT: Migration = {
  ...migrationIn('retaining', { from: 'vault' }),
  fence: 'pending',
  fenceJobId: 'fence',
  fenceTriedAt: NOW.toISOString(),
}
const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000)
const look = (change: Partial<Facts>, migration = LEFT) => watchFence(migration, factsOf(migration, change))

test('nothing is watched before the cut-over, or when there is nothing to stop', () => {
  const done = completed(LEFT)
  assert.equal(look({ fenceJob: done }, { ...LEFT, primary: 'source' }), null)
  for (const fence of ['none', 'done', 'impossible'] as const)
    assert.equal(look({ fenceJob: done }, { ...LEFT, fence }), null)
})

test('a job that is done has stopped the source, and so has its end', () => {
  for (const change of [{ fenceJob: completed(LEFT) }, { source: service({ terminal: true }) }]) {
    const move = look(change)
    assert.ok(move)
    assert.deepEqual([move.next.fence, move.next.fenceJobId, move.next.quiesce], ['done', null, 'yes'])
    assert.deepEqual(move.effects, [{ kind: 'tell', type: 'advanced', about: { fence: 'done' } }])
  }
})

test('a job that waits or runs is waited for, however long', () => {
  for (const status of ['Pending', 'Processing'] as const)
    assert.equal(look({ fenceJob: { status }, now: after(86_400) }), null)
})

test('a job that failed or is gone is queued again after a minute, when nothing else is under way', () => {
  const lost: JobFact[] = [{ status: 'Failed', reason: 'no' }, { status: 'gone' }]
  for (const fenceJob of lost) {
    assert.equal(look({ fenceJob, now: after(59) }), null)
    assert.deepEqual(look({ fenceJob, now: after(60) })?.effects, [{ kind: 'fence' }])
    assert.equal(look({ fenceJob, now: after(60), source: service({ busyWith: 'update' }) }), null)
  }
  assert.deepEqual(look({ fenceJob: null }, { ...LEFT, fenceTriedAt: null })?.effects, [{ kind: 'fence' }])
})

test('a source that cannot be stopped is told to be so, and is not thought to be quiesced', () => {
  const source = service({ obstacles: { ...service().obstacles, quiesce: 'it failed' } })
  const move = look({ fenceJob: { status: 'gone' }, now: after(60), source })
  assert.ok(move)
  assert.deepEqual([move.next.fence, move.next.quiesce], ['impossible', LEFT.quiesce])
})
