/** HTTP for service pools: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { servicePools } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput, notFound } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkPool, poolShape } from './service-pool.ts'
import { findPoolSetForReference } from './service-pool-set-store.ts'
import {
  countPoolValues,
  deletePool,
  getPoolView,
  insertPool,
  lockPool,
  poolList,
  poolToWire,
  poolTypeTaken,
  saveCursor,
  savePool,
} from './service-pool-store.ts'

export function servicePoolRoutes(api: Api, { db }: Platform): void {
  api.handle(servicePools.list, ({ query, scope }) => listPage(db, servicePools.list, query, scope, poolList))

  api.handle(servicePools.get, async ({ params, authorize }) => {
    const { pool, providerId } = await getPoolView(db, params.id)
    authorize({ providerId })
    return pool
  })

  api.handle(servicePools.create, async ({ body, authorize, command }) => {
    const pool = await command(async (c) => {
      const set = await findPoolSetForReference(c.tx, body.servicePoolSetId)
      if (!set) throw notFound('service pool set', body.servicePoolSetId)
      authorize(set)
      const created = checkPool({
        id: randomUUID(),
        ...body,
        generatorConfig: body.generatorConfig ?? null,
        providerId: set.providerId,
        createdAt: c.now,
        updatedAt: c.now,
      })
      if (await poolTypeTaken(c.tx, set.providerId, created.type))
        throw invalidInput(`service pool with type "${created.type}" already exists for this provider`)
      await insertPool(c.tx, created)
      await appendEvent(c, { type: 'service_pool.created', entityId: created.id })
      return created
    })
    return poolToWire(pool)
  })

  api.handle(servicePools.update, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockPool(c.tx, params.id)
      authorize(before)
      const after = checkPool({ ...before, ...body, updatedAt: c.now })
      await savePool(c.tx, after)
      // offsets of the old block mean nothing in a new one
      if (body.generatorConfig) await saveCursor(c.tx, after.id, 0n)
      await appendEvent(c, {
        type: 'service_pool.updated',
        entityId: after.id,
        properties: changes(poolShape(before), poolShape(after)),
      })
    })
    return (await getPoolView(db, params.id)).pool
  })

  api.handle(servicePools.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const pool = await lockPool(c.tx, params.id)
      authorize(pool)
      const values = await countPoolValues(c.tx, pool.id)
      if (values > 0) throw conflict(`cannot delete service pool ${pool.id}: ${values} dependent value(s) exist`)
      await deletePool(c.tx, pool.id)
      await appendEvent(c, { type: 'service_pool.deleted', entityId: pool.id })
    })
  })
}
