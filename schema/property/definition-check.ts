// Is a property schema acceptable, and what is kept of it (contract, DOMAIN 3.1 and 3.3)?

import type { Json, JsonObject } from '../json.ts'
import { PatternBudget } from '../pattern.ts'
import { asObject, field, flagField, listField, objectField, rootObject, textField } from '../raw-field.ts'
import { SchemaError } from '../schema-error.ts'
import { readAuthorizer } from './authorizers.ts'
import type { PropertyDefinition, PropertySchema, Registry, Rule } from './definition.ts'
import { readGenerator } from './generator.ts'
import { readSchemaValidator } from './schema-validators.ts'
import { propertyType, typeProblem } from './types.ts'
import { readValidator } from './validators.ts'

/** Instructions of all patterns together. */
const MAX_PATTERNS_SIZE = 10_000

type Rules = { registry: Registry; patterns: PatternBudget }

/**
 * Checks a property schema as somebody sent it.
 *
 * @param input parsed JSON
 * @param registry which rules may be used
 * @returns the form to store: unknown keys dropped, `label`, `required`, `immutable` and `validators` always there
 * @throws SchemaError with the contract's text for the first thing that is wrong
 * @example checkPropertySchema({ properties: { cpu: { type: 'integer', required: true } } }, 'service')
 */
export function checkPropertySchema(input: unknown, registry: Registry): PropertySchema {
  const raw = rootObject(input, 'property schema')
  const definitions = objectField(raw, 'properties', "property schema 'properties'") ?? {}
  if (Object.keys(definitions).length === 0) throw new SchemaError('schema must have at least one property defined')
  const all = { registry, patterns: new PatternBudget(MAX_PATTERNS_SIZE) }
  const properties = checkMembers(definitions, '', 'property name cannot be empty', all)
  const rules = listField(raw, 'validators', "property schema 'validators'")
  const validators = rules?.map((rule) => readRule(rule, 'schema validator')) ?? null
  for (const rule of validators ?? []) checkSchemaValidator(rule, properties, registry)
  return { properties, validators }
}

// Only exactlyOne: a name that does not exist makes it demand the other one, or refuse everything. For uniqueValues a
// name that does not exist is harmless, and definitions that have one are in use.
function checkSchemaValidator(rule: Rule, properties: Record<string, PropertyDefinition>, registry: Registry): void {
  const { names } = readSchemaValidator(rule, registry)
  const missing = names.find((name) => !Object.hasOwn(properties, name))
  if (rule.type === 'exactlyOne' && missing !== undefined)
    throw new SchemaError(`exactlyOne validator: property '${missing}' is not defined`)
}

function checkMembers(
  raw: JsonObject,
  parent: string,
  emptyName: string,
  rules: Rules,
): Record<string, PropertyDefinition> {
  if (Object.hasOwn(raw, '')) throw new SchemaError(emptyName)
  return Object.fromEntries(
    Object.entries(raw).map(([name, definition]) => {
      const at = parent === '' ? name : `${parent}.${name}`
      return [name, checkDefinition(definition ?? {}, at, rules)]
    }),
  )
}

function checkDefinition(input: Json, at: string, rules: Rules): PropertyDefinition {
  const { registry, patterns } = rules
  const raw = asObject(input, `${at}: definition`)
  const typeName = textField(raw, 'type', `${at}: type`) ?? ''
  const type = propertyType(typeName)
  if (type === undefined) throw new SchemaError(`${at}: invalid type '${typeName}'`)
  const definition: PropertyDefinition = {
    type,
    label: textField(raw, 'label', `${at}: label`) ?? '',
    required: flagField(raw, 'required', `${at}: required`),
    immutable: flagField(raw, 'immutable', `${at}: immutable`),
  }

  const items = type === 'array' ? objectField(raw, 'items', `${at}: items`) : undefined
  const secret = objectField(raw, 'secret', `${at}: secret`)
  if (items !== undefined && field(items, 'secret') !== undefined)
    throw new SchemaError(`${at}: array items cannot be secret`)
  if (secret !== undefined && (type === 'object' || type === 'array'))
    throw new SchemaError(`${at}: only primitive types can be secret`)

  const preset = field(raw, 'default')
  const generator = objectField(raw, 'generator', `${at}: generator`)
  const mismatch = preset === undefined ? null : typeProblem(type, preset)
  if (mismatch !== null) throw new SchemaError(`${at}: default value type mismatch: ${at}: ${mismatch}`)
  if (preset !== undefined) definition.default = preset
  if (preset !== undefined && generator !== undefined)
    throw new SchemaError(`${at}: cannot have both default and generator`)

  const members = type === 'object' ? objectField(raw, 'properties', `${at}: properties`) : undefined
  if (members !== undefined && Object.keys(members).length > 0)
    definition.properties = checkMembers(members, at, `${at}: nested property name cannot be empty`, rules)
  if (items !== undefined) definition.items = checkDefinition(items, `${at}[]`, rules)

  const authorizers = readRules(raw, 'authorizers', at)
  for (const rule of authorizers) readAuthorizer(rule, registry, at)
  if (authorizers.length > 0) definition.authorizers = authorizers
  const validators = readRules(raw, 'validators', at)
  for (const rule of validators) {
    readValidator(rule, registry, at)
    if (rule.type === 'pattern') patterns.add(String(rule.config?.pattern))
  }
  if (validators.length > 0) definition.validators = validators
  if (generator !== undefined) {
    definition.generator = readRule(generator, `${at}: generator`)
    readGenerator(definition.generator, at)
  }

  if (secret !== undefined) definition.secret = { type: secretType(secret, at) }
  if (flagField(raw, 'revealable', `${at}: revealable`)) {
    if (secret === undefined) throw new SchemaError(`${at}: only secret properties can be revealable`)
    definition.revealable = true
  }
  return definition
}

function secretType(secret: JsonObject, at: string): 'persistent' | 'ephemeral' {
  const type = textField(secret, 'type', `${at}: secret type`)
  if (type === 'persistent' || type === 'ephemeral') return type
  throw new SchemaError(`${at}: secret type must be 'persistent' or 'ephemeral'`)
}

function readRules(raw: JsonObject, name: string, at: string): Rule[] {
  const rules = listField(raw, name, `${at}: ${name}`) ?? []
  return rules.map((rule) => readRule(rule, `${at}: entry of ${name}`))
}

function readRule(input: Json, subject: string): Rule {
  const raw = asObject(input, subject)
  return {
    type: textField(raw, 'type', `${subject} type`) ?? '',
    config: objectField(raw, 'config', `${subject} config`) ?? null,
  }
}
