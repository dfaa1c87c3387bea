/** Everything that an agent of a provider needs, so that an agent consists of its handlers. */
export {
  type AgentContext,
  type AgentDefinition,
  defineAgent,
  type Handler,
  type JobContext,
  JobFailure,
  type Json,
  type Measurement,
  type Outcome,
  withParams,
} from './agent.ts'
export { EXIT, optionsFrom, runAgentFromEnvironment } from './environment.ts'
export { fetchInstallConfig } from './install-config.ts'
export { JournalInUseError } from './journal-lock.ts'
export { createLog, type Log, type LogLevel, type LogOptions } from './log.ts'
export { ConfigurationError, type RunningAgent, type RunOptions, runAgent } from './run-agent.ts'
