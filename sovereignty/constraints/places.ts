/** Rules about where things are and under which law, and about who owns and controls. */
import { controlFrom, shares } from '../control.ts'
import { type Facts, fail, pass, type Rule, unknown, type Verdict } from '../policy.ts'
import { type Country, LOCATION_ASPECTS } from '../profile.ts'
import { inZone, outside } from '../zones.ts'
import { list, number } from './params.ts'

/** Names and countries that must lie in the zone; an empty list is as unknown as none. */
type Places = readonly (readonly [name: string, countries: readonly (Country | undefined)[] | undefined])[]

function allWithin(places: Places, facts: Facts, code: string, path: string, named: boolean): Verdict {
  const outsiders = places.flatMap(([name, countries]) =>
    (countries ?? []).flatMap((country) =>
      country !== undefined && !inZone(country, facts.zone, facts.groups)
        ? [named ? `${name}:${country}` : country]
        : [],
    ),
  )
  if (outsiders.length > 0) return fail(code, [...new Set(outsiders)].join(','))
  const missing = places.filter(([, countries]) => !countries?.length || countries.includes(undefined))
  return missing.length > 0 ? unknown(missing.map(([name]) => name).join(',')) : pass(path)
}

/** Everything that is held, processed or kept at these aspects lies in the zone. */
const locationWithin: Rule = (params, facts) => {
  const { location = {} } = facts.profile
  const wanted = list(params.aspects) ?? LOCATION_ASPECTS
  const aspects = LOCATION_ASPECTS.filter((aspect) => wanted.includes(aspect))
  const strange = wanted.filter((aspect) => !aspects.some((known) => known === aspect))
  const verdict = allWithin(
    aspects.map((aspect) => [aspect, location[aspect]]),
    facts,
    'LOCATION_OUTSIDE_ZONE',
    '/location',
    true,
  )
  if (verdict.result === 'fail') return verdict
  if (params.noFallback === true && location.fallbackOutside === true)
    return fail('LOCATION_FALLBACK_OUTSIDE', 'fallback')
  if (strange.length > 0) return unknown(strange.join(','))
  if (params.noFallback === true && location.fallbackOutside === undefined) return unknown('fallbackOutside')
  return verdict
}

const headquartersWithin: Rule = (_params, facts) => {
  const { registeredCountry, headquartersCountry, mainEstablishmentCountry } = facts.profile.legal ?? {}
  return allWithin(
    [
      ['registered', [registeredCountry]],
      ['headquarters', [headquartersCountry]],
      ['mainEstablishment', [mainEstablishmentCountry]],
    ],
    facts,
    'HEADQUARTERS_OUTSIDE_ZONE',
    '/legal',
    true,
  )
}

const governingLawWithin: Rule = (_params, facts) =>
  allWithin(
    [['governingLaw', facts.profile.legal?.governingLaw]],
    facts,
    'GOVERNING_LAW_OUTSIDE_ZONE',
    '/legal/governingLaw',
    false,
  )

const noThirdCountryControl: Rule = (_params, { profile, zone, groups }) => {
  const control = controlFrom(profile, outside([zone], groups))
  if (control.state === 'yes') return fail('CONTROL_THIRD_COUNTRY', control.countries.join(','))
  return control.state === 'unknown' ? unknown('owners') : pass('/control')
}

const ownershipMax: Rule = (params, { profile, zone, groups }) => {
  const individual = number(params.individualPct)
  const collective = number(params.collectivePct)
  const held = shares(profile, outside([zone], groups))
  if (held === null) return unknown('owners')
  if (individual !== null && held.largest > individual)
    return fail('OWNERSHIP_INDIVIDUAL_EXCEEDED', `${held.largest}>${individual}`)
  if (collective !== null && held.together > collective)
    return fail('OWNERSHIP_COLLECTIVE_EXCEEDED', `${held.together}>${collective}`)
  const tips =
    (individual !== null && held.undisclosed > individual) ||
    (collective !== null && held.together + held.undisclosed > collective)
  return tips ? unknown('undisclosed owners') : pass('/control')
}

const adminAccessWithin: Rule = (_params, facts) =>
  allWithin(
    [['adminAccess', facts.profile.operations?.adminAccessCountries]],
    facts,
    'ADMIN_ACCESS_OUTSIDE_ZONE',
    '/operations/adminAccessCountries',
    false,
  )

/** No sub-processor at all is an answer; no list is none. */
const subprocessorsWithin: Rule = (_params, facts) => {
  const subprocessors = facts.profile.supplyChain?.subprocessors
  if (subprocessors === undefined) return unknown('subprocessors')
  if (subprocessors.length === 0) return pass('/supplyChain/subprocessors')
  return allWithin(
    subprocessors.map(({ name, registeredCountry, controllerCountry }) => [
      name,
      [registeredCountry, controllerCountry],
    ]),
    facts,
    'SUBPROCESSOR_OUTSIDE_ZONE',
    '/supplyChain/subprocessors',
    true,
  )
}

export const PLACE_RULES: Readonly<Record<string, Rule>> = {
  'location.within': locationWithin,
  'legal.headquarters.within': headquartersWithin,
  'legal.governingLaw.within': governingLawWithin,
  'control.noThirdCountryControl': noThirdCountryControl,
  'control.ownership.max': ownershipMax,
  'ops.adminAccess.within': adminAccessWithin,
  'supply.subprocessors.within': subprocessorsWithin,
}
