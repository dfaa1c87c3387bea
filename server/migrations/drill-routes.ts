/** HTTP for drills: parse, authorize, call, answer. */
import { type DrillCreate, drills } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Api, Call } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import { invalidInput, notFound, Refusal } from '../platform/errors.ts'
import { type ListSource, listPage } from '../platform/lists.ts'
import { getService } from '../services/index.ts'
import { NOBODY, seesEverything } from '../sovereignty-profiles/index.ts'
import { readFacts } from './facts-store.ts'
import type { Migration } from './migration.ts'
import { OWNER_COLUMNS } from './migration-routes.ts'
import { getMigration, type MigrationRow, toMigration } from './migration-store.ts'
import { drillToWire } from './migration-wire.ts'
import { ownersOf, steerMigration } from './migration-workflow.ts'
import { findAgent, findGroup, findParticipant, servicesToDrill } from './start-store.ts'
import { startMigration } from './start-workflow.ts'

/** More at once would keep the providers' agents from everything else. */
const MOST = 100

export function drillRoutes(api: Api, platform: Platform): void {
  const { db, now } = platform

  api.handle(drills.list, async ({ query, scope }) => listPage(db, drills.list, query, scope, drillList))

  api.handle(drills.create, async (call) => {
    const { body, authorize, command } = call
    const wanted = await servicesOf(db, call)
    const started: Migration[] = []
    const refused: { serviceId: string; reason: string }[] = []
    const { agentId, from, properties } = body
    for (const serviceId of wanted)
      try {
        const start = { kind: 'drill', serviceId, agentId, properties, ...(from && { from }) } as const
        started.push(await command((c) => startMigration(c, platform, start, authorize)))
      } catch (error) {
        if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error
        refused.push({ serviceId, reason: error.message })
      }
    const items = []
    for (const drill of started) items.push(await viewOf(db, drill, now()))
    return { items, refused }
  })

  api.handle(drills.get, async ({ params, authorize }) => {
    const drill = await getMigration(db, params.id, 'drill')
    authorize(ownersOf(drill))
    return viewOf(db, drill, now())
  })

  api.handle(drills.cancel, async ({ params, authorize, command }) => {
    const asked = { id: params.id, kind: 'drill', action: 'cancel' } as const
    return viewOf(db, await command((c) => steerMigration(c, platform, asked, authorize)), now())
  })
}

/** The services that are meant: those that are named have to be the caller's, of the others only the caller's are. */
async function servicesOf(db: Db, { body, authorize, identity }: Call<typeof drills.create>): Promise<string[]> {
  const { serviceIds = [], groupId, providerId, agentId }: DrillCreate = body
  if (serviceIds.length === 0 && groupId === undefined && providerId === undefined)
    throw invalidInput('say which services: serviceIds, groupId or providerId')
  for (const id of serviceIds) authorize(await getService(db, id))
  if (agentId !== undefined && !(await findAgent(db, agentId))) throw notFound('agent', agentId)
  if (providerId !== undefined && !(await findParticipant(db, providerId))) throw notFound('participant', providerId)
  if (groupId !== undefined) {
    const group = await findGroup(db, groupId)
    if (!group) throw notFound('service group', groupId)
    authorize(group)
  }
  const all = groupId === undefined && providerId === undefined
  const consumer = seesEverything(identity) ? null : (identity.participantId ?? NOBODY)
  const found = all
    ? []
    : await servicesToDrill(db, {
        ...(groupId !== undefined && { groupId }),
        ...(providerId !== undefined && { providerId }),
        ...(consumer !== null && { consumerId: consumer }),
      })
  const services = [...new Set([...serviceIds, ...found])]
  if (services.length === 0) throw invalidInput('there is no such service that runs')
  if (services.length > MOST)
    throw invalidInput(`at most ${MOST} services can be drilled at once, not ${services.length}`)
  return services
}

async function viewOf(db: Db, drill: Migration, now: Date) {
  return drillToWire(drill, await readFacts(db, drill, now))
}

const drillList: ListSource<MigrationRow, ReturnType<typeof drillToWire>> = {
  table: 'migrations',
  owners: OWNER_COLUMNS,
  where: sql`t.kind = 'drill'`,
  select: sql`t.*`,
  toItem: (row) => drillToWire(toMigration(row), null),
}
