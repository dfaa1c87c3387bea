/** Migrations and drills in PostgreSQL. */

import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Db, Tx } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import type { MigrationsTable } from '../platform/sovereignty-tables.ts'
import { outcomeOf } from './drill.ts'
import { holdsOf, type Migration } from './migration.ts'

export type MigrationRow = Selectable<MigrationsTable>

/** What stands in the document and not in columns of its own. */
type Document = Pick<
  Migration,
  | 'settings'
  | 'from'
  | 'paused'
  | 'steps'
  | 'targetReady'
  | 'quiesce'
  | 'quiescedAt'
  | 'exported'
  | 'imported'
  | 'verification'
  | 'fence'
  | 'fenceTriedAt'
  | 'retainUntil'
  | 'unwinding'
  | 'failure'
  | 'unwindFailure'
  | 'evidenceIds'
  | 'artifactIds'
>

type Kind = Migration['kind']

/** @throws Refusal `not-found` when there is none of this kind */
export async function getMigration(db: Db, id: string, kind: Kind): Promise<Migration> {
  const row = await db.selectFrom('migrations').selectAll().where('id', '=', id).executeTakeFirst()
  if (row?.kind !== kind) throw notFound(kind, id)
  return toMigration(row)
}

/** Reads a migration and locks its row until the transaction ends: whoever moves it holds this first. @throws as `getMigration` */
export async function lockMigration(tx: Tx, id: string, kind: Kind): Promise<Migration> {
  const row = await tx.selectFrom('migrations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (row?.kind !== kind) throw notFound(kind, id)
  return toMigration(row)
}

/** The same for who drives it: null when somebody else is moving it right now. */
export async function tryLockMigration(tx: Tx, id: string): Promise<Migration | null> {
  const row = await tx
    .selectFrom('migrations')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row ? toMigration(row) : null
}

/** What has not ended, oldest first, with the agents whose jobs it waits for. */
export async function runningMigrations(db: Db): Promise<{ id: string; agentIds: string[] }[]> {
  const rows = await db
    .selectFrom('migrations')
    .select(['id', 'source_agent_id', 'target_agent_id'])
    .where('ended', '=', false)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ id: row.id, agentIds: [row.source_agent_id, row.target_agent_id] }))
}

/** The migration, not a drill, that a service is part of now, on either side. */
export async function migrationOf(db: Db, serviceId: string): Promise<{ id: string; state: string } | null> {
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT id, state FROM migrations
    WHERE NOT ended AND kind = 'migration' AND (service_id = ${serviceId} OR target_service_id = ${serviceId})
    LIMIT 1`.execute(db)
  return rows[0] ?? null
}

export async function drillOf(db: Db, serviceId: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM migrations
    WHERE NOT ended AND kind = 'drill' AND (service_id = ${serviceId} OR target_service_id = ${serviceId})
    LIMIT 1`.execute(db)
  return rows[0]?.id ?? null
}

/** Services that count: of each, whether it was left for another one, is not yet one, or only a drill's. */
export async function roleOf(db: Db, serviceId: string): Promise<string> {
  const { rows } = await sql<{ role: string }>`
    SELECT role FROM service_roles WHERE service_id = ${serviceId}`.execute(db)
  return rows[0]?.role ?? 'primary'
}

export async function insertMigration(tx: Tx, migration: Migration): Promise<void> {
  await tx.insertInto('migrations').values(toRow(migration)).execute()
}

/** Writes what can change. The row must be locked. */
export async function saveMigration(tx: Tx, migration: Migration): Promise<void> {
  const { id, ...columns } = toRow(migration)
  await tx.updateTable('migrations').set(columns).where('id', '=', id).execute()
}

export function toMigration(row: MigrationRow): Migration {
  // written by `toRow` and by nothing else
  const document = row.document as unknown as Document
  return {
    id: row.id,
    kind: row.kind,
    evacuationId: row.evacuation_id,
    serviceId: row.service_id,
    targetServiceId: row.target_service_id,
    consumerId: row.consumer_id,
    serviceTypeId: row.service_type_id,
    sourceAgentId: row.source_agent_id,
    targetAgentId: row.target_agent_id,
    sourceProviderId: row.source_provider_id,
    targetProviderId: row.target_provider_id,
    // written from a state
    state: row.state as Migration['state'],
    primary: row.primary_service,
    jobId: row.job_id,
    fenceJobId: row.fence_job_id,
    cutOverAt: row.cut_over_at,
    ...document,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
  }
}

function toRow(migration: Migration) {
  const holds = holdsOf(migration)
  const document: Document = {
    settings: migration.settings,
    from: migration.from,
    paused: migration.paused,
    steps: migration.steps,
    targetReady: migration.targetReady,
    quiesce: migration.quiesce,
    quiescedAt: migration.quiescedAt,
    exported: migration.exported,
    imported: migration.imported,
    verification: migration.verification,
    fence: migration.fence,
    fenceTriedAt: migration.fenceTriedAt,
    retainUntil: migration.retainUntil,
    unwinding: migration.unwinding,
    failure: migration.failure,
    unwindFailure: migration.unwindFailure,
    evidenceIds: migration.evidenceIds,
    artifactIds: migration.artifactIds,
  }
  return {
    id: migration.id,
    kind: migration.kind,
    evacuation_id: migration.evacuationId,
    service_id: migration.serviceId,
    target_service_id: migration.targetServiceId,
    consumer_id: migration.consumerId,
    service_type_id: migration.serviceTypeId,
    source_agent_id: migration.sourceAgentId,
    target_agent_id: migration.targetAgentId,
    source_provider_id: migration.sourceProviderId,
    target_provider_id: migration.targetProviderId,
    state: migration.state,
    outcome: migration.kind === 'drill' ? outcomeOf(migration) : null,
    ended: migration.endedAt !== null,
    primary_service: migration.primary,
    holds_source: holds.source,
    holds_target: holds.target,
    job_id: migration.jobId,
    fence_job_id: migration.fenceJobId,
    cut_over_at: migration.cutOverAt,
    document: JSON.stringify(document),
    created_at: migration.createdAt,
    updated_at: migration.updatedAt,
    ended_at: migration.endedAt,
  }
}
