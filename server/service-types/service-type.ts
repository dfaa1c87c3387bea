/** What a service type is: what can be ordered, its properties and its lifecycle. */
import {
  checkLifecycle,
  checkPropertySchema,
  type LifecycleSchema,
  type PropertySchema,
  SchemaError,
} from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

export type ServiceType = {
  id: string
  name: string
  propertySchema: PropertySchema
  lifecycleSchema: LifecycleSchema
  createdAt: Date
  updatedAt: Date
}

/** A service type as it was sent, its schemas not yet checked. */
export type UncheckedServiceType = Omit<ServiceType, 'propertySchema' | 'lifecycleSchema'> & {
  propertySchema: unknown
  lifecycleSchema: unknown
}

/** Longer names do not fit into the index that keeps them unique. */
const MAX_NAME_BYTES = 1000

/**
 * Checks in the contract's order: property schema, name, lifecycle (DOMAIN.md 2.6).
 *
 * @returns with both schemas in their stored form
 * @throws Refusal `invalid` with the contract's text
 */
export function checkServiceType(type: UncheckedServiceType): ServiceType {
  const propertySchema = checked('invalid property schema', () => checkPropertySchema(type.propertySchema, 'service'))
  if (type.name === '') throw invalidInput('service type name cannot be empty')
  if (Buffer.byteLength(type.name) > MAX_NAME_BYTES)
    throw invalidInput(`service type name cannot be longer than ${MAX_NAME_BYTES} bytes`)
  const lifecycleSchema = checked('lifecycle schema validation failed', () => checkLifecycle(type.lifecycleSchema))
  return { ...type, propertySchema, lifecycleSchema }
}

function checked<T>(prefix: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof SchemaError) throw invalidInput(`${prefix}: ${error.message}`)
    throw error
  }
}
