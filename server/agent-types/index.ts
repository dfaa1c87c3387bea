/** Agent types: what the other features use of them. */
export type { AgentType } from './agent-type.ts'
export { agentTypeRoutes } from './agent-type-routes.ts'
export {
  type AgentTypeRow,
  agentTypeToWire,
  findAgentTypeForReference,
  serviceTypeIdsOf,
  toAgentType,
} from './agent-type-store.ts'
export { AGENT_TOKEN, type InstallTemplate, renderTemplate } from './install-templates.ts'
