/** Watches over a source that was left without being asked: it must not take writes beside the target. Pure. */
import type { Facts } from './advance.ts'
import type { Migration } from './migration.ts'
import type { Move } from './moving.ts'

/** A fence that failed is tried again after so long. */
const FENCE_AGAIN_MS = 60_000

/** The first job of a source that was left without being asked stops it, however often that has to be tried. */
export function watchFence(migration: Migration, facts: Facts): Move | null {
  if (migration.fence !== 'pending' || migration.primary !== 'target') return null
  const { fenceJob, source, now } = facts
  const settled = (fence: Migration['fence']): Move => ({
    next: {
      ...migration,
      fence,
      fenceJobId: null,
      ...(fence === 'done' && { quiesce: 'yes' as const }),
      updatedAt: now,
    },
    effects: [{ kind: 'tell', type: 'advanced', about: { fence } }],
  })
  if (source.terminal || fenceJob?.status === 'Completed') return settled('done')
  if (fenceJob?.status === 'Pending' || fenceJob?.status === 'Processing') return null
  const since = migration.fenceTriedAt === null ? 0 : Date.parse(migration.fenceTriedAt)
  if (source.busyWith !== null || now.getTime() - since < FENCE_AGAIN_MS) return null
  if (source.obstacles.quiesce !== null) return settled('impossible')
  return { next: migration, effects: [{ kind: 'fence' }] }
}
