/** HTTP for service groups: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { serviceGroups } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkServiceGroup } from './service-group.ts'
import {
  countLiveServices,
  getServiceGroupView,
  insertServiceGroup,
  lockServiceGroup,
  removeServiceGroup,
  saveServiceGroup,
  serviceGroupList,
  serviceGroupShape,
  serviceGroupToWire,
} from './service-group-store.ts'

export function serviceGroupRoutes(api: Api, { db }: Platform): void {
  api.handle(serviceGroups.list, ({ query, scope }) => listPage(db, serviceGroups.list, query, scope, serviceGroupList))

  api.handle(serviceGroups.get, async ({ params, authorize }) => {
    const group = await getServiceGroupView(db, params.id)
    authorize({ consumerId: group.consumerId })
    return group
  })

  api.handle(serviceGroups.create, async ({ body, authorize, command }) => {
    authorize({ consumerId: body.consumerId })
    const group = await command(async (c) => {
      if ((await findParticipantForReference(c.tx, body.consumerId)) === null)
        throw invalidInput(`consumer with ID ${body.consumerId} does not exist`)
      const created = checkServiceGroup({ id: randomUUID(), ...body, createdAt: c.now, updatedAt: c.now })
      await insertServiceGroup(c.tx, created)
      await appendEvent(c, { type: 'service_group.created', entityId: created.id, consumerId: created.consumerId })
      return created
    })
    return serviceGroupToWire(group)
  })

  api.handle(serviceGroups.update, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockServiceGroup(c.tx, params.id)
      authorize({ consumerId: before.consumerId })
      const after = checkServiceGroup({ ...before, ...body, updatedAt: c.now })
      await saveServiceGroup(c.tx, after)
      await appendEvent(c, {
        type: 'service_group.updated',
        entityId: after.id,
        consumerId: after.consumerId,
        properties: changes(serviceGroupShape(before), serviceGroupShape(after)),
      })
    })
    return getServiceGroupView(db, params.id)
  })

  api.handle(serviceGroups.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const group = await lockServiceGroup(c.tx, params.id)
      authorize({ consumerId: group.consumerId })
      const live = await countLiveServices(c.tx, group.id)
      if (live > 0) throw conflict(`cannot delete service group ${group.id}: ${live} dependent service(s) exist`)
      await removeServiceGroup(c.tx, group.id, c.now)
      await appendEvent(c, { type: 'service_group.deleted', entityId: group.id, consumerId: group.consumerId })
    })
  })
}
