/** For tests of the pure rules: a migration of each kind in each state as it comes to be there, and everything that can be found. */
import type { MigrationState } from '@fulcrum/contract'
import { advance, type Brought, type Facts, type JobFact, type ServiceFact } from '../advance.ts'
import { type Deed, type Migration, type Moved, pathOf, type Settings, UNWINDING, WORK } from '../migration.ts'
import type { Effect, Move } from '../moving.ts'

export const NOW = new Date('2026-11-25T12:00:00Z')
const EARLIER = new Date('2026-11-25T11:59:50Z')

export const moved = (artifactId: string, takenAt = '2026-11-25T11:00:00Z'): Moved => ({
  artifactId,
  sha256: 'a'.repeat(64),
  sizeBytes: 1_000,
  format: 'rows',
  takenAt,
  content: { algorithm: 'rows', digest: 'same' },
})

const SETTINGS: Settings = {
  cutOver: 'automatic',
  precopy: true,
  acceptWriteLoss: false,
  vaultFallback: false,
  retrievalHours: 1,
  deadlineAt: null,
  quiescable: true,
  targetProperties: {},
}

export type Kind = Partial<Pick<Migration, 'kind' | 'from'>> & { settings?: Partial<Settings> }

const AFTER_THE_CUT_OVER: ReadonlySet<MigrationState> = new Set([
  'retaining',
  'deleting-source',
  'done',
  'quiescing-target',
  'switching-back',
])

/** As it is when everything went well up to this state; on the way back, when it turned as late as it can. */
export function migrationIn(state: MigrationState, { kind = 'migration', from = 'live', settings }: Kind = {}) {
  const all = { ...SETTINGS, ...settings }
  const path = pathOf({ kind, from, settings: all })
  const at = path.indexOf(state)
  const last = path.indexOf('final-verifying')
  const turned = last < 0 ? path.indexOf('verifying') : last
  const place = at < 0 ? (AFTER_THE_CUT_OVER.has(state) ? path.length - 2 : turned) : at
  const past = (one: MigrationState) => path.includes(one) && place > path.indexOf(one)
  const isDrillsEnd = kind === 'drill' && state === 'deleting-target'
  const exported = past('final-exporting') ? moved('last') : past('exporting') ? moved('first') : null
  const copy = from === 'vault' ? moved('copy') : exported
  const imported = past('final-importing') ? moved('last') : past('importing') ? moved(copy?.artifactId ?? '') : null
  const cutOver = AFTER_THE_CUT_OVER.has(state)
  const migration: Migration = {
    id: 'migration',
    kind,
    evacuationId: null,
    serviceId: 'source',
    targetServiceId: past('creating') ? 'target' : null,
    consumerId: 'consumer',
    serviceTypeId: 'type',
    sourceAgentId: 'source agent',
    targetAgentId: 'target agent',
    sourceProviderId: 'source provider',
    targetProviderId: 'target provider',
    settings: all,
    from,
    state,
    paused: false,
    primary: cutOver ? 'target' : 'source',
    steps: [{ step: state, status: 'waiting', since: EARLIER.toISOString() }],
    jobId: null,
    targetReady: state === 'clearing-target' ? false : past('creating'),
    quiesce: past('quiescing') || state === 'resuming-source' ? 'yes' : 'no',
    quiescedAt: null,
    exported: copy,
    imported: imported && { artifactId: imported.artifactId, content: imported.content },
    verification: past('verifying') || past('final-verifying') ? 'verified' : 'pending',
    fence: cutOver ? 'done' : 'none',
    fenceJobId: null,
    fenceTriedAt: null,
    cutOverAt: cutOver ? EARLIER : null,
    retainUntil: cutOver ? EARLIER.toISOString() : null,
    unwinding: isDrillsEnd ? null : (UNWOUND[state] ?? null),
    failure: state === 'failed' ? { step: 'final-importing', reason: 'no', at: EARLIER.toISOString() } : null,
    unwindFailure: null,
    evidenceIds: [],
    artifactIds: [],
    createdAt: EARLIER,
    updatedAt: EARLIER,
    endedAt: state === 'done' || state === 'cancelled' || state === 'rolled-back' ? EARLIER : null,
  }
  return migration
}

const UNWOUND: Readonly<Partial<Record<MigrationState, Migration['unwinding']>>> = {
  'resuming-source': 'failed',
  'deleting-target': 'cancelled',
  'quiescing-target': 'rolled-back',
  'switching-back': 'rolled-back',
  failed: 'failed',
}

const FREE: Readonly<Record<Deed, string | null>> = {
  export: null,
  import: null,
  quiesce: null,
  resume: null,
  create: 'it is there already',
  delete: null,
}

export const service = (change: Partial<ServiceFact> = {}): ServiceFact => ({
  terminal: false,
  reachable: true,
  busyWith: null,
  obstacles: FREE,
  ...change,
})

/** Nothing but what is as it should be. */
export function factsOf({ targetServiceId, settings }: Migration, change: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    job: null,
    fenceJob: null,
    source: service(),
    target: targetServiceId === null ? null : service(),
    vaultCopy: settings.vaultFallback ? moved('copy', '2026-11-25T10:00:00Z') : null,
    ...change,
  }
}

