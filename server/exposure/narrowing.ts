/** Whether a caller may narrow an answer by these ids: each must be there, and none must tell it of things of others. */
import type { Owners, Scope } from '../platform/access.ts'
import type { Db } from '../platform/db.ts'
import { notFound } from '../platform/errors.ts'
import { consumerOfGroup, consumesWithin, missingIds, type Narrowing } from './portfolio-store.ts'

/**
 * Who provides what is no secret: offers show it. Whose consumers there are is one: a consumer may name itself, a provider those
 * that it serves.
 *
 * @throws Refusal `not-found` for an id that nothing has, `forbidden` for a consumer or a group of others
 */
export async function checkNarrowing(
  db: Db,
  { consumerId, groupId, serviceTypeId, providerId }: Narrowing,
  scope: Scope,
  authorize: (owners: Owners) => void,
): Promise<void> {
  if (consumerId !== undefined) {
    await mustExist(db, 'participants', 'participant', consumerId)
    if (!(await consumesWithin(db, scope, consumerId))) authorize({ consumerId })
  }
  if (groupId !== undefined) {
    const owner = await consumerOfGroup(db, groupId)
    if (owner === null) throw notFound('service group', groupId)
    authorize({ consumerId: owner })
  }
  if (serviceTypeId !== undefined) await mustExist(db, 'service_types', 'service type', serviceTypeId)
  if (providerId !== undefined) await mustExist(db, 'participants', 'participant', providerId)
}

async function mustExist(db: Db, table: 'participants' | 'service_types', what: string, id: string): Promise<void> {
  const missing = await missingIds(db, table, [id])
  if (missing.length > 0) throw notFound(what, id)
}
