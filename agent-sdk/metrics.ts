/** What an agent does at a steady pace beside its jobs: measurements and its own tasks. */
import { type FulcrumClient, FulcrumError } from '@fulcrum/client'
import { type MetricEntryCreate, metricEntries, type Service } from '@fulcrum/contract'
import type { AgentContext, AgentDefinition } from './agent.ts'
import type { Log } from './log.ts'
import { pause } from './pause.ts'
import { isTemporary, type ServerLink } from './server-link.ts'

const DEFAULT_METRICS_MS = 60_000
/** Services measured at the same time. */
const PARALLEL = 4
/** Entries that the server takes in one request. */
const MAX_BATCH = 1_000

/** Runs `round` again and again; a round that fails is logged and does not end it. Never two rounds at once. */
export async function repeat(
  everyMs: number,
  stopping: AbortSignal,
  round: () => Promise<void>,
  failed: (error: unknown) => void,
) {
  while (!stopping.aborted) {
    const startedAt = performance.now()
    try {
      await round()
    } catch (error) {
      if (stopping.aborted) return
      failed(error)
    }
    const restMs = Math.max(everyMs - (performance.now() - startedAt), everyMs / 10)
    await pause(restMs, stopping).catch(() => undefined)
  }
}

/** @returns resolves after `stopping` */
export async function reportMetrics<C>(options: {
  metrics: NonNullable<AgentDefinition<C>['metrics']>
  client: FulcrumClient
  link: ServerLink
  log: Log
  context: AgentContext<C>
}): Promise<void> {
  const { metrics, client, link, log, context } = options
  const { signal } = context
  let batches = true
  await repeat(metrics.everyMs ?? DEFAULT_METRICS_MS, signal, round, (error) => link.failed('report metrics', error))

  async function round(): Promise<void> {
    const failures: unknown[] = []
    const services = context.services()[Symbol.asyncIterator]()
    const worker = async () => {
      for (let next = await services.next(); !next.done && !signal.aborted; next = await services.next())
        if (isMeasurable(next.value)) await measure(next.value, failures)
    }
    await Promise.all(Array.from({ length: PARALLEL }, worker))
    if (signal.aborted || failures.length === 0) return
    const outage = failures.find(isTemporary)
    if (outage) link.failed('report metrics', outage)
    else log.warn('some measurements are missing', { failures: failures.length, first: failures[0] })
  }

  async function measure(service: Service, failures: unknown[]): Promise<void> {
    try {
      const measurements = await metrics.report(service, context)
      await send(
        measurements.map(({ resourceId, typeName, value }) => ({ serviceId: service.id, resourceId, typeName, value })),
      )
    } catch (error) {
      failures.push(error)
    }
  }

  /** In one request where the server knows batches, else one by one. */
  async function send(entries: MetricEntryCreate[]): Promise<void> {
    if (batches && entries.length > 1) {
      try {
        for (let from = 0; from < entries.length; from += MAX_BATCH)
          await client.call(
            metricEntries.createBatch,
            { body: { entries: entries.slice(from, from + MAX_BATCH) } },
            { signal },
          )
        return
      } catch (error) {
        if (!doesNotKnow(error)) throw error
        batches = false
      }
    }
    for (const body of entries) await client.call(metricEntries.create, { body }, { signal })
  }
}

/** A server without the operation: the path is unknown, or taken for another one that has no such method. */
function doesNotKnow(error: unknown): boolean {
  return (
    error instanceof FulcrumError &&
    (error.status === 405 || (error.status === 404 && !/metric type|service/.test(error.message)))
  )
}

/** False for services that do not exist yet or not any more; where the type is not told, by the usual names of these states. */
export function isMeasurable({ status, serviceType }: Service): boolean {
  if (!serviceType) return status !== 'New' && status !== 'Deleted'
  const { initialState, terminalStates } = serviceType.lifecycleSchema
  return status !== initialState && !terminalStates?.includes(status)
}
