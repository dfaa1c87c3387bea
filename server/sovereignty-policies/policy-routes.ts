/** HTTP for policies: the federation's are set by admins and read by everybody, a consumer's are its own. */
import { randomUUID } from 'node:crypto'
import { sovereigntyPolicies } from '@fulcrum/contract'
import { sql } from 'kysely'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { noteChange, seesEverything } from '../sovereignty-profiles/index.ts'
import { checkDocument, type PolicyVersion, requireInForce } from './policy.ts'
import {
  checkParticipants,
  insertPolicy,
  lockPolicy,
  policyList,
  policyToWire,
  readVersions,
  scopeOwner,
  withdrawPolicy,
} from './policy-versions-store.ts'

export function policyRoutes(api: Api, { db }: Platform): void {
  api.handle(sovereigntyPolicies.list, ({ query, identity }) => {
    const readable = seesEverything(identity)
      ? sql`true`
      : sql`t.consumer_id IS NULL OR t.consumer_id = ${identity.participantId}::uuid`
    // who may read what does not follow from owners alone
    return listPage(db, sovereigntyPolicies.list, query, 'all', policyList(readable))
  })

  api.handle(sovereigntyPolicies.get, async ({ params, identity }) => {
    const versions = await readVersions(db, params.id)
    const [newest] = versions
    const readable =
      seesEverything(identity) || newest.consumerId === null || newest.consumerId === identity.participantId
    if (!readable) throw new Refusal('forbidden', 'the policy is that of another consumer')
    return { ...policyToWire(newest), versions: versions.map(policyToWire) }
  })

  api.handle(sovereigntyPolicies.create, async ({ body, authorize, command }) => {
    // whoever may not set policies of this kind is told so before anything is looked up
    if (isFederal(body.scope.kind)) authorize({})
    if (body.scope.kind === 'consumer') authorize({ consumerId: body.scope.id ?? null })
    const document = checkDocument(body)
    const created = await command(async (c) => {
      const consumerId = await scopeOwner(c.tx, body.scope)
      authorize({ consumerId })
      await checkParticipants(c.tx, document)
      const policy: PolicyVersion = {
        id: randomUUID(),
        version: 1,
        name: body.name,
        scope: body.scope,
        consumerId,
        document,
        effectiveFrom: body.effectiveFrom === undefined ? c.now : new Date(body.effectiveFrom),
        withdrawnAt: null,
        createdAt: c.now,
      }
      await insertPolicy(c.tx, policy)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_policy.created',
        ...links(policy),
        properties: { version: 1, scope: { ...policy.scope } },
      })
      return policy
    })
    return policyToWire(created)
  })

  api.handle(sovereigntyPolicies.update, async ({ params, body, authorize, command }) => {
    const made = await command(async (c) => {
      const before = await lockPolicy(c.tx, params.id)
      authorize({ consumerId: before.consumerId })
      requireInForce(before)
      const document = checkDocument(body)
      await checkParticipants(c.tx, document)
      const policy: PolicyVersion = {
        ...before,
        version: before.version + 1,
        name: body.name,
        document,
        effectiveFrom: body.effectiveFrom === undefined ? c.now : new Date(body.effectiveFrom),
        createdAt: c.now,
      }
      await insertPolicy(c.tx, policy)
      await noteChange(c)
      await appendEvent(c, {
        type: 'sovereignty_policy.updated',
        ...links(policy),
        properties: { version: policy.version, ...changes(shape(before), shape(policy)) },
      })
      return policy
    })
    return policyToWire(made)
  })

  api.handle(sovereigntyPolicies.withdraw, async ({ params, authorize, command }) => {
    const withdrawn = await command(async (c) => {
      const policy = await lockPolicy(c.tx, params.id)
      authorize({ consumerId: policy.consumerId })
      requireInForce(policy)
      await withdrawPolicy(c.tx, policy.id, c.now)
      await noteChange(c)
      await appendEvent(c, { type: 'sovereignty_policy.withdrawn', ...links(policy) })
      return { ...policy, withdrawnAt: c.now }
    })
    return policyToWire(withdrawn)
  })
}

function isFederal(kind: PolicyVersion['scope']['kind']): boolean {
  return kind === 'platform' || kind === 'serviceType'
}

/** What an event about a policy compares. */
function shape(policy: PolicyVersion) {
  const { name, mode, trustedZone, onUnknown, minAssurance, constraints, preferences, breach, effectiveFrom } =
    policyToWire(policy)
  return {
    ...{ name, mode, trustedZone, onUnknown, minAssurance, constraints, preferences, effectiveFrom },
    ...(breach && { breach }),
  }
}

function links({ id, consumerId }: PolicyVersion) {
  return { entityId: id, ...(consumerId !== null && { consumerId }) }
}
