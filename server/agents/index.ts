/** Agents: what the other features use of them. */
export type { Agent } from './agent.ts'
export { disconnectSilentAgents } from './agent-commands.ts'
export { agentRoutes } from './agent-routes.ts'
export { type AgentRow, agentToWire, findAgentForReference, toAgent } from './agent-store.ts'
