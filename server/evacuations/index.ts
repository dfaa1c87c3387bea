/** Evacuations: many services that leave by one plan. */
export { driveEvacuations } from './evacuation-driver.ts'
export { evacuationRoutes } from './evacuation-routes.ts'
