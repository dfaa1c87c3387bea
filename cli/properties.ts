/**
 * Properties from the command line: `--set key=value` typed by the property schema of the service type, and the contents of
 * files checked by the same rules. Only names, types and who may set a property are looked at; the server judges the rest.
 */
import type { AnyJson, JsonObject, PropertyDefinition, PropertySchema } from '@fulcrum/contract'
import { usage } from './errors.ts'

/** A value that may be the name of an option which the provider offers; it is looked up before anything is sent. */
export type OptionChoice = {
  /** Members and indexes from the top to the value. */
  readonly path: readonly (string | number)[]
  /** The option type, as the schema names it. */
  readonly optionType: string
  /** As given: text from the command line, any JSON from a file. */
  readonly given: AnyJson
  /** Reads the text as the plain value, for those who write the value instead of the name. */
  readonly plain: () => AnyJson
}

export type ParsedProperties = { properties: JsonObject; choices: OptionChoice[] }

/** Names of options by option type, where they are known. */
export type OptionNames = ReadonlyMap<string, readonly string[]>

type Path = (string | number)[]
type Reading = { problems: string[]; choices: OptionChoice[] }

/**
 * @param schema  of the service type
 * @param fromFile  properties of a file; assignments go on top of them
 * @param assignments  `key=value`; dots lead into objects: `storage.sizeGb=20`
 * @param options  for what is said of the known properties
 * @throws CliError (usage) with every problem and the known properties
 */
export function parseProperties(
  schema: PropertySchema,
  assignments: readonly string[],
  fromFile: JsonObject = {},
  options: OptionNames = new Map(),
): ParsedProperties {
  const reading: Reading = { problems: [], choices: [] }
  const properties = structuredClone(fromFile)
  checkMembers(schema.properties, fromFile, [], reading)
  for (const assignment of assignments) assign(schema.properties, properties, assignment, reading)
  if (reading.problems.length > 0)
    throw usage('The properties are not right; nothing was sent.', [...reading.problems, ...known(schema, options)])
  return { properties, choices: reading.choices }
}

/** Puts a value where a choice was found. */
export function putAt(properties: JsonObject, path: readonly (string | number)[], value: AnyJson): void {
  let place: AnyJson = properties
  for (const step of path.slice(0, -1)) place = memberOf(place, step)
  const last = path.at(-1)
  if (Array.isArray(place) && typeof last === 'number') place[last] = value
  else if (isObject(place) && typeof last === 'string') place[last] = value
}

/** `key=value` in two parts. @throws CliError (usage) */
export function splitAssignment(assignment: string): [key: string, value: string] {
  const at = assignment.indexOf('=')
  if (at < 1) throw usage(`--set "${assignment}": write key=value.`)
  return [assignment.slice(0, at), assignment.slice(at + 1)]
}

/** One line for each property that a user may set. */
export function known(schema: PropertySchema, options: OptionNames = new Map()): string[] {
  const lines = settable(schema.properties, '', options).map(({ line }) => line)
  return lines.length === 0 ? ['This service type has no property to set.'] : ['Known properties:', ...lines]
}

/**
 * Of the lines of `known`, those of some properties.
 *
 * @param paths  as the server writes them: `storage.sizeGb`, `zones[0]`
 */
export function knownAt(schema: PropertySchema, options: OptionNames, paths: readonly string[]): string[] {
  const wanted = paths.map((path) => path.replaceAll(/\[\d+\]|\.\d+(?=\.|$)/g, ''))
  const concerned = (path: string) => wanted.some((one) => one === path || path.startsWith(`${one}.`))
  return settable(schema.properties, '', options).flatMap(({ path, line }) => (concerned(path) ? [line] : []))
}

function settable(
  definitions: Record<string, PropertyDefinition>,
  prefix: string,
  options: OptionNames,
): { path: string; line: string }[] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    if (!isForUsers(definition)) return []
    const path = prefix + name
    if (definition.properties) return settable(definition.properties, `${path}.`, options)
    const option = optionTypeOf(definition) ?? (definition.items && optionTypeOf(definition.items))
    const names = option === undefined ? undefined : options.get(option)
    const facts = [
      typeName(definition),
      option && (names ? `option ${option}: ${names.join(' | ')}` : `option ${option}`),
      definition.required && definition.default === undefined && !definition.generator && 'required',
      definition.default !== undefined && `default ${JSON.stringify(definition.default)}`,
      ...(definition.validators ?? []).map(limit),
      definition.label,
    ]
    return [{ path, line: `  ${path}  ${facts.filter(Boolean).join(', ')}` }]
  })
}

function limit(rule: { type: string; config: JsonObject | null }): string | undefined {
  const { value, values, pattern } = rule.config ?? {}
  if (rule.type === 'pattern' && typeof pattern === 'string') return `pattern ${pattern}`
  if (rule.type === 'enum' && Array.isArray(values)) return `one of ${values.map((v) => JSON.stringify(v)).join(' ')}`
  return (rule.type === 'min' || rule.type === 'max') && typeof value === 'number' ? `${rule.type} ${value}` : undefined
}