/** What a job of this state brings when all goes well. */
export function completed({ state, exported }: Migration): JobFact {
  const { deed } = WORK[state] ?? {}
  const brought: Brought =
    deed === 'export'
      ? { kind: 'export', moved: moved('new', NOW.toISOString()), seconds: 3 }
      : deed === 'import'
        ? { kind: 'import', imported: { artifactId: exported?.artifactId ?? '', content: null }, seconds: 2 }
        : { kind: 'nothing' }
  return { status: 'Completed', startedAt: EARLIER, endedAt: NOW, brought }
}

/** Everything that can be found, by its name: of each what differs from nothing in particular. */
export const FINDINGS = {
  nothing: (m: Migration) => [m, factsOf(m)],
  'job waits': (m: Migration) => atWork(m, { status: 'Pending' }),
  'job runs': (m: Migration) => atWork(m, { status: 'Processing' }),
  'job done': (m: Migration) => atWork(m, completed(m)),
  'job failed': (m: Migration) => atWork(m, { status: 'Failed', reason: 'no room' }),
  'job useless': (m: Migration) =>
    atWork(m, { status: 'Completed', startedAt: EARLIER, endedAt: NOW, brought: { kind: 'useless', reason: 'odd' } }),
  'job gone': (m: Migration) => atWork(m, { status: 'gone' }),
  'cancelled, nothing runs': (m: Migration) => (mayBeCancelled(m) ? [cancelled(m), factsOf(m)] : null),
  'cancelled, job waits': (m: Migration) => (mayBeCancelled(m) ? atWork(cancelled(m), { status: 'Pending' }) : null),
  'cancelled, job runs': (m: Migration) => (mayBeCancelled(m) ? atWork(cancelled(m), { status: 'Processing' }) : null),
  'cancelled, job done': (m: Migration) => (mayBeCancelled(m) ? atWork(cancelled(m), completed(m)) : null),
  'cancelled, job failed': (m: Migration) =>
    mayBeCancelled(m) ? atWork(cancelled(m), { status: 'Failed', reason: 'no room' }) : null,
  'contents differ': (m: Migration) =>
    m.state === 'verifying' || m.state === 'final-verifying' ? [differing(m), factsOf(m)] : null,
  paused: (m: Migration) => [{ ...m, paused: true }, factsOf(m)],
  'agent dead': (m: Migration) => [m, factsOf(m, { source: service({ reachable: false }) })],
  'deadline over': (m: Migration) => {
    const late = { ...m, settings: { ...m.settings, deadlineAt: EARLIER.toISOString() } }
    return [late, factsOf(late)]
  },
  'source gone': (m: Migration) => [m, factsOf(m, { source: service({ terminal: true }) })],
  'target gone': (m: Migration) => [m, factsOf(m, { target: service({ terminal: true }) })],
  busy: (m: Migration) => [m, factsOf(m, { source: service({ busyWith: 'x' }), target: service({ busyWith: 'x' }) })],
} satisfies Record<string, (m: Migration) => [Migration, Facts] | null>

export type Finding = keyof typeof FINDINGS

const differing = (migration: Migration): Migration => ({
  ...migration,
  imported: migration.imported && { ...migration.imported, content: { algorithm: 'rows', digest: 'another' } },
})

const cancelled = (migration: Migration): Migration => ({ ...migration, unwinding: 'cancelled' })

/** On the way back already, and after the cut-over, nobody can cancel. */
function mayBeCancelled({ state, primary, endedAt }: Migration): boolean {
  return endedAt === null && primary === 'source' && state !== 'failed' && !UNWINDING.has(state)
}

function atWork(migration: Migration, job: JobFact): [Migration, Facts] | null {
  const work = WORK[migration.state]
  if (!work) return null
  const ordered = work.deed === 'create' ? { targetServiceId: 'target' } : {}
  const working: Migration = { ...migration, ...ordered, jobId: 'job' }
  const deleted = job.status === 'Completed' && job.brought.kind === 'nothing' && work.deed === 'delete'
  const gone = deleted ? { [work.at]: service({ terminal: true }) } : {}
  return [working, factsOf(working, { job, ...gone })]
}

/** The next state when it is another one, and what is to be done besides telling of it; `-` for neither. */
export function told(before: Migration, move: Move | null): string {
  if (!move) return '-'
  const next = move.next.state === before.state ? [] : [move.next.state]
  return [...next, ...move.effects.flatMap(doing)].join(', ')
}

function doing(effect: Effect): string[] {
  switch (effect.kind) {
    case 'tell':
      return effect.type === 'fell_back' ? ['falls back'] : []
    case 'queue':
      return [`${effect.deed} the ${effect.at}`]
    case 'measure':
      return [`measure ${effect.direction}`]
    default:
      return [effect.kind]
  }
}

/** What comes of this finding; null where it cannot be found. */
export function answerTo(migration: Migration, finding: Finding): { before: Migration; move: Move | null } | null {
  const found = FINDINGS[finding](migration)
  if (!found) return null
  const [before, facts] = found
  return { before, move: advance(before, facts) }
}
