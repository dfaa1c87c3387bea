/** What a metric type is: a name under which agents report, and what kind of thing it measures. */
import type { MetricEntityType } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'

export type MetricType = {
  id: string
  name: string
  /** Fixed, and informative only: entries are not held to it. */
  entityType: MetricEntityType
  createdAt: Date
  updatedAt: Date
}

/** Longer names do not fit into the index that keeps them unique. */
const MAX_NAME_BYTES = 1000

/** @throws Refusal `invalid` with the contract's text */
export function checkMetricType(type: MetricType): MetricType {
  if (type.name === '') throw invalidInput('metric type name cannot be empty')
  if (Buffer.byteLength(type.name) > MAX_NAME_BYTES)
    throw invalidInput(`metric type name cannot be longer than ${MAX_NAME_BYTES} bytes`)
  return type
}
