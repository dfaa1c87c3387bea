/** The agent's definition, for tests and for programs that run it themselves. */
export { postgresAgent } from './agent.ts'
export { type Configuration, type Place, parseConfiguration, placeFromEnvironment } from './configuration.ts'
