/** HTTP for participants: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { participants } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { checkParticipant } from './participant.ts'
import {
  getParticipant,
  insertParticipant,
  lockParticipant,
  participantDependents,
  participantList,
  participantShape,
  participantToWire,
  removeParticipant,
  saveParticipant,
} from './participant-store.ts'

export function participantRoutes(api: Api, { db }: Platform): void {
  api.handle(participants.list, ({ query, scope }) => listPage(db, participants.list, query, scope, participantList))

  api.handle(participants.get, async ({ params, authorize }) => {
    const participant = await getParticipant(db, params.id)
    authorize({ participantId: participant.id })
    return participantToWire(participant)
  })

  api.handle(participants.create, async ({ body, authorize, command }) => {
    // it will be somebody else than the one to which an admin may be narrowed
    authorize({})
    const participant = await command(async (c) => {
      const created = checkParticipant({ id: randomUUID(), ...body, createdAt: c.now, updatedAt: c.now })
      await insertParticipant(c.tx, created)
      await appendEvent(c, { type: 'participant.created', entityId: created.id, participantId: created.id })
      return created
    })
    return participantToWire(participant)
  })

  api.handle(participants.update, async ({ params, body, authorize, command }) => {
    const participant = await command(async (c) => {
      const before = await lockParticipant(c.tx, params.id)
      authorize({ participantId: before.id })
      const after = checkParticipant({ ...before, ...body, updatedAt: c.now })
      await saveParticipant(c.tx, after)
      await appendEvent(c, {
        type: 'participant.updated',
        entityId: after.id,
        participantId: after.id,
        properties: changes(participantShape(before), participantShape(after)),
      })
      c.announce(IDENTITIES_SIGNAL)
      return after
    })
    return participantToWire(participant)
  })

  api.handle(participants.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const participant = await lockParticipant(c.tx, params.id)
      authorize({ participantId: participant.id })
      const dependents = await participantDependents(c.tx, participant.id)
      if (dependents.length > 0) {
        const list = dependents.map(({ what, count }) => `${count} dependent ${what}`).join(', ')
        throw conflict(`cannot delete participant ${participant.id}: ${list} exist`)
      }
      await removeParticipant(c.tx, participant.id, c.now)
      await appendEvent(c, { type: 'participant.deleted', entityId: participant.id, participantId: participant.id })
      c.announce(IDENTITIES_SIGNAL)
    })
  })
}
