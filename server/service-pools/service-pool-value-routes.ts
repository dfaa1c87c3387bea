/** HTTP for values of service pools: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { servicePoolValues } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkPoolValue } from './service-pool.ts'
import { lockPool, lowerCursor } from './service-pool-store.ts'
import {
  deletePoolValue,
  getPoolValueView,
  insertPoolValue,
  lockPoolValue,
  poolValueList,
  poolValueToWire,
} from './service-pool-value-store.ts'
import { offsetOf, readSubnet } from './subnet.ts'

export function servicePoolValueRoutes(api: Api, { db }: Platform): void {
  api.handle(servicePoolValues.list, ({ query, scope }) =>
    listPage(db, servicePoolValues.list, query, scope, poolValueList),
  )

  api.handle(servicePoolValues.get, async ({ params, authorize }) => {
    const { value, providerId } = await getPoolValueView(db, params.id)
    authorize({ providerId })
    return value
  })

  api.handle(servicePoolValues.create, async ({ body, authorize, command }) => {
    const value = await command(async (c) => {
      const pool = await lockPool(c.tx, body.servicePoolId)
      authorize(pool)
      const created = checkPoolValue({
        id: randomUUID(),
        ...body,
        providerId: pool.providerId,
        serviceId: null,
        propertyName: null,
        allocatedAt: null,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertPoolValue(c.tx, created)
      await appendEvent(c, { type: 'service_pool_value.created', entityId: created.id })
      return created
    })
    return poolValueToWire(value)
  })

  api.handle(servicePoolValues.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const { value: shown } = await getPoolValueView(c.tx, params.id)
      // the pool first, as allocation locks it
      const pool = await lockPool(c.tx, shown.servicePoolId)
      const value = await lockPoolValue(c.tx, params.id)
      authorize(value)
      if (value.serviceId !== null) throw conflict('cannot delete allocated pool value')
      await deletePoolValue(c.tx, value.id)
      if (pool.generatorType === 'subnet' && typeof value.value === 'string') {
        const offset = offsetOf(readSubnet(pool.generatorConfig), value.value)
        if (offset !== null) await lowerCursor(c.tx, pool.id, offset)
      }
      await appendEvent(c, { type: 'service_pool_value.deleted', entityId: value.id })
    })
  })
}
