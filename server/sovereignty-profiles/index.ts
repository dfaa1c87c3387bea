/** Sovereignty profiles: facts about providers, their agents and offerings, and the evidence behind them. */
export { type OfferingKey, type OfferingProfile, offeringProfiles } from './effective-store.ts'
