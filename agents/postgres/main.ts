/**
 * The agent's process. Environment: that of `runAgentFromEnvironment`, and FULCRUM_POSTGRES_ROUTES_FILE,
 * FULCRUM_POSTGRES_GATEWAY_HOST, FULCRUM_POSTGRES_BIN_DIR; see `Place` in configuration.ts.
 */
import { runAgentFromEnvironment } from '@fulcrum/agent-sdk'
import { postgresAgent } from './agent.ts'
import { placeFromEnvironment } from './configuration.ts'

await runAgentFromEnvironment(postgresAgent(placeFromEnvironment(process.env)))
