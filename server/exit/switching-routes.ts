/** HTTP for switchings: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { switchings } from '@fulcrum/contract'
import { addDays } from '@fulcrum/sovereignty'
import { appendEvent } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { addEntry, dateOf, isDate, MOST_DAYS_AHEAD, type Party, type Switching } from './switching.ts'
import {
  assetsOf,
  findOpenSwitching,
  getSwitching,
  insertSwitching,
  lockServicesToLeave,
  lockSwitching,
  recordToWire,
  saveSwitching,
  switchingList,
  switchingToWire,
} from './switching-store.ts'

export function switchingRoutes(api: Api, { db, now }: Platform): void {
  const today = () => dateOf(now())
  const record = async (switching: Switching) => recordToWire(switching, await assetsOf(db, switching), today())

  api.handle(switchings.list, ({ query, scope }) => listPage(db, switchings.list, query, scope, switchingList(today())))

  api.handle(switchings.get, async ({ params, authorize }) => {
    const switching = await getSwitching(db, params.id)
    authorize(switching)
    return record(switching)
  })

  api.handle(switchings.create, async ({ body, authorize, command }) => {
    authorize({ consumerId: body.consumerId })
    const { requestedOn = today(), serviceIds, noticeMonths = 2 } = body
    checkFirstDay(requestedOn, today())
    const created = await command(async (c) => {
      for (const [what, id] of [
        ['consumer', body.consumerId],
        ['provider', body.providerId],
        ['destination provider', body.destinationProviderId],
      ] as const)
        if (id !== undefined && (await findParticipantForReference(c.tx, id)) === null)
          throw invalidInput(`${what} with ID ${id} does not exist`)
      if ((body.destinationProviderId !== undefined) !== (body.destination === 'provider'))
        throw invalidInput('destinationProviderId: is for destination provider, and needed there')
      if (body.destinationProviderId === body.providerId)
        throw invalidInput('destinationProviderId: is the provider that is left')
      const only = serviceIds ? [...new Set(serviceIds)] : null
      const found = await lockServicesToLeave(c.tx, { ...body, only })
      const stranger = only?.find((id) => !found.includes(id))
      if (stranger !== undefined)
        throw invalidInput(`service with ID ${stranger} is none of this consumer at this provider`)
      if (found.length === 0) throw invalidInput('the consumer has no services at this provider')
      const open = await findOpenSwitching(c.tx, found)
      if (open) throw conflict(`service ${open.serviceId} is part of switching ${open.id}, which has not ended`)
      const switching: Switching = {
        id: randomUUID(),
        consumerId: body.consumerId,
        providerId: body.providerId,
        serviceIds: found,
        destination: body.destination,
        destinationProviderId: body.destinationProviderId ?? null,
        contractRef: body.contractRef ?? null,
        requestedOn,
        noticeMonths,
        entries: [],
        createdAt: c.now,
        updatedAt: c.now,
      }
      await insertSwitching(c.tx, switching)
      await appendEvent(c, {
        type: 'switching.created',
        ...links(switching),
        properties: { destination: switching.destination, requestedOn, serviceIds: found },
      })
      return switching
    })
    return switchingToWire(created, today())
  })

  api.handle(switchings.record, async ({ params, body, identity, authorize, command }) => {
    const switching = await command(async (c) => {
      const before = await lockSwitching(c.tx, params.id)
      authorize(before)
      const after = addEntry(before, body, partyOf(identity, before), c.now)
      await saveSwitching(c.tx, after)
      await appendEvent(c, { type: `switching.${body.kind}`, ...links(after) })
      return after
    })
    return record(switching)
  })
}

function checkFirstDay(requestedOn: string, today: string): void {
  if (!isDate(requestedOn)) throw invalidInput('requestedOn: there is no such day')
  const latest = addDays(today, MOST_DAYS_AHEAD)
  if (requestedOn < today || requestedOn > latest)
    throw invalidInput(`requestedOn: must be from ${today} to ${latest}; a record cannot begin in the past`)
}

function partyOf({ participantId }: Identity, { consumerId, providerId }: Switching): Party {
  if (participantId === consumerId) return 'consumer'
  return participantId === providerId ? 'provider' : 'operator'
}

function links({ id, consumerId, providerId }: Switching) {
  return { entityId: id, consumerId, providerId }
}
