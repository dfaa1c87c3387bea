/**
 * What a migration is, and the way that it takes. Pure: no clock, no database, no HTTP. `advance.ts` moves it, `steering.ts` is
 * what people ask of it. A drill is the same way into a scratch service, up to the comparison.
 *
 *     live    queued → exporting → creating → importing → verifying ─┐     (without precopy: creating alone)
 *                                                                    ├→ ready (manual) → quiescing → final-exporting →
 *                                                                    │    final-importing → final-verifying → cutting-over ─┐
 *     vault   queued → creating → importing → verifying → ready (manual) ──────────────────────────────────→ cutting-over ─┤
 *     drill   queued → exporting (live) → creating → importing → verifying → deleting-target → done                         │
 *                                                                                                                           │
 *     ┌──────────────────────────────────────────────── the source is the primary above, the target below ──────────────────┘
 *     └→ retaining → deleting-source → done
 *
 *     any step before the cut-over fails:  resuming-source (if it was quiesced) → failed ──retry──▶ that step, or quiescing
 *         …a live step, and there is a copy elsewhere:  creating → importing → verifying, as from the vault
 *     cancel before the cut-over:          resuming-source (if it was quiesced) → deleting-target → cancelled
 *     rollback while retaining:            quiescing-target → switching-back → resuming-source → deleting-target → rolled-back
 *     clearing-target → creating:          what an earlier try has left is deleted first
 *
 * Each arrow is one transaction in which the state and what follows from it (a job, the target's order, the word that the target
 * is the primary now) are written together. Nothing but what stands in the database moves it on.
 */
import type { MigrationSource, MigrationState, Verification } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'

/** Seen by the agent that has the content before it: what it was and where it lies. */
export type Content = { algorithm: string; digest: string }

/** Data on its way: an artifact, and what is known of what is in it. Times are RFC 3339. */
export type Moved = {
  artifactId: string
  sha256: string
  sizeBytes: number
  format: string
  takenAt: string
  /** Null: the agent said nothing, and nothing can be compared. */
  content: Content | null
}

export type Imported = { artifactId: string; content: Content | null }

export type StepRecord = {
  step: MigrationState
  status: 'waiting' | 'running' | 'done' | 'failed'
  jobId?: string
  since: string
  startedAt?: string
  endedAt?: string
  sizeBytes?: number
  /** How long the agent worked; without it, from start to end. */
  seconds?: number
  detail?: string
}

export type Failure = { step: MigrationState; reason: string; at: string }

export type Settings = {
  cutOver: 'automatic' | 'manual'
  precopy: boolean
  acceptWriteLoss: boolean
  vaultFallback: boolean
  retrievalHours: number
  deadlineAt: string | null
  /** Whether the type has an action that lets a service take no writes. */
  quiescable: boolean
  /** What the target is ordered with. */
  targetProperties: JsonObject
}

export type Migration = {
  id: string
  kind: 'migration' | 'drill'
  evacuationId: string | null
  serviceId: string
  targetServiceId: string | null
  consumerId: string
  serviceTypeId: string
  sourceAgentId: string
  targetAgentId: string
  sourceProviderId: string
  targetProviderId: string
  settings: Settings
  from: MigrationSource
  state: MigrationState
  paused: boolean
  primary: 'source' | 'target'
  steps: readonly StepRecord[]
  /** The job of the step under way. */
  jobId: string | null
  /** Whether the target has been created; an import may follow. */
  targetReady: boolean
  /** `tried`: the job failed, and nobody knows how far it came. */
  quiesce: 'no' | 'tried' | 'yes'
  quiescedAt: string | null
  exported: Moved | null
  imported: Imported | null
  verification: Verification
  fence: 'none' | 'pending' | 'done' | 'impossible'
  fenceJobId: string | null
  fenceTriedAt: string | null
  cutOverAt: Date | null
  retainUntil: string | null
  /** Where going back leads; null while it goes forward. */
  unwinding: 'failed' | 'cancelled' | 'rolled-back' | null
  failure: Failure | null
  /** Going back failed, too. */
  unwindFailure: Failure | null
  evidenceIds: readonly string[]
  /** What was exported for it; they go when it has ended. */
  artifactIds: readonly string[]
  createdAt: Date
  updatedAt: Date
  endedAt: Date | null
}

/** What an agent is asked for. */
export type Deed = 'export' | 'import' | 'quiesce' | 'resume' | 'create' | 'delete'
export type Work = { at: 'source' | 'target'; deed: Deed }

