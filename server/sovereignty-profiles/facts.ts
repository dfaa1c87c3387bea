/** Whether facts are what the contract describes. Faults name the JSON Pointer of what does not fit. */
import { COUNTRY_PATTERN, FACT_TIME_PATTERN, SovereigntyFacts } from '@fulcrum/contract'
import { isCountry } from '@fulcrum/sovereignty'
import { Compile } from 'typebox/compile'
import { invalidInput } from '../platform/errors.ts'

const SHAPE = Compile(SovereigntyFacts)

/** The keywords of JSON Schema that lead to places and times. */
type Shape = {
  pattern?: string
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  items?: Shape | readonly Shape[]
  anyOf?: readonly Shape[]
}

/** The same shape as JSON Schema, which it is at run time. */
const KEYWORDS = SovereigntyFacts as Shape

/** @throws Refusal `invalid` with the pointer of the first fault */
export function checkFacts(facts: unknown): SovereigntyFacts {
  if (!SHAPE.Check(facts)) {
    const fault = SHAPE.Errors(facts).find(({ keyword }) => keyword !== 'additionalProperties')
    throw invalidInput(`facts${fault?.instancePath ?? ''}: ${fault ? textOf(fault) : 'does not fit'}`)
  }
  const strange = findStrange(KEYWORDS, facts, '')
  if (strange !== null) throw invalidInput(`facts${strange}`)
  return facts
}

type Fault = ReturnType<typeof SHAPE.Errors>[number]

function textOf({ keyword, message, params, schemaPath }: Fault): string {
  if (keyword === 'boolean') return 'there is no such member'
  if (keyword === 'enum' && 'allowedValues' in params) return `must be one of ${String(params.allowedValues)}`
  if (keyword !== 'pattern') return message
  return schemaPath.endsWith('uri') ? 'must be an https link' : 'is not written as it has to be'
}

/** What has the form of a country or a time and is none. */
function findStrange(shape: Shape, value: unknown, path: string): string | null {
  if (typeof value === 'string') {
    const patterns = [shape, ...(shape.anyOf ?? [])].map(({ pattern }) => pattern)
    if (patterns.includes(COUNTRY_PATTERN) && !isCountry(value))
      return `${path}: ${value} is no ISO 3166-1 alpha-2 code${HINT[value] ?? ''}`
    if (patterns.includes(FACT_TIME_PATTERN) && !isTime(value)) return `${path}: there is no such time`
    return null
  }
  if (Array.isArray(value)) {
    const { items } = shape
    for (const [index, item] of value.entries()) {
      const of = isList(items) ? items[index] : items
      const strange = of ? findStrange(of, item, `${path}/${index}`) : null
      if (strange !== null) return strange
    }
    return null
  }
  if (value === null || typeof value !== 'object') return null
  const each = Object.values(shape.patternProperties ?? {})[0]
  for (const [name, member] of Object.entries(value)) {
    const of = shape.properties?.[name] ?? each
    const strange = of ? findStrange(of, member, `${path}/${name}`) : null
    if (strange !== null) return strange
  }
  return null
}

/** What is written often, and wrongly. */
const HINT: Readonly<Record<string, string>> = { EL: '; Greece is GR', UK: '; the United Kingdom is GB' }

/** The 31st of February has the right form, too. */
function isTime(text: string): boolean {
  const day = text.slice(0, 10)
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === day && !Number.isNaN(Date.parse(text))
}

function isList(items: Shape['items']): items is readonly Shape[] {
  return Array.isArray(items)
}

/**
 * JSON Pointers of evidence: `/` or a place in the facts. Below a list any index is one.
 *
 * @throws Refusal `invalid`
 */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths)
    if (path !== '/' && !isPlace(path))
      throw invalidInput(`assertsPaths: '${path.slice(0, 100)}' is no place in the facts`)
}

function isPlace(path: string): boolean {
  if (!path.startsWith('/')) return false
  let at: Shape | undefined = KEYWORDS
  for (const name of path.slice(1).split('/')) {
    if (!at) return false
    const { items, properties, patternProperties }: Shape = at
    if (items !== undefined) at = /^\d{1,4}$/.test(name) && !isList(items) ? items : undefined
    else if (properties && Object.hasOwn(properties, name)) at = properties[name]
    else at = Object.entries(patternProperties ?? {}).find(([pattern]) => new RegExp(pattern).test(name))?.[1]
  }
  return at !== undefined
}
