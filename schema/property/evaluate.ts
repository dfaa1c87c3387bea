// The property engine: what becomes of the properties that somebody gives (contract, DOMAIN 3.4 to 3.12).
//
// For one property:  given? -> reference, immutable, authorizers -> settle
//                    else default or pool value -> settle; else what is stored, unchecked; else missing or absent
// settle:            type -> validators -> members or items -> into the vault

import { givenMember, isJsonObject, type Json, type JsonObject, jsonEqual } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import { readAuthorizer } from './authorizers.ts'
import type { PropertyDefinition, PropertySchema, Registry } from './definition.ts'
import {
  type Evaluation,
  type EvaluationArgs,
  type Lookups,
  MAX_WORK,
  type NewSecret,
  type Violation,
  type Work,
} from './evaluation.ts'
import { readGenerator } from './generator.ts'
import { readSchemaValidator } from './schema-validators.ts'
import { isReference, referenceText, secretReferences } from './secrets.ts'
import { typeProblem } from './types.ts'
import { readValidator, type ValidationContext } from './validators.ts'

type Run = EvaluationArgs & { updating: boolean; secrets: NewSecret[]; left: Work }

const TOO_MANY_VALUES = `more than ${MAX_WORK.values} values`

/** `label` stands before texts (`size`, `sizes[2]`), `path` is the whole way (`disk.sizes[2]`). */
type Place = { name: string; label: string; path: string }

/** `within`: what is wrong deeper down, with full paths; empty when the property itself is wrong. */
type Failure = { kind: 'failed'; text: string; own: Violation; within: Violation[] }
type Outcome = { kind: 'value'; value: Json } | { kind: 'absent' } | Failure

/**
 * Evaluates given properties against a schema and what is stored. Nothing is written and nothing is changed: the caller
 * stores the result, puts `secrets` into the vault and deletes `replacedSecrets`, all in its own transaction. Pool values
 * are taken through `lookups` and must return to their pools when the result is not stored.
 *
 * Of the input only properties of the schema are looked at; others are dropped without a word (`unknownProperties` names
 * them). A stored value can be replaced but not removed.
 *
 * @returns all violations at once, or the complete object to store
 * @throws only what a lookup or `newReference` throws
 * @example
 * const evaluation = await evaluateProperties({ schema, registry: 'service', input: { cpu: 2 }, actor: 'user',
 *   vaultAvailable: true, newReference: () => crypto.randomUUID(), lookups: {} })
 */
export async function evaluateProperties(args: EvaluationArgs): Promise<Evaluation> {
  const { schema, registry, input, stored } = args
  const run: Run = {
    ...args,
    lookups: askedOnce(args.lookups),
    updating: stored !== undefined,
    secrets: [],
    left: { ...MAX_WORK },
  }
  const { properties, failures } = await evaluateMembers(schema.properties, input, stored ?? {}, '', run)
  const violations = failures.flatMap(({ name, failure }) => [{ path: name, message: failure.text }, ...failure.within])
  const refused = schemaProblem(schema, registry, properties)
  if (refused !== null) violations.push({ path: '', message: refused })
  if (violations.length > 0) return { ok: false, violations }
  const kept = new Set(secretReferences(schema, properties).map(({ reference }) => reference))
  const held = new Set(secretReferences(schema, stored ?? {}).map(({ reference }) => reference))
  const replacedSecrets = [...held].filter((reference) => !kept.has(reference))
  return { ok: true, properties, secrets: run.secrets, replacedSecrets }
}

/** What was asked before is not asked again: the items of an array mostly have the same questions. */
function askedOnce({ serviceOptions, service, allocate }: Lookups): Lookups {
  return {
    ...(serviceOptions && { serviceOptions: remembered(serviceOptions) }),
    ...(service && { service: remembered(service) }),
    ...(allocate && { allocate }),
  }
}

function remembered<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>()
  return (key) => {
    const answer = answers.get(key) ?? ask(key)
    answers.set(key, answer)
    return answer
  }
}

