/** HTTP for migrations: parse, authorize, call, answer. */
import { type MigrationAction, migrations } from '@fulcrum/contract'
import { sql } from 'kysely'
import { keepingRefusals } from '../placement/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import { type ListSource, listPage } from '../platform/lists.ts'
import { readFacts } from './facts-store.ts'
import type { Migration } from './migration.ts'
import { getMigration, type MigrationRow, toMigration } from './migration-store.ts'
import { migrationToWire } from './migration-wire.ts'
import { ownersOf, steerMigration } from './migration-workflow.ts'
import { startMigration } from './start-workflow.ts'

const STEERING = [
  [migrations.pause, 'pause'],
  [migrations.resume, 'resume'],
  [migrations.cancel, 'cancel'],
  [migrations.cutOver, 'cut-over'],
  [migrations.retry, 'retry'],
] as const satisfies readonly (readonly [unknown, MigrationAction])[]

export function migrationRoutes(api: Api, platform: Platform): void {
  const { db, now } = platform

  api.handle(migrations.list, async ({ query, scope }) => listPage(db, migrations.list, query, scope, migrationList))

  api.handle(migrations.create, async ({ body, authorize, command }) => {
    const started = await keepingRefusals(command, () =>
      command((c) => startMigration(c, platform, { ...body, kind: 'migration' }, authorize)),
    )
    return viewOf(db, started, now())
  })

  api.handle(migrations.get, async ({ params, authorize }) => {
    const migration = await getMigration(db, params.id, 'migration')
    authorize(ownersOf(migration))
    return viewOf(db, migration, now())
  })

  for (const [operation, action] of STEERING)
    api.handle(operation, async ({ params, authorize, command }) => {
      const asked = { id: params.id, kind: 'migration', action } as const
      return viewOf(db, await command((c) => steerMigration(c, platform, asked, authorize)), now())
    })

  api.handle(migrations.rollback, async ({ params, body, authorize, command }) => {
    const { acceptWriteLoss = false } = body
    const asked = { id: params.id, kind: 'migration', action: 'rollback', acceptWriteLoss } as const
    return viewOf(db, await command((c) => steerMigration(c, platform, asked, authorize)), now())
  })
}

async function viewOf(db: Db, migration: Migration, now: Date) {
  return migrationToWire(migration, await readFacts(db, migration, now))
}

export const OWNER_COLUMNS = { providerId: 'source_provider_id', participantId: 'target_provider_id' } as const

const migrationList: ListSource<MigrationRow, ReturnType<typeof migrationToWire>> = {
  table: 'migrations',
  owners: OWNER_COLUMNS,
  where: sql`t.kind = 'migration'`,
  select: sql`t.*`,
  toItem: (row) => migrationToWire(toMigration(row), null),
}
