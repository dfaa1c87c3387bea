/** The installation of agents: what the other features use of it. */
export { installationRoutes } from './installation-routes.ts'
export { deleteExpiredInstallations, findInstaller } from './installation-store.ts'
