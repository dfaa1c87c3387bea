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
export { createLog, type Log, type LogLevel, type LogOptions } from './log.ts'
