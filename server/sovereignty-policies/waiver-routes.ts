/** HTTP for waivers: whoever may change a policy may let one of its constraints pass. */
import { randomUUID } from 'node:crypto'
import { sovereigntyWaivers } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { noteChange } from '../sovereignty-profiles/index.ts'
import { requireInForce } from './policy.ts'
import { lockPolicy } from './policy-versions-store.ts'
import { newWaiver, revoke } from './waiver.ts'
import { insertWaiver, lockWaiver, saveRevocation, waiverList, waiverToWire } from './waiver-store.ts'

export function waiverRoutes(api: Api, { db }: Platform): void {
  api.handle(sovereigntyWaivers.list, ({ query, scope }) =>
    listPage(db, sovereigntyWaivers.list, query, scope, waiverList),
  )

  api.handle(sovereigntyWaivers.create, async ({ body, identity, authorize, command }) => {
    const given = await command(async (c) => {
      const policy = await lockPolicy(c.tx, body.policyId)
      authorize({ consumerId: policy.consumerId })
      requireInForce(policy)
      if ((await findParticipantForReference(c.tx, body.subjectId)) === null)
        throw invalidInput(`participant with ID ${body.subjectId} does not exist`)
      const waiver = newWaiver(body, policy, { id: randomUUID(), approvedBy: identity.name, now: c.now })
      await insertWaiver(c.tx, waiver)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_waiver.created',
        entityId: waiver.id,
        ...(waiver.consumerId !== null && { consumerId: waiver.consumerId }),
        properties: {
          policyId: waiver.policyId,
          constraintId: waiver.constraintId,
          subjectId: waiver.subjectId,
          reason: waiver.reason,
          approvedBy: waiver.approvedBy,
          validUntil: timestamp(waiver.validUntil),
        },
      })
      return waiver
    })
    return waiverToWire(given)
  })

  api.handle(sovereigntyWaivers.revoke, async ({ params, authorize, command }) => {
    const ended = await command(async (c) => {
      const waiver = await lockWaiver(c.tx, params.id)
      authorize({ consumerId: waiver.consumerId })
      const after = revoke(waiver, c.now)
      await saveRevocation(c.tx, after)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_waiver.revoked',
        entityId: waiver.id,
        ...(waiver.consumerId !== null && { consumerId: waiver.consumerId }),
        properties: { policyId: waiver.policyId, constraintId: waiver.constraintId },
      })
      return after
    })
    return waiverToWire(ended)
  })
}
