/** Exposure: what services are to their consumers, what an event would do to them, and how much hangs on few. */
export type { Classification, Money } from './classification.ts'
export { classificationRoutes } from './classification-routes.ts'
export { classificationsOf } from './classification-store.ts'
export { concentrationRoutes } from './concentration-routes.ts'
export { exposureRoutes } from './exposure-routes.ts'
