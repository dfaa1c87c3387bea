/** HTTP for service types: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { serviceTypes } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkServiceType } from './service-type.ts'
import {
  countLiveServices,
  getServiceType,
  insertServiceType,
  lockServiceType,
  removeServiceType,
  saveServiceType,
  serviceTypeList,
  serviceTypeShape,
  serviceTypeToWire,
} from './service-type-store.ts'

export function serviceTypeRoutes(api: Api, { db }: Platform): void {
  api.handle(serviceTypes.list, ({ query, scope }) => listPage(db, serviceTypes.list, query, scope, serviceTypeList))

  api.handle(serviceTypes.get, async ({ params }) => serviceTypeToWire(await getServiceType(db, params.id)))

  api.handle(serviceTypes.create, async ({ body, command }) => {
    const type = await command(async (c) => {
      const created = checkServiceType({ id: randomUUID(), ...body, createdAt: c.now, updatedAt: c.now })
      await insertServiceType(c.tx, created)
      await appendEvent(c, { type: 'service_type.created', entityId: created.id })
      return created
    })
    return serviceTypeToWire(type)
  })

  api.handle(serviceTypes.update, async ({ params, body, command }) => {
    const type = await command(async (c) => {
      const before = await lockServiceType(c.tx, params.id)
      const after = checkServiceType({ ...before, ...body, updatedAt: c.now })
      await saveServiceType(c.tx, after)
      await appendEvent(c, {
        type: 'service_type.updated',
        entityId: after.id,
        properties: changes(serviceTypeShape(before), serviceTypeShape(after)),
      })
      return after
    })
    return serviceTypeToWire(type)
  })

  api.handle(serviceTypes.delete, async ({ params, command }) => {
    await command(async (c) => {
      const type = await lockServiceType(c.tx, params.id)
      const live = await countLiveServices(c.tx, type.id)
      if (live > 0) throw conflict(`cannot delete service type ${type.id}: ${live} dependent service(s) exist`)
      await removeServiceType(c.tx, type.id, c.now)
      await appendEvent(c, { type: 'service_type.deleted', entityId: type.id })
    })
  })
}
