/** Parts of the world that a policy trusts: named groups of countries, which are dated data, and single countries. */
import type { Country } from './profile.ts'

export type Zone = {
  groups?: readonly string[]
  countries?: readonly Country[]
  /** Not in the zone although a group names them. */
  except?: readonly Country[]
}

/** Members of each group, for example of `EU` and `EEA`. */
export type ZoneGroups = { readonly [group: string]: readonly Country[] }

/** A group that nobody has loaded has no members: an unknown name lets nothing through. */
export function inZone(country: Country, zone: Zone, groups: ZoneGroups): boolean {
  if (zone.except?.includes(country)) return false
  if (zone.countries?.includes(country)) return true
  return zone.groups?.some((group) => groups[group]?.includes(country)) ?? false
}

/** Says of a country whether it counts: for one zone, its outside, or a list of jurisdictions. */
export type Reaches = (country: Country) => boolean

export function outside(zones: readonly Zone[], groups: ZoneGroups): Reaches {
  return (country) => !zones.some((zone) => inZone(country, zone, groups))
}

export function within(jurisdictions: readonly Country[]): Reaches {
  return (country) => jurisdictions.includes(country)
}