function assign(
  definitions: Record<string, PropertyDefinition>,
  properties: JsonObject,
  assignment: string,
  reading: Reading,
): undefined {
  const [key, text] = splitAssignment(assignment)
  const path: string[] = []
  let place = properties
  let members: Record<string, PropertyDefinition> | undefined = definitions
  const names = key.split('.')
  for (const [index, name] of names.entries()) {
    path.push(name)
    const definition: PropertyDefinition | undefined = members && ownMember(members, name)
    if (members && definition === undefined) return problem(reading, path, 'is not a property of this service type')
    if (definition && !isForUsers(definition)) return problem(reading, path, 'is set by the provider, not by you')
    if (index === names.length - 1) {
      const value = definition ? readText(definition, text, path, reading) : guess(text)
      if (value !== undefined) define(place, name, value)
      return
    }
    if (definition && definition.type !== 'object' && definition.type !== 'json')
      return problem(reading, path, `is of type ${typeName(definition)} and has no members`)
    const next: AnyJson | undefined = ownMember(place, name)
    place = isObject(next) ? next : define(place, name, {})
    // Members of a free-form object are not described: they are read as JSON where that is possible.
    members = definition?.properties
  }
}

/** Reads text by its definition; undefined after a problem was noted. */
function readText(definition: PropertyDefinition, text: string, path: Path, reading: Reading): AnyJson | undefined {
  const optionType = optionTypeOf(definition)
  if (optionType !== undefined) {
    reading.choices = reading.choices.filter((choice) => choice.path.join('\0') !== path.join('\0'))
    const plain = () => {
      const inner: Reading = { problems: [], choices: [] }
      // Without its validators it is no option any more but a value of its type.
      const value = readPlain({ ...definition, validators: [] }, text, path, inner)
      if (value === undefined) throw usage('The properties are not right; nothing was sent.', inner.problems)
      return value
    }
    reading.choices.push({ path: [...path], optionType, given: text, plain })
    return text
  }
  return readPlain(definition, text, path, reading)
}

function readPlain(definition: PropertyDefinition, text: string, path: Path, reading: Reading): AnyJson | undefined {
  switch (definition.type) {
    case 'string':
    case 'uuid':
      return checked(definition, text, path, reading)
    case 'integer':
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      return checked(definition, Number.isFinite(value) ? value : text, path, reading)
    }
    case 'boolean':
      return checked(definition, text === 'true' ? true : text === 'false' ? false : text, path, reading)
    case 'array':
      return text.trimStart().startsWith('[')
        ? checked(definition, guess(text), path, reading)
        : readItems(definition, text, path, reading)
    case 'object':
    case 'json':
      return checked(definition, guess(text), path, reading)
  }
}

function readItems(definition: PropertyDefinition, text: string, path: Path, reading: Reading): AnyJson[] {
  if (text === '') return []
  const items = text.split(',').map((part) => part.trim())
  const { items: item } = definition
  if (item === undefined) return items
  return items.flatMap((part, index) => readText(item, part, [...path, index], reading) ?? [])
}

function checked(definition: PropertyDefinition, value: AnyJson, path: Path, reading: Reading): AnyJson | undefined {
  const before = reading.problems.length
  checkValue(definition, value, path, reading)
  return reading.problems.length === before ? value : undefined
}

function checkMembers(
  definitions: Record<string, PropertyDefinition>,
  value: JsonObject,
  path: Path,
  reading: Reading,
): void {
  for (const [name, member] of Object.entries(value)) {
    const here = [...path, name]
    const definition = ownMember(definitions, name)
    if (definition === undefined) problem(reading, here, 'is not a property of this service type')
    else if (!isForUsers(definition)) problem(reading, here, 'is set by the provider, not by you')
    else if (member !== null) checkValue(definition, member, here, reading)
  }
}

function checkValue(definition: PropertyDefinition, value: AnyJson, path: Path, reading: Reading): undefined {
  const optionType = optionTypeOf(definition)
  // A text may be the name of an option whatever the type of its value is.
  if (optionType !== undefined && typeof value === 'string') {
    reading.choices.push({ path: [...path], optionType, given: value, plain: () => value })
    return
  }
  if (!fits(definition.type, value))
    return problem(reading, path, `expected ${typeName(definition)}, got ${describe(value)}`)
  if (isObject(value) && definition.properties) checkMembers(definition.properties, value, path, reading)
  if (Array.isArray(value) && definition.items)
    for (const [index, item] of value.entries()) checkValue(definition.items, item, [...path, index], reading)
}

function fits(type: PropertyDefinition['type'], value: AnyJson): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'uuid':
      return typeof value === 'string' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'json':
      return true
  }
}

/** Who may set it: everybody, unless an authorizer lists the actors. */
function isForUsers(definition: PropertyDefinition): boolean {
  return (definition.authorizers ?? []).every(({ type, config }) => {
    const actors = config?.actors
    return type !== 'actor' || !Array.isArray(actors) || actors.includes('user')
  })
}

function optionTypeOf(definition: PropertyDefinition): string | undefined {
  const rule = definition.validators?.find(({ type }) => type === 'serviceOption')
  const value = rule?.config?.value
  return typeof value === 'string' ? value : undefined
}

function typeName(definition: PropertyDefinition): string {
  return definition.type === 'array' && definition.items ? `array of ${definition.items.type}` : definition.type
}

function describe(value: AnyJson): string {
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

function guess(text: string): AnyJson {
  try {
    // JSON.parse answers JSON and nothing else.
    return JSON.parse(text) as AnyJson
  } catch {
    return text
  }
}

function problem(reading: Reading, path: Path, text: string): undefined {
  reading.problems.push(`${path.join('.')}: ${text}`)
}

function memberOf(place: AnyJson, step: string | number): AnyJson {
  if (Array.isArray(place) && typeof step === 'number') return place[step] ?? null
  return isObject(place) && typeof step === 'string' ? (place[step] ?? null) : null
}

/** Names such as `constructor` or `__proto__` are ordinary names here. */
function ownMember<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function define<T extends AnyJson>(place: JsonObject, name: string, value: T): T {
  Object.defineProperty(place, name, { value, enumerable: true, writable: true, configurable: true })
  return value
}

function isObject(value: AnyJson | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
