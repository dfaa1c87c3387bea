/** HTTP for metric types: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { metricTypes } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkMetricType } from './metric-type.ts'
import {
  deleteMetricType,
  getMetricType,
  hasEntries,
  insertMetricType,
  lockMetricType,
  metricTypeList,
  metricTypeShape,
  metricTypeToWire,
  saveMetricType,
} from './metric-type-store.ts'

export function metricTypeRoutes(api: Api, { db }: Platform): void {
  api.handle(metricTypes.list, ({ query, scope }) => listPage(db, metricTypes.list, query, scope, metricTypeList))

  api.handle(metricTypes.get, async ({ params }) => metricTypeToWire(await getMetricType(db, params.id)))

  api.handle(metricTypes.create, async ({ body, command }) => {
    const type = await command(async (c) => {
      const created = checkMetricType({ id: randomUUID(), ...body, createdAt: c.now, updatedAt: c.now })
      await insertMetricType(c.tx, created)
      await appendEvent(c, { type: 'metric_type.created', entityId: created.id })
      return created
    })
    return metricTypeToWire(type)
  })

  api.handle(metricTypes.update, async ({ params, body, command }) => {
    const type = await command(async (c) => {
      const before = await lockMetricType(c.tx, params.id)
      const after = checkMetricType({ ...before, ...body, updatedAt: c.now })
      await saveMetricType(c.tx, after)
      await appendEvent(c, {
        type: 'metric_type.updated',
        entityId: after.id,
        properties: changes(metricTypeShape(before), metricTypeShape(after)),
      })
      return after
    })
    return metricTypeToWire(type)
  })

  api.handle(metricTypes.delete, async ({ params, command }) => {
    await command(async (c) => {
      const type = await lockMetricType(c.tx, params.id)
      if (await hasEntries(c.tx, type.id))
        throw conflict(`cannot delete metric type ${type.id}: dependent metric entries exist`)
      await deleteMetricType(c.tx, type.id)
      await appendEvent(c, { type: 'metric_type.deleted', entityId: type.id })
    })
  })
}
