/** HTTP for service pool sets: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { servicePoolSets } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, notFound } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkPoolSet, poolSetShape, type ServicePoolSet } from './service-pool.ts'
import {
  countSetDependents,
  deletePoolSet,
  getPoolSetView,
  insertPoolSet,
  lockPoolSet,
  poolSetList,
  poolSetToWire,
  savePoolSet,
} from './service-pool-set-store.ts'

export function servicePoolSetRoutes(api: Api, { db }: Platform): void {
  api.handle(servicePoolSets.list, ({ query, scope }) => listPage(db, servicePoolSets.list, query, scope, poolSetList))

  api.handle(servicePoolSets.get, async ({ params, authorize }) => {
    const set = await getPoolSetView(db, params.id)
    authorize({ providerId: set.providerID })
    return set
  })

  api.handle(servicePoolSets.create, async ({ body, authorize, command }) => {
    authorize({ providerId: body.providerId })
    const set = await command(async (c) => {
      if ((await findParticipantForReference(c.tx, body.providerId)) === null)
        throw notFound('provider', body.providerId)
      const created = checkPoolSet({ id: randomUUID(), ...body, createdAt: c.now, updatedAt: c.now })
      await insertPoolSet(c.tx, created)
      await appendEvent(c, { type: 'service_pool_set.created', ...links(created) })
      return created
    })
    return poolSetToWire(set)
  })

  api.handle(servicePoolSets.update, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockPoolSet(c.tx, params.id)
      authorize(before)
      const after = checkPoolSet({ ...before, ...body, updatedAt: c.now })
      await savePoolSet(c.tx, after)
      await appendEvent(c, {
        type: 'service_pool_set.updated',
        ...links(after),
        properties: changes(poolSetShape(before), poolSetShape(after)),
      })
    })
    return getPoolSetView(db, params.id)
  })

  api.handle(servicePoolSets.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const set = await lockPoolSet(c.tx, params.id)
      authorize(set)
      const { pools, agents } = await countSetDependents(c.tx, set.id)
      if (pools + agents > 0)
        throw conflict(
          `cannot delete service pool set ${set.id}: ${pools} dependent pool(s), ${agents} dependent agent(s) exist`,
        )
      await deletePoolSet(c.tx, set.id)
      await appendEvent(c, { type: 'service_pool_set.deleted', ...links(set) })
    })
  })
}

function links({ id, providerId }: ServicePoolSet) {
  return { entityId: id, providerId }
}