/** The states in which an agent works. */
export const WORK: Readonly<Partial<Record<MigrationState, Work>>> = {
  exporting: { at: 'source', deed: 'export' },
  'clearing-target': { at: 'target', deed: 'delete' },
  creating: { at: 'target', deed: 'create' },
  importing: { at: 'target', deed: 'import' },
  quiescing: { at: 'source', deed: 'quiesce' },
  'final-exporting': { at: 'source', deed: 'export' },
  'final-importing': { at: 'target', deed: 'import' },
  'deleting-source': { at: 'source', deed: 'delete' },
  'resuming-source': { at: 'source', deed: 'resume' },
  'deleting-target': { at: 'target', deed: 'delete' },
  'quiescing-target': { at: 'target', deed: 'quiesce' },
}

/** States on the way back; `deleting-target` is a drill's way forward, too. */
export const UNWINDING: ReadonlySet<MigrationState> = new Set([
  'resuming-source',
  'deleting-target',
  'quiescing-target',
  'switching-back',
])

/** Until the last live export is done, the source is needed; after that it is not. */
export const NEEDS_SOURCE: ReadonlySet<MigrationState> = new Set([
  'queued',
  'exporting',
  'clearing-target',
  'creating',
  'importing',
  'verifying',
  'ready',
  'quiescing',
  'final-exporting',
])

/** The way forward, from the first state to the last. */
export function pathOf({ kind, from, settings }: Pick<Migration, 'kind' | 'from' | 'settings'>): MigrationState[] {
  const first: MigrationState[] = [
    ...(from === 'live' ? (['exporting'] as const) : []),
    'creating',
    'importing',
    'verifying',
  ]
  if (kind === 'drill') return ['queued', ...first, 'deleting-target', 'done']
  const ready: MigrationState[] = settings.cutOver === 'manual' ? ['ready'] : []
  const last: MigrationState[] = ['cutting-over', 'retaining', 'deleting-source', 'done']
  if (from === 'vault') return ['queued', ...first, ...ready, ...last]
  return [
    'queued',
    ...(settings.precopy ? first : (['creating'] as const)),
    ...ready,
    ...(settings.quiescable ? (['quiescing'] as const) : []),
    'final-exporting',
    'final-importing',
    'final-verifying',
    ...last,
  ]
}

/** What comes after this state on the way forward. */
export function successor(migration: Migration, state: MigrationState = migration.state): MigrationState {
  if (state === 'clearing-target') return 'creating'
  const path = pathOf(migration)
  return path[path.indexOf(state) + 1] ?? 'done'
}

/** Where a retry begins: at the step that failed, or where what it stood on has to be made again. */
export function retryState({ failure, from }: Migration): MigrationState {
  if (failure === null) return 'queued'
  switch (failure.step) {
    case 'verifying':
      return from === 'live' ? 'exporting' : 'importing'
    case 'clearing-target':
      return 'creating'
    default:
      return failure.step
  }
}

/**
 * Whether the two contents are the same, as far as both agents say what they have.
 *
 * @throws nothing; an import of something else than what was exported is a mismatch
 */
export function verify(exported: Moved | null, imported: Imported | null): Exclude<Verification, 'pending'> {
  if (!exported || !imported || exported.artifactId !== imported.artifactId) return 'mismatch'
  if (!exported.content || !imported.content) return 'unverified'
  const [a, b] = [exported.content, imported.content]
  // digests of different algorithms say nothing about each other
  if (a.algorithm !== b.algorithm) return 'unverified'
  return a.digest === b.digest ? 'verified' : 'mismatch'
}

/** What nobody else may ask of the two services meanwhile. */
export function holdsOf(migration: Migration): { source: 'nothing' | 'all' | 'all-but-delete'; target: boolean } {
  const { kind, state, primary, unwinding, endedAt, targetServiceId } = migration
  if (endedAt) return { source: 'nothing', target: false }
  const target = targetServiceId !== null
  if (kind === 'drill') return { source: 'nothing', target }
  if (primary === 'target')
    return { source: state === 'deleting-source' ? 'all' : 'all-but-delete', target: target && unwinding !== null }
  // what failed waits for a word, and the source is its owner's meanwhile; so it is once it has been resumed
  const free = state === 'failed' || (state === 'deleting-target' && unwinding !== null)
  return { source: free ? 'nothing' : 'all', target }
}

export function isEnded({ endedAt }: Migration): boolean {
  return endedAt !== null
}
