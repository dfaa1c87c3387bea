/** Everything that a migration's next step is decided on, read from the database. */
import { mayStart } from '@fulcrum/schema'
import { type Selectable, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { JobsTable } from '../platform/tables.ts'
import { member } from '../platform/wire.ts'
import { findPortability, newestVaultCopy, type Portability, type VaultCopy } from '../portability/index.ts'
import { CREATE, DELETE, serviceTypeOf } from '../services/index.ts'
import type { Brought, Facts, JobFact, ServiceFact } from './advance.ts'
import { type Deed, type Migration, type Moved, NEEDS_SOURCE, WORK } from './migration.ts'
import { type KnownArtifact, readContent, readExport, readImport } from './reports.ts'
import type { Names, SideNames } from './waiting.ts'

export type KnownFacts = Facts & { names: Names; portability: Portability | null }

type SideRow = {
  service_id: string | null
  name: string | null
  status: string | null
  terminal: boolean | null
  agent: string | null
  agent_status: string | null
  last_seen: Date | null
  provider: string | null
  busy_action: string | null
  busy_id: string | null
}

/** A handful of short statements. Services whose rows are locked do not change under it. */
export async function readFacts(db: Db, migration: Migration, now: Date): Promise<KnownFacts> {
  const source = await readSide(db, migration.serviceId, migration.sourceAgentId)
  const target = await readSide(db, migration.targetServiceId, migration.targetAgentId)
  const { lifecycleSchema } = await serviceTypeOf(db, migration)
  const portability = await findPortability(db, migration.serviceTypeId)
  const own = new Set([migration.jobId, migration.fenceJobId])
  const fact = (side: SideRow): ServiceFact => ({
    terminal: side.terminal ?? false,
    reachable: side.agent_status === 'Connected',
    busyWith: side.busy_id !== null && !own.has(side.busy_id) ? side.busy_action : null,
    obstacles: obstaclesOf(side.status ?? '', portability, lifecycleSchema),
  })
  const wantsCopy =
    migration.kind === 'migration' &&
    migration.from === 'live' &&
    migration.settings.vaultFallback &&
    NEEDS_SOURCE.has(migration.state)
  return {
    now,
    job: migration.jobId === null ? null : await readJob(db, migration, migration.jobId),
    fenceJob: migration.fenceJobId === null ? null : await readFenceJob(db, migration.fenceJobId),
    source: fact(source),
    target: target.service_id === null ? null : fact(target),
    vaultCopy: wantsCopy ? toMoved(await newestVaultCopy(db, migration.serviceId)) : null,
    names: { source: namesOf(source), target: namesOf(target) },
    portability,
  }
}

/** The agent is there without a service, too. */
async function readSide(db: Db, serviceId: string | null, agentId: string): Promise<SideRow> {
  const { rows } = await sql<SideRow>`
    SELECT s.id AS service_id, s.name, s.status, s.terminal, a.name AS agent, a.status AS agent_status,
           a.last_status_update AS last_seen, p.name AS provider, j.action AS busy_action, j.id AS busy_id
    FROM (SELECT ${agentId}::uuid AS id) asked
    LEFT JOIN agents a ON a.id = asked.id
    LEFT JOIN participants p ON p.id = a.provider_id
    LEFT JOIN services s ON s.id = ${serviceId}::uuid
    LEFT JOIN jobs j ON j.service_id = s.id AND j.status IN ('Pending', 'Processing')`.execute(db)
  const [row] = rows
  if (!row) throw new Error('a query without a condition found nothing')
  return row
}

function namesOf(side: SideRow): SideNames {
  return {
    agent: side.agent ?? 'unknown',
    provider: side.provider ?? 'unknown',
    agentStatus: side.agent_status ?? 'unknown',
    lastSeen: side.last_seen,
    service: side.name,
  }
}

type Lifecycle = Parameters<typeof mayStart>[0]

function obstaclesOf(
  status: string,
  portability: Portability | null,
  lifecycle: Lifecycle,
): Record<Deed, string | null> {
  const of = (deed: Deed): string | null => {
    const action = actionOf(deed, portability)
    if (action === null) return `the service type declares no action to ${deed}`
    const allowed = mayStart(lifecycle, status, action)
    return allowed.ok ? null : allowed.reason
  }
  return {
    export: of('export'),
    import: of('import'),
    quiesce: of('quiesce'),
    resume: of('resume'),
    create: of('create'),
    delete: of('delete'),
  }
}

/** The lifecycle's word for it; null when the type has none. */
export function actionOf(deed: Deed, portability: Portability | null): string | null {
  switch (deed) {
    case 'create':
      return CREATE
    case 'delete':
      return DELETE
    case 'export':
      return portability?.exportAction ?? null
    case 'import':
      return portability?.importAction ?? null
    case 'quiesce':
      return portability?.quiesceAction ?? null
    case 'resume':
      return portability?.resumeAction ?? null
  }
}

type JobRow = Selectable<JobsTable>

async function readFenceJob(db: Db, id: string): Promise<JobFact> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toFact(row, { kind: 'nothing' }) : { status: 'gone' }
}

async function readJob(db: Db, migration: Migration, id: string): Promise<JobFact> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return { status: 'gone' }
  return toFact(row, row.status === 'Completed' ? await broughtBy(db, migration, row) : { kind: 'nothing' })
}

function toFact(row: JobRow, brought: Brought): JobFact {
  const endedAt = row.completed_at ?? row.updated_at
  switch (row.status) {
    case 'Completed':
      return { status: 'Completed', startedAt: row.claimed_at ?? row.created_at, endedAt, brought }
    case 'Failed':
      return { status: 'Failed', reason: row.error_message ?? '' }
    default:
      return { status: row.status }
  }
}

async function broughtBy(db: Db, migration: Migration, row: JobRow): Promise<Brought> {
  const deed = WORK[migration.state]?.deed
  const asked = member(member(row.params, 'portability'), 'artifactId')
  const artifactId = typeof asked === 'string' ? asked : ''
  if (deed === 'import') return readImport(row.result, artifactId)
  if (deed !== 'export') return { kind: 'nothing' }
  return readExport(
    row.result,
    artifactId,
    migration.serviceId,
    await readArtifactRow(db, artifactId),
    row.claimed_at ?? row.created_at,
    row.completed_at ?? row.updated_at,
  )
}

async function readArtifactRow(db: Db, id: string): Promise<KnownArtifact | null> {
  const row = await db
    .selectFrom('artifacts')
    .select(['id', 'service_id', 'state', 'sha256', 'size_bytes', 'format'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  const { service_id: serviceId, state, sha256, size_bytes: sizeBytes, format } = row
  return { id: row.id, serviceId, complete: state === 'Complete', sha256, sizeBytes: Number(sizeBytes), format }
}

export function toMoved(copy: VaultCopy | null): Moved | null {
  return (
    copy && {
      artifactId: copy.artifactId,
      sha256: copy.sha256,
      sizeBytes: copy.sizeBytes,
      format: copy.format,
      takenAt: copy.takenAt.toISOString(),
      content: readContent(copy.content),
    }
  )
}
