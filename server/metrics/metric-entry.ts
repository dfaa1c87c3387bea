/** What a metric entry is: one measurement of one resource of a service, stamped on arrival. */
import type { MetricEntryCreate } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'

export type MetricEntry = {
  id: string
  typeId: string
  /** Free text of the agent: what of the service was measured. */
  resourceId: string
  value: number
  serviceId: string
  agentId: string
  providerId: string
  consumerId: string
  /** Its time of arrival; what agents send as time is not used. */
  createdAt: Date
  updatedAt: Date
}

/** A measurement whose service and type are still to be found. */
export type Measurement = {
  /** Exactly one of the two is there. */
  serviceId: string | null
  agentInstanceId: string | null
  typeName: string
  resourceId: string
  value: number
}

/** Of one request; together with the limit of bodies it keeps a batch to one statement of moderate size. */
export const MAX_BATCH = 1000
/** Longer ids do not fit into the index of entries. */
const MAX_RESOURCE_ID_BYTES = 1000
/** Far beyond what anybody measures, and small enough that no sum over entries overflows a double. */
const MAX_VALUE = 1e300

/** @throws Refusal `invalid` when no service is named, or resource id or value are out of range */
export function checkMeasurement(body: MetricEntryCreate): Measurement {
  const { serviceId, agentInstanceId, typeName, resourceId, value = 0 } = body
  if (serviceId === undefined && !agentInstanceId) throw invalidInput('either serviceId or agentInstanceId is required')
  if (resourceId === '') throw invalidInput('resourceId cannot be empty')
  if (Buffer.byteLength(resourceId) > MAX_RESOURCE_ID_BYTES)
    throw invalidInput(`resourceId cannot be longer than ${MAX_RESOURCE_ID_BYTES} bytes`)
  if (Math.abs(value) > MAX_VALUE) throw invalidInput(`value must be between -${MAX_VALUE} and ${MAX_VALUE}`)
  const service =
    serviceId === undefined
      ? { serviceId: null, agentInstanceId: agentInstanceId ?? null }
      : { serviceId, agentInstanceId: null }
  return { ...service, typeName, resourceId, value }
}
