// Validators of a single value (contract, DOMAIN 3.7). Each is read from its config first, so that a definition is
// checked by the same code that later checks the values.

import { goNumber } from '../go-format.ts'
import { byteLength, type Json, type JsonObject, jsonKey, ownMember } from '../json.ts'
import { compilePattern, type Pattern } from '../pattern.ts'
import { SchemaError } from '../schema-error.ts'
import type { Registry, Rule } from './definition.ts'
import type { Lookups, Work } from './evaluation.ts'
import { readServiceOption, readServiceReference } from './lookup-validators.ts'

export type ValidationContext = {
  lookups: Lookups
  /** Values that stood at this place before; what is among them is not newly set. */
  previous: readonly Json[]
  /** The value is a secret: no text may show it. */
  secret: boolean
  /** What this evaluation may still cost. */
  left: Work
}

/** Why the value is refused, without the property's name; null when it passes. */
export type Validator = (value: Json, context: ValidationContext) => string | null | Promise<string | null>

type Reader = (config: JsonObject, at: string) => Validator

const PLAIN: ReadonlyMap<string, Reader> = new Map([
  ['minLength', sizeReader('minLength', 'string', (size, limit) => size < limit)],
  ['maxLength', sizeReader('maxLength', 'string', (size, limit) => size > limit)],
  ['minItems', sizeReader('minItems', 'array', (size, limit) => size < limit)],
  ['maxItems', sizeReader('maxItems', 'array', (size, limit) => size > limit)],
  ['min', boundReader('min', (value, bound) => value < bound)],
  ['max', boundReader('max', (value, bound) => value > bound)],
  ['pattern', readPattern],
  ['enum', readEnum],
])

const WITH_LOOKUPS: ReadonlyMap<string, Reader> = new Map([
  ...PLAIN,
  ['serviceOption', readServiceOption],
  ['serviceReference', readServiceReference],
])

/** Validators that were read: an array has the same ones for all of its items. */
const read = { service: new WeakMap<Rule, Validator>(), agent: new WeakMap<Rule, Validator>() }

/**
 * Reads one validator.
 *
 * @param at the property's path, for the texts
 * @throws SchemaError when the registry has no such type or its config is not acceptable
 */
export function readValidator(rule: Rule, registry: Registry, at: string): Validator {
  const known = read[registry].get(rule)
  if (known !== undefined) return known
  const reader = (registry === 'service' ? WITH_LOOKUPS : PLAIN).get(rule.type)
  if (reader === undefined) throw new SchemaError(`${at}: unknown validator '${rule.type}'`)
  const validator = reader(rule.config ?? {}, at)
  read[registry].set(rule, validator)
  return validator
}

function numberConfig(type: string, config: JsonObject, at: string): number {
  const value = ownMember(config, 'value')
  if (value === undefined) throw new SchemaError(`${at}: ${type} validator requires 'value' config`)
  if (typeof value !== 'number') throw new SchemaError(`${at}: ${type} 'value' config must be a number`)
  return value
}

function sizeReader(type: string, of: 'string' | 'array', fails: (size: number, limit: number) => boolean): Reader {
  return (config, at) => {
    const limit = Math.trunc(numberConfig(type, config, at))
    if (limit < 0) throw new SchemaError(`${at}: ${type} value must be non-negative`)
    return (value) => {
      const size = sizeOf(value, of)
      if (size === null) return `expected ${of} for ${type} validator`
      if (!fails(size, limit)) return null
      // + 0 turns the -0 that Math.trunc makes of -0.5 into 0.
      return `${of} length ${size} ${type.startsWith('min') ? 'is less than minimum' : 'exceeds maximum'} ${limit + 0}`
    }
  }
}

function sizeOf(value: Json, of: 'string' | 'array'): number | null {
  if (of === 'string') return typeof value === 'string' ? byteLength(value) : null
  return Array.isArray(value) ? value.length : null
}

function boundReader(type: 'min' | 'max', fails: (value: number, bound: number) => boolean): Reader {
  return (config, at) => {
    const bound = numberConfig(type, config, at)
    return (value, { secret }) => {
      if (typeof value !== 'number') return `expected number for ${type} validator`
      if (!fails(value, bound)) return null
      const shown = secret ? '(secret)' : goNumber(value)
      return `value ${shown} ${type === 'min' ? 'is less than minimum' : 'exceeds maximum'} ${goNumber(bound)}`
    }
  }
}

function readPattern(config: JsonObject, at: string): Validator {
  const pattern = ownMember(config, 'pattern')
  if (typeof pattern !== 'string') throw new SchemaError(`${at}: pattern validator requires 'pattern' config`)
  const matches = compileAt(pattern, at)
  return (value, { left }) => {
    if (typeof value !== 'string') return 'expected string for pattern validator'
    left.searches -= matches.size * value.length
    if (left.searches < 0) return 'too much text to search for patterns'
    return matches(value) ? null : 'string does not match required pattern'
  }
}

function compileAt(pattern: string, at: string): Pattern {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (error instanceof SchemaError) throw new SchemaError(`${at}: invalid regex pattern: ${error.message}`)
    throw error
  }
}

function readEnum(config: JsonObject, at: string): Validator {
  const values = ownMember(config, 'values')
  if (!Array.isArray(values)) throw new SchemaError(`${at}: enum validator requires 'values' config as array`)
  if (values.length === 0) throw new SchemaError(`${at}: enum must have at least one value`)
  let allowed: Set<string> | undefined
  return (value) => {
    allowed ??= new Set(values.map(jsonKey))
    return allowed.has(jsonKey(value)) ? null : 'value not in allowed enum values'
  }
}
