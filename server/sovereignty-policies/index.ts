/** Sovereignty policies: what the federation and its consumers accept, and exceptions with an end. */

import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { policyRoutes } from './policy-routes.ts'
import { waiverRoutes } from './waiver-routes.ts'

export { blockedProviders } from './breach-store.ts'
export { checkDocument } from './policy.ts'
export { type PolicySubject, policiesFor, policiesInForce, waiversOf } from './policy-store.ts'
export { movePolicies } from './policy-succession.ts'
export { checkParticipants, scopeOwner } from './policy-versions-store.ts'

export function sovereigntyPolicyRoutes(api: Api, platform: Platform): void {
  policyRoutes(api, platform)
  waiverRoutes(api, platform)
}
