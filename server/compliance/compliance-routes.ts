/** HTTP for compliance: how one service stands, and how all of a scope would stand under a policy that is not saved. */
import { randomUUID } from 'node:crypto'
import {
  compliance as complianceOperations,
  type ServiceCompliance,
  type SovereigntyPolicyTestResult,
  sovereigntyPolicies,
} from '@fulcrum/contract'
import type { Policy } from '@fulcrum/sovereignty'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { timestamp } from '../platform/wire.ts'
import { checkDocument, checkParticipants, scopeOwner } from '../sovereignty-policies/index.ts'
import { assess, type Compliance } from './compliance.ts'
import { readCompliance } from './compliance-store.ts'
import { readJudge } from './judge.ts'
import { servicesOfScope } from './scope-store.ts'

/** So many services are listed; all are counted. */
const SHOWN = 500

export function complianceRoutes(api: Api, { db, now }: Platform): void {
  api.handle(complianceOperations.get, async ({ params, authorize }) => {
    const { service, compliance, checkedAt } = await readCompliance(db, params.id)
    authorize(service)
    if (compliance) return complianceToWire(service.id, compliance, checkedAt)
    const at = now()
    const { decision, policies } = (await readJudge(db, at))(service)
    return complianceToWire(service.id, assess(decision, policies, null, at), null)
  })

  api.handle(sovereigntyPolicies.test, async ({ body: { policy: body }, authorize, command }) => {
    if (body.scope.kind === 'platform' || body.scope.kind === 'serviceType') authorize({})
    if (body.scope.kind === 'consumer') authorize({ consumerId: body.scope.id ?? null })
    const document = checkDocument(body)
    // looks only, but what the scope names must be there and the caller's
    await command(async (c) => {
      authorize({ consumerId: await scopeOwner(c.tx, body.scope) })
      await checkParticipants(c.tx, document)
    })
    const draft: Policy = { id: randomUUID(), version: 1, scope: body.scope, ...document }
    return tested(draft, await servicesOfScope(db, draft.scope), await readJudge(db, now(), [draft]), now())
  })
}

function tested(
  draft: Policy,
  services: Awaited<ReturnType<typeof servicesOfScope>>,
  judge: Awaited<ReturnType<typeof readJudge>>,
  at: Date,
): SovereigntyPolicyTestResult {
  const judged = services.map((service) => {
    const { decision } = judge(service)
    const refused = draft.mode === 'audit' ? decision.wouldFail : decision.failed
    return {
      serviceId: service.id,
      name: service.name,
      providerId: service.providerId,
      consumerId: service.consumerId,
      outcome: decision.outcome,
      // the id of the draft means nothing to anybody
      failed: refused.map((key) => key.slice(draft.id.length + 1)),
      explanation: decision.explanation.replaceAll(`${draft.id}/`, ''),
    }
  })
  const sorted = judged.toSorted((a, b) => Number(b.failed.length > 0) - Number(a.failed.length > 0))
  return {
    at: timestamp(at),
    checked: judged.length,
    denied: judged.filter(({ failed }) => failed.length > 0).length,
    services: sorted.slice(0, SHOWN),
  }
}

function complianceToWire(serviceId: string, compliance: Compliance, checkedAt: Date | null): ServiceCompliance {
  const { policyId, action, evacuateAt, since } = compliance
  return {
    serviceId,
    outcome: compliance.outcome,
    failed: compliance.failed,
    wouldFail: compliance.wouldFail,
    breaches: compliance.breaches,
    ...(policyId !== null && { policyId }),
    ...(action !== null && { action }),
    ...(evacuateAt !== null && { evacuateAt: timestamp(evacuateAt) }),
    ...(checkedAt !== null && { since: timestamp(since), checkedAt: timestamp(checkedAt) }),
  }
}
