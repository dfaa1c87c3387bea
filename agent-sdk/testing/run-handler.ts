/** Runs one handler in a test: no server, no files. */
import { FulcrumClient } from '@fulcrum/client'
import type { Job, JsonObject, Service } from '@fulcrum/contract'
import type { Handler, Json, Outcome } from '../agent.ts'
import { createLog, type Log } from '../log.ts'
import { createRedactor } from '../redact.ts'
import { aJob, anAgent, aService } from './shapes.ts'

export type HandlerRun<C> = {
  configuration: C
  params?: JsonObject
  service?: Partial<Service>
  job?: Partial<Job>
  /** By reference without `vault://`; others do not exist. */
  secrets?: Record<string, Json>
  /** Services that the agent has, beside the one of the job. */
  otherServices?: Service[]
  /** Results of completed steps. The same map given to a second run is a restart after a crash. */
  steps?: Map<string, Json>
  attempt?: number
  signal?: AbortSignal
  /** Needed by handlers that call the server; `startTestServer` has one. */
  client?: FulcrumClient
  log?: Log
}

/**
 * Runs a handler as the agent would.
 *
 *     const outcome = await runHandler(handlers.create, { configuration, params: { sizeGb: 5 } })
 *
 * @returns what the handler returned, `{}` for nothing
 * @throws what the handler throws
 */
export async function runHandler<C>(handler: Handler<C>, run: HandlerRun<C>): Promise<Outcome> {
  const agent = anAgent()
  const service = aService(agent, run.service)
  const params = run.params ?? {}
  const job = aJob(service, 'test', { params, status: 'Processing', service, ...run.job })
  const client = run.client ?? new FulcrumClient({ url: 'http://127.0.0.1:9', token: 'none' })
  const steps = run.steps ?? new Map<string, Json>()
  const redactor = createRedactor()
  const bare = (reference: string) => reference.replace(/^vault:\/\//, '')

  async function secret(reference: string): Promise<Json | null> {
    const value = run.secrets?.[bare(reference)] ?? null
    redactor.learn(value)
    return value
  }
  async function resolve(value: Json): Promise<Json> {
    if (typeof value === 'string') return value.startsWith('vault://') ? secret(value) : value
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return Promise.all(value.map(resolve))
    const members = Object.entries(value).map(async ([name, member]) => [name, await resolve(member)] as const)
    return Object.fromEntries(await Promise.all(members))
  }

  try {
    const outcome = await handler({
      agent,
      configuration: run.configuration,
      client,
      log: run.log ?? createLog({ write: () => undefined, redactor }),
      signal: run.signal ?? new AbortController().signal,
      secret,
      resolve,
      async *services() {
        yield service
        yield* run.otherServices ?? []
      },
      job,
      service,
      params: (await resolve(params)) as JsonObject, // an object stays an object
      attempt: run.attempt ?? 1,
      async once(step, effect) {
        const known = steps.get(step)
        // The map gives back what the same step wrote.
        if (known !== undefined) return known as Awaited<ReturnType<typeof effect>>
        const result = await effect()
        // As in the journal, what JSON cannot carry must not be noticed only after a crash.
        steps.set(step, JSON.parse(JSON.stringify(result ?? null)))
        return result
      },
    })
    return outcome ?? {}
  } finally {
    if (!run.client) await client.close()
  }
}
