// Rules over several top-level properties, asked about the resulting object (contract, DOMAIN 3.11).

import { goType, goValue } from '../go-format.ts'
import { type JsonObject, jsonKey, ownMember } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import type { Registry, Rule } from './definition.ts'

export type SchemaValidator = {
  /** The properties it speaks of; they need not exist in the schema. */
  names: string[]
  /** Why the object is refused; null when it passes. */
  check: (properties: JsonObject) => string | null
}

/** @throws SchemaError when the registry has no such type or its config is not acceptable */
export function readSchemaValidator(rule: Rule, registry: Registry): SchemaValidator {
  if (rule.type === 'exactlyOne') {
    const names = propertyNames(rule)
    return { names, check: (properties) => exactlyOne(names, properties) }
  }
  if (rule.type === 'uniqueValues' && registry === 'service') {
    const names = propertyNames(rule)
    return { names, check: (properties) => uniqueValues(names, properties) }
  }
  throw new SchemaError(`unknown schema validator: ${rule.type}`)
}

function propertyNames(rule: Rule): string[] {
  const list = ownMember(rule.config ?? {}, 'properties')
  if (!Array.isArray(list)) throw new SchemaError(`${rule.type} validator requires 'properties' config as array`)
  const names = list.map((name) => {
    if (typeof name === 'string') return name
    throw new SchemaError(`${rule.type} validator: all properties must be strings, got ${goType(name)}`)
  })
  if (names.length < 2) throw new SchemaError(`${rule.type} validator requires at least 2 properties`)
  return names
}

function exactlyOne(names: string[], properties: JsonObject): string | null {
  const present = names.filter((name) => Object.hasOwn(properties, name))
  if (present.length === 0) return `exactly one of [${names.join(' ')}] must be provided`
  if (present.length > 1) return `only one of [${names.join(' ')}] can be provided, got: [${present.join(' ')}]`
  return null
}

function uniqueValues(names: string[], properties: JsonObject): string | null {
  const nameByValue = new Map<string, string>()
  for (const name of names) {
    const value = ownMember(properties, name)
    if (value === undefined) continue
    const key = jsonKey(value)
    const same = nameByValue.get(key)
    if (same !== undefined)
      return `properties ${same} and ${name} must have unique values, both have: ${goValue(value)}`
    nameByValue.set(key, name)
  }
  return null
}
