// The types of properties and which JSON values they accept (contract, DOMAIN 3.2). Nothing is ever converted.

import { goType } from '../go-format.ts'
import { isJsonObject, type Json } from '../json.ts'
import { parseUuid } from '../uuid.ts'
import type { PropertyType } from './definition.ts'

/** An integer has no fraction and fits 64 bits with sign; doubles reach 2^63 exactly, which does not fit any more. */
const INT64_LIMIT = 2 ** 63

const TYPES: ReadonlyMap<string, PropertyType> = new Map(
  (['string', 'integer', 'number', 'boolean', 'uuid', 'object', 'array', 'json'] as const).map((type) => [type, type]),
)

/** The type of that name, case sensitive; undefined when there is none. */
export function propertyType(name: string): PropertyType | undefined {
  return TYPES.get(name)
}

/** Why a value does not have the type, as the contract's text without the property's name; null when it has. */
export function typeProblem(type: PropertyType, value: Json): string | null {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? null : `expected string, got ${goType(value)}`
    case 'integer':
      if (typeof value !== 'number') return `expected integer, got ${goType(value)}`
      return Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT
        ? null
        : 'expected integer, got float with decimal part'
    case 'number':
      return typeof value === 'number' ? null : `expected number, got ${goType(value)}`
    case 'boolean':
      return typeof value === 'boolean' ? null : `expected boolean, got ${goType(value)}`
    case 'uuid': {
      if (typeof value !== 'string') return `expected uuid string, got ${goType(value)}`
      const parsed = parseUuid(value)
      return 'error' in parsed ? `invalid uuid format: ${parsed.error}` : null
    }
    case 'object':
      return isJsonObject(value) ? null : `expected object, got ${goType(value)}`
    case 'array':
      return Array.isArray(value) ? null : `expected array, got ${goType(value)}`
    case 'json':
      return null
  }
}
