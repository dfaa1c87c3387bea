/** HTTP for metric entries: parse, authorize, call, answer. */
import { type MetricEntryCreate, metricEntries } from '@fulcrum/contract'
import type { Owners } from '../platform/access.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput, notFound, Refusal } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import { listDistinct, listPage } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { checkRange, defaultStart, readAggregate, readBucket, readMoment } from './aggregation.ts'
import { aggregateSeries } from './aggregation-store.ts'
import { checkMeasurement, MAX_BATCH, type MetricEntry } from './metric-entry.ts'
import { metricEntryList, metricEntryToWire, recordMeasurements } from './metric-entry-store.ts'

export function metricEntryRoutes(api: Api, platform: Platform): void {
  const { db, now } = platform

  api.handle(metricEntries.list, ({ query, scope }) => listPage(db, metricEntries.list, query, scope, metricEntryList))

  api.handle(metricEntries.create, async ({ body, identity, authorize }) => {
    const [entry] = await record(platform, [body], identity, authorize, (_index, check) => check())
    if (!entry) throw new Error('an entry was recorded and is not there')
    return metricEntryToWire(entry)
  })

  api.handle(metricEntries.createBatch, async ({ body, identity, authorize }) => {
    const { length } = body.entries
    if (length < 1 || length > MAX_BATCH) throw invalidInput(`entries must be 1 to ${MAX_BATCH}, not ${length}`)
    const entries = await record(platform, body.entries, identity, authorize, inBatch)
    return { created: entries.length }
  })

  api.handle(metricEntries.resourceIds, ({ query, scope }) =>
    listDistinct(db, metricEntries.resourceIds, query, scope, { table: 'metric_entries', column: 'resource_id' }),
  )

  api.handle(metricEntries.aggregate, async ({ params, query, scope }) => {
    // %00 in a path gets here as text that PostgreSQL does not take
    if (params.resourceId.includes('\0')) throw new Refusal('invalid', 'resourceId must not contain NUL')
    const aggregate = readAggregate(query.get('aggregateType') || 'min')
    const bucket = readBucket(query.get('bucket') || 'hour')
    const end = readMoment('end', query.get('end') || now().toISOString())
    const wanted = query.get('start')
    const start = wanted ? readMoment('start', wanted) : defaultStart(bucket, end)
    checkRange(bucket, start.time, end.time)
    const range = { start: start.time, end: end.time }
    const rows = await aggregateSeries(db, params, aggregate, bucket, range, scope)
    return {
      data: rows.map((row): [string, number] => [timestamp(row.start), row.value]),
      aggregate,
      bucket,
      start: start.text,
      end: end.text,
    }
  })
}

/** Runs the check of one measurement; where there are several, its refusal says which one it was. */
type Locate = <T>(index: number, check: () => T) => T

const inBatch: Locate = (index, check) => {
  try {
    return check()
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(error.kind, `entries[${index}]: ${error.message}`)
    throw error
  }
}

/**
 * Records all measurements or none.
 *
 * @throws Refusal `invalid`; `not-found` for a service or type that does not exist; `forbidden` for a service of another agent
 */
async function record(
  { db, now }: Platform,
  bodies: readonly MetricEntryCreate[],
  { agentId }: Identity,
  authorize: (owners: Owners) => void,
  locate: Locate,
): Promise<MetricEntry[]> {
  if (agentId === null) throw new Refusal('forbidden', 'only an agent reports measurements')
  const measurements = bodies.map((body, index) => locate(index, () => checkMeasurement(body)))
  const { found, entries } = await recordMeasurements(db, agentId, measurements, now())
  if (entries) return entries
  for (const [index, measurement] of measurements.entries())
    locate(index, () => {
      const { service, typeId } = found[index] ?? { service: null, typeId: null }
      if (!service)
        throw measurement.serviceId === null
          ? notFound('service with agentInstanceId', shown(measurement.agentInstanceId))
          : notFound('service', measurement.serviceId)
      authorize(service)
      if (typeId === null) throw notFound('metric type', shown(measurement.typeName))
    })
  throw new Error('measurements were refused without a reason')
}

/** Text of a caller in a message: its beginning is enough to find it again. */
function shown(text: string | null): string {
  return `'${(text ?? '').slice(0, 100)}'`
}
