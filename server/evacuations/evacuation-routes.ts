/** HTTP for evacuations: parse, authorize, call, answer. */
import { evacuations } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import type { Identity } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { NOBODY, seesEverything } from '../sovereignty-profiles/index.ts'
import type { Evacuation } from './evacuation.ts'
import { type EvacuationRow, getEvacuation, itemsOf, toEvacuation } from './evacuation-store.ts'
import { detailToWire, evacuationToWire } from './evacuation-wire.ts'
import { planFor, startEvacuation, steerEvacuation } from './evacuation-workflow.ts'

const STEERING = [
  [evacuations.pause, 'pause'],
  [evacuations.resume, 'resume'],
  [evacuations.cancel, 'cancel'],
] as const

export function evacuationRoutes(api: Api, platform: Platform): void {
  const { db, now } = platform

  api.handle(evacuations.plan, async ({ body, identity, authorize }) =>
    planFor(db, body, { consumerId: ownConsumer(identity), authorize }, now()),
  )

  api.handle(evacuations.list, async ({ query, scope }) => {
    const page = await listPage(db, evacuations.list, query, scope, {
      table: 'evacuations',
      select: sql`t.*`,
      toItem: (row: EvacuationRow) => toEvacuation(row),
    })
    const items = await itemsOf(
      db,
      page.items.map(({ id }) => id),
    )
    return { ...page, items: page.items.map((one) => evacuationToWire(one, items.get(one.id) ?? [])) }
  })

  api.handle(evacuations.create, async ({ body, identity, authorize, command }) => {
    const asker = { consumerId: ownConsumer(identity), authorize }
    return viewOf(db, await command((c) => startEvacuation(c, body, asker)))
  })

  api.handle(evacuations.get, async ({ params, authorize }) => {
    const evacuation = await getEvacuation(db, params.id)
    authorize({ consumerId: evacuation.consumerId })
    return viewOf(db, evacuation)
  })

  for (const [operation, action] of STEERING)
    api.handle(operation, async ({ params, authorize, command }) =>
      viewOf(db, await command((c) => steerEvacuation(c, platform, params.id, action, authorize))),
    )
}

/** Null for who may ask about everybody's services. */
function ownConsumer(identity: Identity): string | null {
  return seesEverything(identity) ? null : (identity.participantId ?? NOBODY)
}

async function viewOf(db: Db, evacuation: Evacuation) {
  return detailToWire(evacuation, (await itemsOf(db, [evacuation.id])).get(evacuation.id) ?? [])
}
