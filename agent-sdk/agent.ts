/** What an agent consists of, and what its parts are given. */
import type { FulcrumClient } from '@fulcrum/client'
import type { Agent, AnyJson, Job, JsonObject, Service } from '@fulcrum/contract'
import type { Log } from './log.ts'

export type Json = AnyJson

/** What every hook of an agent is given. `C` is the configuration as `parseConfiguration` made it. */
export type AgentContext<C = JsonObject> = {
  /** The agent as the server described it at the start; its `configuration` keeps `vault://` references. */
  readonly agent: Agent
  /** With secrets in clear. */
  readonly configuration: C
  readonly client: FulcrumClient
  readonly log: Log
  /** Aborted when the hook should end: the agent stops, or the hook's time limit is reached. */
  readonly signal: AbortSignal
  /**
   * Reads one secret by its reference, with or without `vault://` in front. The value never appears in the log afterwards.
   *
   * @returns null when the server does not have it (any more), for example because it was ephemeral
   */
  secret(reference: string): Promise<Json | null>
  /** A copy in which every string `vault://<reference>` is replaced by its secret, null where it is gone. */
  resolve(value: Json): Promise<Json>
  /** All services of this agent. */
  services(): AsyncIterable<Service>
}

/** What the handler of a job is given. `P` are its parameters. */
export type JobContext<P = JsonObject, C = JsonObject> = AgentContext<C> & {
  /** As claimed; its `params` keep `vault://` references. */
  readonly job: Job
  /** The service of the job, as it was when the job was claimed; `properties` keep `vault://` references. */
  readonly service: Service
  /** The job's parameters with secrets in clear; `{}` when the job has none. */
  readonly params: P
  /**
   * 1 at the first run. More when an earlier run of this job was interrupted, or may have been: whatever was not wrapped in
   * `once` and completed may be done, half done or not done.
   */
  readonly attempt: number
  /**
   * A journalled step. Its result is on disk before this returns, encrypted; a later run of the same job gets it back instead of
   * running the effect again. An effect that was interrupted is run again, so it must converge: create if absent, set, delete if
   * present.
   *
   * @param step  unique within the handler
   * @throws what the effect throws; the signal's reason when the job was aborted before the step
   */
  once<T extends Json>(step: string, effect: () => Promise<T>): Promise<T>
}

/** What a finished job tells about the service. What is absent stays as it is; a secret property travels in clear. */
export type Outcome = {
  /** The agent's own id of the instance; unique among the agent's services. */
  agentInstanceId?: string
  /** Replaces the stored data. Opaque to the server and readable by the service's owner: no place for secrets. */
  agentInstanceData?: JsonObject
  /** Properties that the agent may set. */
  properties?: JsonObject
  /** What is to be known of the outcome: kept with the job and shown to all who may read it. At most 64 KiB, no secrets. */
  result?: JsonObject
}

/** Carries out one action. What it throws fails the job. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler with nothing to tell has no return statement
export type Handler<C = JsonObject, P = JsonObject> = (context: JobContext<P, C>) => Promise<Outcome | void>

/** One measurement of a resource of a service. */
export type Measurement = {
  /** The part that was measured, for example the name of a database. */
  resourceId: string
  /** Name of a metric type that exists on the server. */
  typeName: string
  value: number
}

export type AgentDefinition<C = JsonObject> = {
  /** Short word for logs and the user agent, for example `postgres`. */
  name: string
  /** Checks the configuration, secrets already in clear. What it throws ends the start; the text is logged. */
  parseConfiguration(configuration: JsonObject): C
  /** Runs once before the first job. What it throws ends the start. */
  connect?(context: AgentContext<C>): Promise<void>
  /** Called before each heartbeat. False or an error: status Error, and no new jobs until it is well again. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a check that only throws has no return statement
  health?(context: AgentContext<C>): Promise<boolean | void>
  /** By name of the lifecycle action. A job with another action is claimed and failed. */
  handlers: Readonly<Record<string, Handler<C>>>
  metrics?: {
    /** Default 60 s. */
    everyMs?: number
    /** Called for each service that is neither in its initial nor in a terminal state. */
    report(service: Service, context: AgentContext<C>): Promise<readonly Measurement[]>
  }
  /** Runs once at the orderly end, after the last job. */
  stop?(context: AgentContext<C>): Promise<void>
  /** Work of the agent's own, for example watching limits; first at the start, never twice at the same time. */
  tasks?: readonly { name?: string; everyMs: number; run(context: AgentContext<C>): Promise<void> }[]
}

/**
 * Fails a job with a text for the consumer, who sees it as the job's error message. It should name the thing and what helps; the
 * lifecycle's `onErrorRegexp` is matched against it.
 *
 * Any other error fails the job with `internal error of the agent: <its message>`. Secrets that the agent resolved, and what looks
 * like a password, are masked in both.
 */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'
}

/** Helps the compiler to infer the configuration's type. */
export function defineAgent<C>(definition: AgentDefinition<C>): AgentDefinition<C> {
  return definition
}

/**
 * A handler with typed parameters.
 *
 *     handlers: { resize: withParams((json) => ({ sizeGb: readNumber(json.sizeGb) }), async ({ params }) => grow(params.sizeGb)) }
 *
 * @param parse  what it throws fails the job with its text
 */
export function withParams<C, P>(parse: (params: JsonObject) => P, handler: Handler<C, P>): Handler<C> {
  return async (context) => {
    let params: P
    try {
      params = parse(context.params)
    } catch (error) {
      throw new JobFailure(error instanceof Error ? error.message : String(error), { cause: error })
    }
    return handler({ ...context, params })
  }
}
