/**
 * What each kind of constraint reads of its parameters. Rules answer `unknown` to parameters that say nothing; this table tells
 * whoever writes a policy before that happens.
 */
import { isCountry } from '../countries.ts'
import { DIMENSIONS } from '../policy.ts'
import { LOCATION_ASPECTS, OBJECTIVES } from '../profile.ts'

/** @returns what is wrong with a value, as the end of a sentence; null when nothing is */
type Check = (value: unknown) => string | null

type ParamShape = {
  required?: Readonly<Record<string, Check>>
  optional?: Readonly<Record<string, Check>>
  /** Of each group exactly one has to be there, or with `some` at least one. */
  oneOf?: Readonly<Record<string, Check>>
  some?: Readonly<Record<string, Check>>
}

const MAX_ITEMS = 200
const MAX_TEXT = 200

const choice =
  (...values: readonly (string | number)[]): Check =>
  (value) =>
    values.some((known) => known === value) ? null : `must be one of ${values.join(', ')}`

const numberFrom =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most ? null : `must be a number from ${least} to ${most}`

const wholeFrom =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && numberFrom(least, most)(value) === null
      ? null
      : `must be a whole number from ${least} to ${most}`

const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false')

const word: Check = (value) =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT
    ? null
    : `must be a text of 1 to ${MAX_TEXT} characters`

const listOf =
  (item: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ITEMS)
      return `must be a list of 1 to ${MAX_ITEMS} items`
    const wrong = value.map((one, index) => ({ index, fault: item(one) })).find(({ fault }) => fault !== null)
    return wrong ? `item ${wrong.index} ${wrong.fault}` : null
  }

const country: Check = (value) =>
  typeof value === 'string' && isCountry(value) ? null : 'must be an ISO 3166-1 alpha-2 code'

const jurisdictions: Check = (value) => {
  if (value === '*' || (Array.isArray(value) && value.length === 1 && value[0] === '*')) return null
  return listOf(country)(value) === null ? null : 'must be * or a list of ISO 3166-1 alpha-2 codes'
}

/** A scheme by name, or `{scheme, level?}`. */
const certificate: Check = (value) => {
  if (word(value) === null) return null
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'must be a scheme or {scheme, level}'
  const { scheme, level, ...others } = Object.fromEntries(Object.entries(value))
  const fits =
    word(scheme) === null && (level === undefined || word(level) === null) && Object.keys(others).length === 0
  return fits ? null : 'must be a scheme or {scheme, level}'
}

const cadaLevel: Check = (value) => (/^(?:L|UAL-?)?[1-4]$/i.test(String(value)) ? null : 'must be 1 to 4, or L1 to L4')

const days = wholeFrom(0, 36_500)
const clearance = choice('none', 'eu-resident', 'eu-citizen')

/** By kind of constraint; every kind of `RULES` is here. */
export const PARAM_SHAPES: Readonly<Record<string, ParamShape>> = {
  'location.within': { optional: { aspects: listOf(choice(...LOCATION_ASPECTS)), noFallback: flag } },
  'legal.headquarters.within': {},
  'legal.governingLaw.within': {},
  'control.noThirdCountryControl': {},
  'control.ownership.max': { some: { individualPct: numberFrom(0, 100), collectivePct: numberFrom(0, 100) } },
  'ops.adminAccess.within': {},
  'supply.subprocessors.within': {},
  'exposure.max': {
    required: {
      effect: choice('data-access', 'cut-off', 'tariff'),
      jurisdictions,
      max: choice('none', 'mitigated'),
    },
    optional: { maxTestAgeDays: days, minAutonomyDays: days },
  },
  'data.keyControl': {
    required: { oneOf: listOf(choice('none', 'provider-managed', 'byok', 'hyok', 'client-side')) },
  },
  'concentration.max': {
    required: { dimension: choice(...DIMENSIONS), share: numberFrom(0, 1) },
    optional: { minUnits: wholeFrom(0, 1_000_000) },
  },
  'participant.allow': { required: { ids: listOf(word) } },
  'participant.deny': { required: { ids: listOf(word) } },
  'gaiax.label.min': { required: { level: choice('SC', 'L1', 'L2', 'L3') } },
  'cispe.badge.any': { required: { anyOf: listOf(word) }, optional: { jurisdiction: word } },
  'cert.any': { required: { anyOf: listOf(certificate) } },
  'csf.seal.min': {
    required: { level: choice(0, 1, 2, 3, 4) },
    optional: { objectives: listOf(choice(...OBJECTIVES)) },
  },
  'csf.score.min': { required: { score: numberFrom(0, 100) }, optional: { basis: choice('declared', 'verified') } },
  'cada.level.min': { required: { level: cadaLevel } },
  'c3a.criteria.all': { required: { criteria: listOf(word) } },
  'ops.staff.clearance': { oneOf: { min: clearance, clearance } },
  'supply.sbom.required': { optional: { format: choice('cyclonedx', 'spdx') } },
  'tech.openSource.min': { required: { share: numberFrom(0, 1) } },
  'portability.dataAct': {},
  'portability.exportTested': { required: { maxAgeDays: days } },
  'env.pue.max': { oneOf: { pue: numberFrom(1, 10), max: numberFrom(1, 10) } },
  'env.renewable.min': { oneOf: { pct: numberFrom(0, 100), min: numberFrom(0, 100) } },
}

export type ParamFault = { param: string; message: string }

/**
 * What is wrong with the parameters of a constraint; parameters that its rule does not read are wrong, too.
 *
 * @returns the first fault; `param` is empty when it is about all of them; null when there is none
 */
export function paramFault(type: string, params: Readonly<Record<string, unknown>> = {}): ParamFault | null {
  const shape = Object.hasOwn(PARAM_SHAPES, type) ? PARAM_SHAPES[type] : undefined
  if (!shape) return { param: '', message: `there is no constraint type ${type.slice(0, 60)}` }
  const { required = {}, optional = {}, oneOf = {}, some = {} } = shape
  const checks: Readonly<Record<string, Check>> = { ...required, ...optional, ...oneOf, ...some }
  for (const [param, value] of Object.entries(params)) {
    const check = Object.hasOwn(checks, param) ? checks[param] : undefined
    if (!check) return { param, message: `is no parameter of ${type}` }
    const message = check(value)
    if (message !== null) return { param, message }
  }
  const missing = Object.keys(required).find((param) => !Object.hasOwn(params, param))
  if (missing !== undefined) return { param: missing, message: 'is required' }
  const given = (names: object) => Object.keys(names).filter((param) => Object.hasOwn(params, param)).length
  const names = (group: object) => Object.keys(group).join(' and ')
  if (Object.keys(oneOf).length > 0 && given(oneOf) !== 1)
    return { param: '', message: `exactly one of ${names(oneOf)} is required` }
  if (Object.keys(some).length > 0 && given(some) === 0)
    return { param: '', message: `one of ${names(some)} is required at least` }
  return null
}

/** What is wrong with the parameters of a preference; only `country-order` has any. */
export function preferenceFault(type: string, params: Readonly<Record<string, unknown>> = {}): ParamFault | null {
  const check = listOf(country)
  const stranger = Object.keys(params).find((param) => type !== 'country-order' || param !== 'countries')
  if (stranger !== undefined) return { param: stranger, message: `is no parameter of ${type}` }
  if (type !== 'country-order') return null
  const message = check(params.countries)
  return message === null ? null : { param: 'countries', message }
}
