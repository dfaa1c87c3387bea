/** Sovereignty profiles: facts about providers, their agents and offerings, and the evidence behind them. */

export { noteChange } from './change-store.ts'
export { type OfferingKey, type OfferingProfile, offeringProfiles, participantProfiles } from './effective-store.ts'
export { type NewEvidence, recordEvidence, updateEvidenceStatus } from './evidence-store.ts'
export type { Subject } from './subject.ts'
