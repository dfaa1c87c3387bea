/**
 * What the target is ordered with: what a person chose of the source's properties, in the words of the target's provider. What an
 * agent wrote, a pool gave or a vault keeps is made anew. Pure.
 */
import {
  isJsonObject,
  type Json,
  type JsonObject,
  jsonEqual,
  type PropertyDefinition,
  type PropertySchema,
} from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

/** A provider's options of one type. */
export type Option = { name: string; value: Json }
export type Options = (optionType: string) => { source: readonly Option[]; target: readonly Option[] }

/** The option types that a schema asks for, each once. */
export function optionTypesOf(schema: PropertySchema): string[] {
  const found = new Set<string>()
  const walk = (definition: PropertyDefinition): void => {
    const type = optionTypeOf(definition)
    if (type !== null) found.add(type)
    for (const inner of Object.values(definition.properties ?? {})) walk(inner)
    if (definition.items) walk(definition.items)
  }
  for (const definition of Object.values(schema.properties)) walk(definition)
  return [...found]
}

/**
 * @param overrides  win over what is taken over, member by member at the top
 * @throws Refusal `invalid` when the target's provider has no option of the name that the source uses
 */
export function targetProperties(
  schema: PropertySchema,
  source: JsonObject,
  overrides: JsonObject,
  options: Options,
): JsonObject {
  return { ...takenOver(schema.properties, source, overrides, options, ''), ...overrides }
}

function takenOver(
  definitions: Readonly<Record<string, PropertyDefinition>>,
  source: JsonObject,
  overrides: JsonObject,
  options: Options,
  path: string,
): JsonObject {
  return Object.fromEntries(
    Object.entries(definitions).flatMap(([name, definition]): [string, Json][] => {
      const value = Object.hasOwn(source, name) ? source[name] : undefined
      if (value === undefined || value === null || Object.hasOwn(overrides, name) || !isChosen(definition)) return []
      return [[name, translated(definition, value, options, path + name)]]
    }),
  )
}

function translated(definition: PropertyDefinition, value: Json, options: Options, path: string): Json {
  const type = optionTypeOf(definition)
  if (type !== null) return optionOf(type, value, options(type), path)
  if (definition.properties && isJsonObject(value))
    return takenOver(definition.properties, value, {}, options, `${path}.`)
  const { items } = definition
  if (items && Array.isArray(value)) return value.map((one, at) => translated(items, one, options, `${path}[${at}]`))
  return value
}

function optionOf(type: string, value: Json, { source, target }: ReturnType<Options>, path: string): Json {
  if (target.some((option) => jsonEqual(option.value, value))) return value
  const name = source.find((option) => jsonEqual(option.value, value))?.name
  const same = target.find((option) => option.name === name)
  if (name !== undefined && same) return same.value
  const offered = target.map((option) => option.name).join(', ') || 'none'
  throw invalidInput(
    `the target's provider has no option ${name ?? JSON.stringify(value)} of type ${type} for property ${path} (it offers ${offered}): say in properties which one to take`,
  )
}

/** Whether a person gave the value: not a secret, not from a pool, and people may write it. */
function isChosen({ secret, generator, authorizers }: PropertyDefinition): boolean {
  if (secret || generator) return false
  return (authorizers ?? []).every(({ type, config }) => {
    if (type !== 'actor') return true
    const actors = config?.actors
    return !Array.isArray(actors) || actors.includes('user')
  })
}

function optionTypeOf({ validators }: PropertyDefinition): string | null {
  const rule = (validators ?? []).find(({ type }) => type === 'serviceOption')
  const type = rule?.config?.value
  return typeof type === 'string' ? type : null
}
