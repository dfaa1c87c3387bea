// Validators that ask the caller about other entities (contract, DOMAIN 3.8). Only the service registry has them.

import { goType } from '../go-format.ts'
import { type Json, type JsonObject, jsonKey, ownMember } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import { parseUuid } from '../uuid.ts'
import { MAX_WORK } from './evaluation.ts'
import type { Validator } from './validators.ts'

/** The answer when the caller brought no port for a question. */
const NO_PORT = 'service context missing store'

/** @throws SchemaError when the config names no option type */
export function readServiceOption(config: JsonObject): Validator {
  const type = ownMember(config, 'value')
  if (type === undefined) throw new SchemaError("serviceOption validator config missing 'value'")
  if (typeof type !== 'string')
    throw new SchemaError("serviceOption validator config 'value' must be a string (serviceOptionType)")
  if (type === '') throw new SchemaError("serviceOption validator config 'value' cannot be empty")
  return async (value, { lookups }) => {
    if (lookups.serviceOptions === undefined) return NO_PORT
    const { known, enabledValues } = await lookups.serviceOptions(type)
    if (!known) return `failed to find service option type '${type}': resource not found: record not found`
    if (enabledValues.length === 0) return `no enabled service options available for type '${type}'`
    if (keysOf(enabledValues).has(jsonKey(value))) return null
    return `value must match one of the enabled service options for type '${type}'`
  }
}

/** One evaluation asks for the options of a type once, and has the same list for all items of an array. */
const keysByOptions = new WeakMap<Json[], Set<string>>()

function keysOf(options: Json[]): Set<string> {
  const known = keysByOptions.get(options) ?? new Set(options.map(jsonKey))
  keysByOptions.set(options, known)
  return known
}

/** @throws SchemaError when `types` or `origin` is given and not acceptable */
export function readServiceReference(config: JsonObject): Validator {
  const types = readTypes(ownMember(config, 'types'))
  const origin = readOrigin(ownMember(config, 'origin'))
  return async (value, { lookups, previous, left }) => {
    if (typeof value !== 'string') return `expected string uuid, got ${goType(value)}`
    const parsed = parseUuid(value)
    if ('error' in parsed) return `invalid service uuid: ${parsed.error}`
    if (lookups.service === undefined) return NO_PORT
    if (--left.questions < 0) return `more than ${MAX_WORK.questions} references and pool values`
    const service = await lookups.service(parsed.id)
    if (service === null) return 'referenced service not found: resource not found: record not found'
    if (types !== null && !types.includes(service.typeName))
      return `service must be one of types [${types.join(' ')}], got '${service.typeName}'`
    if (origin === 'consumer' && !service.sameConsumer) return 'referenced service must belong to the same consumer'
    if (origin === 'group' && !service.sameGroup) return 'referenced service must belong to the same service group'
    // A service may end while another refers to it; sending that reference back unchanged must stay possible.
    if (service.terminal && !previous.some((held) => sameUuid(held, parsed.id)))
      return 'referenced service is in a terminal state'
    return null
  }
}

function sameUuid(held: Json, id: string): boolean {
  if (typeof held !== 'string') return false
  const parsed = parseUuid(held)
  return 'id' in parsed && parsed.id === id
}

function readTypes(types: Json | undefined): string[] | null {
  if (types === undefined) return null
  const subject = "serviceReference validator 'types'"
  if (!Array.isArray(types)) throw new SchemaError(`${subject} must be an array`)
  if (types.length === 0) throw new SchemaError(`${subject} array cannot be empty`)
  const names = types.filter((type) => typeof type === 'string')
  if (names.length < types.length) throw new SchemaError(`${subject} array must contain only strings`)
  if (names.includes('')) throw new SchemaError(`${subject} array must not contain empty strings`)
  return names
}

function readOrigin(origin: Json | undefined): 'consumer' | 'group' | null {
  if (origin === undefined) return null
  if (typeof origin !== 'string') throw new SchemaError("serviceReference validator 'origin' must be a string")
  if (origin !== 'consumer' && origin !== 'group')
    throw new SchemaError("serviceReference validator 'origin' must be 'consumer' or 'group'")
  return origin
}
