/** Sovereignty policies: what the federation and its consumers accept, and exceptions with an end. */

export { blockedProviders } from './breach-store.ts'
export { type PolicySubject, policiesFor, policiesInForce, waiversOf } from './policy-store.ts'
