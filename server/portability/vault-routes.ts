/** HTTP for vault schedules and vault copies: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { vaultCopies, vaultSchedules, type VaultCopy as WireCopy } from '@fulcrum/contract'
import { storesOf } from '../artifacts/index.ts'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { lockService } from '../services/index.ts'
import { outsideOf } from './newest-copies-store.ts'
import { findPortability } from './portability-store.ts'
import { copyList, copyToWire, getCopy } from './vault-copy-store.ts'
import { checkSchedule, checkStore, targetOf, type VaultSchedule } from './vault-schedule.ts'
import {
  deleteSchedule,
  findConsumer,
  getSchedule,
  insertSchedule,
  lockSchedule,
  saveSchedule,
  scheduledStore,
  scheduleList,
  scheduleToWire,
} from './vault-schedule-store.ts'
import { removeVaultCopy, requestByHand, verifyVaultCopy } from './vault-workflow.ts'

export function vaultScheduleRoutes(api: Api, platform: Platform): void {
  const { db } = platform

  api.handle(vaultSchedules.list, ({ query, scope }) => listPage(db, vaultSchedules.list, query, scope, scheduleList))

  api.handle(vaultSchedules.get, async ({ params, authorize }) => {
    const schedule = await getSchedule(db, params.id)
    authorize(schedule)
    return scheduleToWire(schedule)
  })

  api.handle(vaultSchedules.create, async ({ body, authorize, command }) => {
    const schedule = await command(async (c) => {
      const { typeId, ...owner } = await ownerOf(c, targetOf(body))
      authorize(owner)
      const created: VaultSchedule = checkSchedule({
        id: randomUUID(),
        ...owner,
        everyHours: body.everyHours,
        keep: body.keep,
        store: checkStore(body.store, storesOf(platform)),
        createdAt: c.now,
        updatedAt: c.now,
      })
      if (typeId !== null && !(await findPortability(c.tx, typeId)))
        throw invalidInput('the service type of this service declares no export: an administrator can')
      await insertSchedule(c.tx, created)
      await appendEvent(c, {
        type: 'vault_schedule.created',
        entityId: created.id,
        consumerId: created.consumerId,
        properties: shapeOf(created),
      })
      return created
    })
    return scheduleToWire(schedule)
  })

  api.handle(vaultSchedules.update, async ({ params, body, authorize, command }) => {
    const schedule = await command(async (c) => {
      const before = await lockSchedule(c.tx, params.id)
      authorize(before)
      const { everyHours = before.everyHours, keep = before.keep } = body
      const after = checkSchedule({ ...before, everyHours, keep, updatedAt: c.now })
      await saveSchedule(c.tx, after)
      await appendEvent(c, {
        type: 'vault_schedule.updated',
        entityId: after.id,
        consumerId: after.consumerId,
        properties: changes(shapeOf(before), shapeOf(after)),
      })
      return after
    })
    return scheduleToWire(schedule)
  })

  api.handle(vaultSchedules.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const { id, consumerId } = await lockSchedule(c.tx, params.id)
      authorize({ consumerId })
      await deleteSchedule(c.tx, id)
      await appendEvent(c, { type: 'vault_schedule.deleted', entityId: id, consumerId })
    })
  })
}

export function vaultCopyRoutes(api: Api, platform: Platform): void {
  const { db } = platform
  const stores = storesOf(platform)

  /** With what is known now of whose control the stores are under; a store that is configured no longer counts as inside. */
  const judged = async (copies: readonly WireCopy[]): Promise<WireCopy[]> => {
    const isOutside = await outsideOf(
      db,
      copies.map(({ serviceId }) => serviceId),
    )
    return copies.map((copy) => {
      const store = stores.find(({ name }) => name === copy.store)
      return { ...copy, outside: store !== undefined && isOutside(copy.serviceId, store) }
    })
  }

  api.handle(vaultCopies.list, async ({ query, scope }) => {
    const page = await listPage(db, vaultCopies.list, query, scope, copyList)
    return { ...page, items: await judged(page.items) }
  })

  api.handle(vaultCopies.get, async ({ params, authorize }) => {
    const copy = await getCopy(db, params.id)
    authorize(copy)
    const [answer = copyToWire(copy)] = await judged([copyToWire(copy)])
    return answer
  })

  api.handle(vaultCopies.create, async ({ params, body, authorize, command }) => {
    const copy = await command((c) =>
      requestByHand(c, params.id, authorize, async (service) => {
        if (body.store !== undefined) return checkStore(body.store, stores)
        const scheduled = await scheduledStore(c.tx, service.id)
        if (scheduled !== null) return checkStore(scheduled, stores)
        const isOutside = await outsideOf(c.tx, [service.id])
        const outside = stores.find((store) => isOutside(service.id, store))
        if (!outside) throw invalidInput("no store is known to be outside the provider's control: name one as store")
        return outside.name
      }),
    )
    return copyToWire(copy)
  })

  api.handle(vaultCopies.verify, async ({ params, authorize, command, signal }) => {
    const copy = await getCopy(db, params.id)
    authorize(copy)
    return copyToWire(await verifyVaultCopy(platform, copy, signal, command))
  })

  api.handle(vaultCopies.delete, async ({ params, authorize, command }) => {
    await command((c) => removeVaultCopy(c, params.id, authorize))
  })
}

type Target = ReturnType<typeof targetOf>

/** Whose the target of a schedule is. @throws Refusal `not-found` */
async function ownerOf(c: Command, { kind, id }: Target) {
  if (kind === 'service') {
    const service = await lockService(c.tx, id)
    const { consumerId, serviceTypeId: typeId } = service
    return { consumerId, groupId: null, serviceId: service.id, typeId }
  }
  const consumerId = await findConsumer(c.tx, kind, id)
  if (consumerId === null) throw notFound(kind === 'group' ? 'service group' : 'participant', id)
  return { consumerId, groupId: kind === 'group' ? id : null, serviceId: null, typeId: null }
}

function shapeOf({ id, consumerId, groupId, serviceId, everyHours, keep, store }: VaultSchedule) {
  return {
    id,
    consumerId,
    ...(groupId !== null && { groupId }),
    ...(serviceId !== null && { serviceId }),
    everyHours,
    keep,
    store,
  }
}
