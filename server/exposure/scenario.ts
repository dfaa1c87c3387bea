/** Scenarios as callers ask for them, and the rules that they have to keep. */
import type { ScenarioInput } from '@fulcrum/contract'
import type { Scenario } from '@fulcrum/sovereignty'
import { invalidInput } from '../platform/errors.ts'

/** A scenario about participants by their ids. */
export type AskedScenario = Omit<Scenario, 'at'> & { at: Date }

const MAX_JURISDICTIONS = 250
const MAX_PROVIDERS = 500
const MAX_GRACE_HOURS = 8_760
const MAX_TARIFF_PCT = 1_000

/** What people write for a country that has another code (source: ISO 3166-1, reserved codes). */
const NOT_A_COUNTRY: Readonly<Record<string, string>> = {
  EL: 'Greece is GR',
  UK: 'the United Kingdom is GB',
  EU: 'the European Union is no country; name its members',
}

/** @throws Refusal `invalid` for a scenario that says too little, or something that has no meaning in it */
export function checkScenario(input: ScenarioInput, now: Date): AskedScenario {
  const { type, graceHours, tariffPct, passThrough } = input
  const jurisdictions = checkCountries('jurisdictions', input.jurisdictions)
  const providers = input.providers && [...new Set(input.providers)]
  if ((providers?.length ?? 0) > MAX_PROVIDERS) throw invalidInput(`providers must be at most ${MAX_PROVIDERS}`)
  if (type === 'provider-cut-off') {
    if (!providers?.length) throw invalidInput('provider-cut-off needs providers: who fails')
    if (jurisdictions) throw invalidInput('provider-cut-off has no jurisdictions')
  } else if (!jurisdictions?.length) throw invalidInput(`${type} needs jurisdictions: whose power is exercised`)
  if (providers?.length === 0) throw invalidInput('providers must not be empty')
  const cutsOff = type === 'cut-off' || type === 'provider-cut-off'
  if (graceHours !== undefined) {
    if (!cutsOff) throw invalidInput(`${type} has no graceHours`)
    checkRange('graceHours', graceHours, 0, MAX_GRACE_HOURS)
  }
  if (type === 'tariff') {
    if (tariffPct === undefined) throw invalidInput('tariff needs tariffPct')
    checkRange('tariffPct', tariffPct, Number.MIN_VALUE, MAX_TARIFF_PCT)
    checkRange('passThrough', passThrough ?? 1, 0, 1)
  } else if (tariffPct !== undefined || passThrough !== undefined)
    throw invalidInput(`${type} has no tariffPct and no passThrough`)
  return {
    type,
    ...(jurisdictions && { jurisdictions }),
    ...(providers && { providers }),
    at: input.at === undefined ? now : new Date(input.at),
    ...(cutsOff && { graceHours: graceHours ?? 0 }),
    ...(type === 'tariff' && tariffPct !== undefined && { tariffPct, passThrough: passThrough ?? 1 }),
  }
}

function checkCountries(name: string, countries: readonly string[] | undefined): string[] | undefined {
  if (countries === undefined) return undefined
  if (countries.length > MAX_JURISDICTIONS) throw invalidInput(`${name} must be at most ${MAX_JURISDICTIONS}`)
  const upper = countries.map((country) => country.trim().toUpperCase())
  for (const country of upper) {
    if (!/^[A-Z]{2}$/.test(country))
      throw invalidInput(`${name}: '${country.slice(0, 20)}' is no country code of two letters (ISO 3166-1)`)
    const hint = NOT_A_COUNTRY[country]
    if (hint) throw invalidInput(`${name}: '${country}' is no country code: ${hint}`)
  }
  return [...new Set(upper)]
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw invalidInput(`${name} must be ${least === Number.MIN_VALUE ? 'above 0, up to' : `${least} to`} ${most}`)
}
