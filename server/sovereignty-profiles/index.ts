/** Sovereignty profiles: facts about providers, their agents and offerings, and the evidence behind them. */

import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { effectiveRoutes } from './effective-routes.ts'
import { evidenceRoutes } from './evidence-routes.ts'
import { profileRoutes } from './profile-routes.ts'

export { noteChange } from './change-store.ts'
export { type OfferingKey, type OfferingProfile, offeringProfiles, participantProfiles } from './effective-store.ts'
export { type NewEvidence, recordEvidence, updateEvidenceStatus } from './evidence-store.ts'
export { announceEnds } from './expiry-workflow.ts'
export { NOBODY, seesEverything } from './reader.ts'
export type { Subject } from './subject.ts'
export { lockSubject } from './subject-store.ts'

export function sovereigntyProfileRoutes(api: Api, platform: Platform): void {
  profileRoutes(api, platform)
  evidenceRoutes(api, platform)
  effectiveRoutes(api, platform)
}
