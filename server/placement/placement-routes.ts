/** HTTP for dry runs and decisions: parse, authorize, call, answer. */
import { placementDecisions, placements } from '@fulcrum/contract'
import type { Scope } from '../platform/access.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound, Refusal } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { findServiceType } from '../service-types/index.ts'
import { explainDecision, reducedTo } from './decision.ts'
import {
  type DecisionRow,
  decisionList,
  decisionRecord,
  decisionView,
  getDecisionRow,
  insertDecision,
  readsInFull,
} from './decision-store.ts'
import { consumerOfGroup } from './group-store.ts'
import { decideWhere } from './placement-workflow.ts'

export function placementRoutes(api: Api, { db, config, now }: Platform): void {
  api.handle(placements.create, async ({ body, authorize, command }) => {
    const consumerId = await consumerOfGroup(db, body.groupId)
    if (consumerId === null) throw notFound('service group', body.groupId)
    authorize({ consumerId })
    const type = await findServiceType(db, body.serviceTypeId)
    if (!type) throw notFound('service type', body.serviceTypeId)
    const decided = await decideWhere(
      db,
      {
        consumerId,
        groupId: body.groupId,
        serviceTypeId: type.id,
        requirements: body.requirements,
        customerKey: body.customerKey,
        properties: body.properties && {
          schema: type.propertySchema,
          input: body.properties,
          vaultAvailable: config.vaultKey !== null,
        },
        at: body.at === undefined ? now() : new Date(body.at),
      },
      null,
    )
    const id = await command((c) => insertDecision(c, 'dry-run', decided))
    return decisionView(db, await getDecisionRow(db, id))
  })

  api.handle(placementDecisions.list, ({ query, scope }) =>
    listPage(db, placementDecisions.list, query, 'all', decisionList(scope)),
  )

  const read = async (id: string, scope: Scope, identity: Identity) => {
    const row = await getDecisionRow(db, id)
    requireReader(row, scope)
    const decision = await decisionView(db, row)
    return readsInFull(row, scope) ? decision : reducedTo(decision, identity.participantId ?? '')
  }

  api.handle(placementDecisions.get, ({ params, scope, identity }) => read(params.id, scope, identity))

  api.handle(placementDecisions.why, async ({ params, scope, identity }) =>
    explainDecision(await read(params.id, scope, identity)),
  )

  api.handle(placementDecisions.inputs, async ({ params, authorize }) => {
    const row = await getDecisionRow(db, params.id)
    authorize({ consumerId: row.consumer_id })
    return decisionRecord(db, row)
  })
}

/** Several providers may read one decision, each a part of it: more than the owners of an object can say. */
function requireReader(row: DecisionRow, scope: Scope): void {
  const considered =
    scope !== 'all' && scope.some(({ field, id }) => field === 'providerId' && row.provider_ids.includes(id))
  if (!considered && !readsInFull(row, scope))
    throw new Refusal('forbidden', 'placementDecisions: the object is not within your scope')
}