/** Names in an input that the schema does not know at top level, in the order of the input. They are dropped silently. */
export function unknownProperties(schema: PropertySchema, input: JsonObject): string[] {
  return Object.keys(input).filter((name) => !Object.hasOwn(schema.properties, name))
}

async function evaluateMembers(
  definitions: Record<string, PropertyDefinition>,
  input: JsonObject,
  stored: JsonObject,
  parent: string,
  run: Run,
): Promise<{ properties: JsonObject; failures: { name: string; failure: Failure }[] }> {
  const values: [string, Json][] = []
  const failures: { name: string; failure: Failure }[] = []
  for (const [name, definition] of Object.entries(definitions)) {
    const place = { name, label: name, path: parent === '' ? name : `${parent}.${name}` }
    const outcome = await evaluateProperty(definition, place, givenMember(input, name), givenMember(stored, name), run)
    if (outcome.kind === 'value') values.push([name, outcome.value])
    if (outcome.kind === 'failed') failures.push({ name, failure: outcome })
  }
  // fromEntries defines members; assigning would lose one called `__proto__`.
  return { properties: Object.fromEntries(values), failures }
}

async function evaluateProperty(
  definition: PropertyDefinition,
  place: Place,
  given: Json | undefined,
  stored: Json | undefined,
  run: Run,
): Promise<Outcome> {
  if (--run.left.values < 0) return failed(place, TOO_MANY_VALUES)
  if (given !== undefined) {
    if (definition.secret !== undefined && isReference(given))
      return given === stored
        ? { kind: 'value', value: given }
        : failed(place, 'vault references cannot be set directly')
    if (definition.immutable && stored !== undefined && !jsonEqual(given, stored))
      return failed(place, 'property is immutable and cannot be changed')
    const refused = authorizationProblem(definition, place, run)
    if (refused !== null) return refused
    return settle(definition, place, given, stored, run, '')
  }
  if (stored !== undefined) return { kind: 'value', value: stored }
  if (definition.default !== undefined)
    return settle(definition, place, definition.default, undefined, run, 'default value failed validation')
  if (definition.generator !== undefined) {
    const made = await allocate(definition.generator, place, run)
    if ('kind' in made) return made
    if (made.value !== null)
      return settle(definition, place, made.value, undefined, run, 'generated value failed validation')
  }
  return definition.required ? failedBare(place, 'required property is missing') : { kind: 'absent' }
}

function authorizationProblem(definition: PropertyDefinition, place: Place, run: Run): Failure | null {
  for (const rule of definition.authorizers ?? []) {
    const authorizer = readOrFail(place, () => readAuthorizer(rule, run.registry, place.label))
    if (typeof authorizer === 'object') return authorizer
    const refused = authorizer({ actor: run.actor, updating: run.updating, status: run.status })
    if (refused !== null) return failed(place, refused)
  }
  return null
}

async function allocate(
  generator: NonNullable<PropertyDefinition['generator']>,
  place: Place,
  run: Run,
): Promise<{ value: Json } | Failure> {
  const pool = readOrFail(place, () => readGenerator(generator, place.label))
  if ('kind' in pool) return pool
  if (run.lookups.allocate === undefined)
    return failed(place, `${run.registry === 'agent' ? 'agent config' : 'service'} context missing store`)
  if (--run.left.questions < 0) return failed(place, `more than ${MAX_WORK.questions} references and pool values`)
  const taken = await run.lookups.allocate(pool.poolType, place.name)
  return 'error' in taken ? failed(place, taken.error) : taken
}

/** @param origin stands before a text of type or validators when nobody gave the value; '' when somebody did */
async function settle(
  definition: PropertyDefinition,
  place: Place,
  value: Json,
  stored: Json | undefined,
  run: Run,
  origin: string,
): Promise<Outcome> {
  const context = {
    lookups: run.lookups,
    previous: stored === undefined ? [] : [stored],
    secret: definition.secret !== undefined,
    left: run.left,
  }
  const problem = await valueProblem(definition, place, value, context, run.registry, origin)
  if (problem !== null) return problem
  const nested = await settleInside(definition, place, value, stored, run)
  if (nested.kind !== 'value' || definition.secret === undefined) return nested
  if (!run.vaultAvailable) return failed(place, 'vault is required for secret properties but not configured')
  if (--run.left.secrets < 0) return failed(place, `more than ${MAX_WORK.secrets} secrets`)
  const reference = run.newReference()
  run.secrets.push({ reference, value: nested.value, path: place.path, type: definition.secret.type })
  return { kind: 'value', value: referenceText(reference) }
}

