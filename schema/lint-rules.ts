// Warnings about the rules of one property: limits that cross, rules that can never pass, names that do not exist.

import type { Json } from './json.ts'
import type { LifecycleSchema } from './lifecycle/lifecycle.ts'
import type { PropertyDefinition, PropertyType, Rule } from './property/definition.ts'
import { MAX_WORK } from './property/evaluation.ts'
import { typeProblem } from './property/types.ts'
import { readValidator, type Validator } from './property/validators.ts'
import { SchemaError } from './schema-error.ts'

const PAIRS = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['min', 'max'],
] as const

/** The types of values that a validator can pass at all. A property of type json may hold any of them. */
const SUITED: ReadonlyMap<string, readonly PropertyType[]> = new Map([
  ['minLength', ['string', 'uuid', 'json']],
  ['maxLength', ['string', 'uuid', 'json']],
  ['pattern', ['string', 'uuid', 'json']],
  ['min', ['integer', 'number', 'json']],
  ['max', ['integer', 'number', 'json']],
  ['minItems', ['array', 'json']],
  ['maxItems', ['array', 'json']],
  ['serviceReference', ['string', 'uuid', 'json']],
])

/** Warnings about authorizers and validators of a property, without its path. */
export function lintRules(definition: PropertyDefinition, lifecycle?: LifecycleSchema): string[] {
  const { authorizers = [], validators = [] } = definition
  return [
    ...(lifecycle === undefined ? [] : authorizers.flatMap((rule) => unknownStates(rule, lifecycle))),
    ...validators.flatMap((rule) => lintValidator(rule, definition)),
    ...crossedLimits(validators),
    ...refusedDefault(definition),
  ]
}

function unknownStates(rule: Rule, lifecycle: LifecycleSchema): string[] {
  const states = rule.type === 'state' ? rule.config?.allowedStates : undefined
  if (!Array.isArray(states)) return []
  return states
    .filter((state) => !lifecycle.states.some(({ name }) => name === state))
    .map((state) => `allowed state ${String(state)} does not exist in the lifecycle`)
}

function lintValidator(rule: Rule, definition: PropertyDefinition): string[] {
  const messages: string[] = []
  const suited = SUITED.get(rule.type)
  if (suited !== undefined && !suited.includes(definition.type))
    messages.push(`${rule.type} refuses every value of type ${definition.type}`)
  else if (rule.type === 'minLength' || rule.type === 'maxLength')
    messages.push(`${rule.type} counts bytes of UTF-8, not characters`)
  if (rule.type === 'serviceReference' && rule.config?.origin === undefined)
    messages.push('without origin it accepts services of other consumers')
  if (rule.type === 'enum') messages.push(...misfitEnumValues(rule.config?.values, definition.type))
  return messages
}

function misfitEnumValues(values: Json | undefined, type: PropertyType): string[] {
  if (!Array.isArray(values)) return []
  return values
    .filter((value) => typeProblem(type, value) !== null)
    .map((value) => `enum value ${JSON.stringify(value)} is not of type ${type} and can never be given`)
}

function crossedLimits(validators: Rule[]): string[] {
  return PAIRS.flatMap(([lower, upper]) => {
    const least = limits(validators, lower)
    const most = limits(validators, upper)
    if (least.length === 0 || most.length === 0 || Math.max(...least) <= Math.min(...most)) return []
    return [`${lower} is greater than ${upper}, so no value fits`]
  })
}

function limits(validators: Rule[], type: string): number[] {
  return validators
    .filter((rule) => rule.type === type)
    .map((rule) => rule.config?.value)
    .filter((value) => typeof value === 'number')
}

// The validators of the agent registry need no lookups, so a default can be tried on them without anybody's data.
function refusedDefault(definition: PropertyDefinition): string[] {
  const value = definition.default
  if (value === undefined) return []
  return (definition.validators ?? []).flatMap((rule) => {
    const validator = readWithoutLookups(rule)
    const context = { lookups: {}, previous: [], secret: definition.secret !== undefined, left: { ...MAX_WORK } }
    const refused = validator?.(value, context)
    return typeof refused === 'string' ? [`the default is refused by its own validator: ${refused}`] : []
  })
}

function readWithoutLookups(rule: Rule): Validator | null {
  try {
    return readValidator(rule, 'agent', '')
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
