/** Service types: what the other features use of them. */
export type { ServiceType } from './service-type.ts'
export { serviceTypeRoutes } from './service-type-routes.ts'
export {
  findServiceType,
  findServiceTypeForReference,
  type ServiceTypeRow,
  serviceTypeToWire,
  toServiceType,
} from './service-type-store.ts'