async function valueProblem(
  definition: PropertyDefinition,
  place: Place,
  value: Json,
  context: ValidationContext,
  registry: Registry,
  origin: string,
): Promise<Failure | null> {
  const mismatch = typeProblem(definition.type, value)
  if (mismatch !== null) return failed(place, mismatch, origin)
  for (const rule of definition.validators ?? []) {
    const validator = readOrFail(place, () => readValidator(rule, registry, place.label))
    if (typeof validator === 'object') return validator
    const refused = await validator(value, context)
    if (refused !== null) return failed(place, refused, origin)
  }
  return null
}

async function settleInside(
  definition: PropertyDefinition,
  place: Place,
  value: Json,
  stored: Json | undefined,
  run: Run,
): Promise<Outcome> {
  if (definition.type === 'object' && definition.properties !== undefined && isJsonObject(value)) {
    const before = isJsonObject(stored) ? stored : {}
    const { properties, failures } = await evaluateMembers(definition.properties, value, before, place.path, run)
    const first = failures[0]
    if (first === undefined) return { kind: 'value', value: properties }
    const details = failures.length === 1 ? first.failure.text : `${failures.length} errors`
    const text = `validation failed: ${details}`
    const within = failures.flatMap(({ failure }) => (failure.within.length > 0 ? failure.within : [failure.own]))
    return { kind: 'failed', text, own: { path: place.path, message: text }, within }
  }
  if (definition.type === 'array' && definition.items !== undefined && Array.isArray(value))
    return settleItems(definition.items, place, value, Array.isArray(stored) ? stored : [], run)
  return { kind: 'value', value }
}

// The array replaces the stored one as a whole, but an object inherits members from the stored object at its own index.
async function settleItems(
  definition: PropertyDefinition,
  place: Place,
  items: Json[],
  stored: Json[],
  run: Run,
): Promise<Outcome> {
  const settled: Json[] = []
  for (const [index, item] of items.entries()) {
    if (--run.left.values < 0) return failed(place, TOO_MANY_VALUES)
    const itemPlace = { name: place.name, label: `${place.label}[${index}]`, path: `${place.path}[${index}]` }
    // What stood at any index was set before, even if the entries have moved.
    const context = { lookups: run.lookups, previous: stored, secret: false, left: run.left }
    const outcome =
      (await valueProblem(definition, itemPlace, item, context, run.registry, '')) ??
      (await settleInside(definition, itemPlace, item, stored[index], run))
    if (outcome.kind === 'failed') return outcome
    if (outcome.kind === 'value') settled.push(outcome.value)
  }
  return { kind: 'value', value: settled }
}

function schemaProblem(schema: PropertySchema, registry: Registry, properties: JsonObject): string | null {
  for (const rule of schema.validators ?? []) {
    try {
      const refused = readSchemaValidator(rule, registry).check(properties)
      if (refused !== null) return refused
    } catch (error) {
      if (error instanceof SchemaError) return error.message
      throw error
    }
  }
  return null
}

function failed(place: Place, problem: string, origin = ''): Failure {
  const under = (name: string) => (origin === '' ? `${name}: ${problem}` : `${name}: ${origin}: ${name}: ${problem}`)
  return { kind: 'failed', text: under(place.label), own: { path: place.path, message: under(place.path) }, within: [] }
}

function failedBare(place: Place, text: string): Failure {
  return { kind: 'failed', text, own: { path: place.path, message: text }, within: [] }
}

// A schema that was stored before a rule became stricter may hold a rule that is not acceptable any more: that is a
// violation of the property that has it, not a defect.
function readOrFail<T>(place: Place, read: () => T): T | Failure {
  try {
    return read()
  } catch (error) {
    if (error instanceof SchemaError) return failedBare(place, error.message)
    throw error
  }
}
