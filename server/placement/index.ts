/** Placement: terms of offerings, quotas, where an order may go, and every decision about it. */
export { placedOf } from './candidate.ts'
export { referencedService } from './candidate-properties.ts'
export { heldBy, type Ruled, ruledBy } from './candidate-store.ts'
export { candidatesOf, type Decided, explainDecision, nameOf, reducedTo, verdictOf } from './decision.ts'
export {
  decisionView,
  deleteOldDecisions,
  deleteUnusedContents,
  getDecisionRow,
  insertServicePlacement,
  servicePlacement,
} from './decision-store.ts'
export { placementRoutes } from './placement-routes.ts'
export {
  chosenOf,
  decideWhere,
  keepingRefusals,
  type PlacementRequest,
  recordOrder,
} from './placement-workflow.ts'
export { termsRoutes } from './terms-routes.ts'
export { type OfferingTerms, offeringTerms } from './terms-store.ts'
