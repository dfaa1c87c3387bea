/** HTTP for service options and their types: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { serviceOptions, serviceOptionTypes } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, Refusal } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkServiceOption, checkServiceOptionType, type ServiceOption } from './service-option.ts'
import {
  countOptions,
  deleteServiceOption,
  deleteServiceOptionType,
  getServiceOption,
  getServiceOptionType,
  insertServiceOption,
  insertServiceOptionType,
  lockServiceOption,
  lockServiceOptionType,
  optionShape,
  optionToWire,
  optionTypeShape,
  optionTypeToWire,
  saveServiceOption,
  saveServiceOptionType,
  serviceOptionList,
  serviceOptionTypeExists,
  serviceOptionTypeList,
} from './service-option-store.ts'

export function serviceOptionRoutes(api: Api, platform: Platform): void {
  optionTypeRoutes(api, platform)
  optionRoutes(api, platform)
}

function optionTypeRoutes(api: Api, { db }: Platform): void {
  const operations = serviceOptionTypes
  api.handle(operations.list, ({ query, scope }) => listPage(db, operations.list, query, scope, serviceOptionTypeList))

  api.handle(operations.get, async ({ params }) => optionTypeToWire(await getServiceOptionType(db, params.id)))

  api.handle(operations.create, async ({ body, command }) => {
    const type = await command(async (c) => {
      const created = checkServiceOptionType({
        id: randomUUID(),
        name: body.name,
        type: body.type,
        description: body.description ?? '',
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertServiceOptionType(c.tx, created)
      await appendEvent(c, { type: 'service_option_type.created', entityId: created.id })
      return created
    })
    return optionTypeToWire(type)
  })

  api.handle(operations.update, async ({ params, body, command }) => {
    const type = await command(async (c) => {
      const before = await lockServiceOptionType(c.tx, params.id)
      const after = checkServiceOptionType({ ...before, ...body, updatedAt: c.now })
      await saveServiceOptionType(c.tx, after)
      await appendEvent(c, {
        type: 'service_option_type.updated',
        entityId: after.id,
        properties: changes(optionTypeShape(before), optionTypeShape(after)),
      })
      return after
    })
    return optionTypeToWire(type)
  })

  api.handle(operations.delete, async ({ params, command }) => {
    await command(async (c) => {
      const type = await lockServiceOptionType(c.tx, params.id)
      const options = await countOptions(c.tx, type.id)
      if (options > 0)
        throw conflict(`cannot delete service option type ${type.id}: ${options} dependent service option(s) exist`)
      await deleteServiceOptionType(c.tx, type.id)
      await appendEvent(c, { type: 'service_option_type.deleted', entityId: type.id })
    })
  })
}

function optionRoutes(api: Api, { db }: Platform): void {
  const operations = serviceOptions
  api.handle(operations.list, ({ query, scope }) => listPage(db, operations.list, query, scope, serviceOptionList))

  api.handle(operations.get, async ({ params, authorize }) => {
    const option = await getServiceOption(db, params.id)
    authorize(option)
    return optionToWire(option)
  })

  api.handle(operations.create, async ({ body, authorize, command }) => {
    authorize({ providerId: body.providerId })
    const option = await command(async (c) => {
      if ((await findParticipantForReference(c.tx, body.providerId)) === null)
        throw missing('provider', body.providerId)
      if (!(await serviceOptionTypeExists(c.tx, body.serviceOptionTypeId)))
        throw missing('service option type', body.serviceOptionTypeId)
      const created = checkServiceOption({
        id: randomUUID(),
        enabled: true,
        displayOrder: 0,
        ...body,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertServiceOption(c.tx, created)
      await appendEvent(c, { type: 'service_option.created', ...links(created) })
      return created
    })
    return optionToWire(option)
  })

  api.handle(operations.update, async ({ params, body, authorize, command }) => {
    const option = await command(async (c) => {
      const before = await lockServiceOption(c.tx, params.id)
      authorize(before)
      const after = checkServiceOption({ ...before, ...body, updatedAt: c.now })
      await saveServiceOption(c.tx, after)
      await appendEvent(c, {
        type: 'service_option.updated',
        ...links(after),
        properties: changes(optionShape(before), optionShape(after)),
      })
      return after
    })
    return optionToWire(option)
  })

  api.handle(operations.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const option = await lockServiceOption(c.tx, params.id)
      authorize(option)
      await deleteServiceOption(c.tx, option.id)
      await appendEvent(c, { type: 'service_option.deleted', ...links(option) })
    })
  })
}

/** Something that an option is to refer to does not exist; with the contract's text. */
function missing(what: string, id: string): Refusal {
  return new Refusal('not-found', `resource not found: ${what} ${id} not found`)
}

function links({ id, providerId }: ServiceOption) {
  return { entityId: id, providerId }
}
