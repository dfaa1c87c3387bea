/** Who controls a provider: by votes, seats on the board or a veto. */
import type { Country, Profile } from './profile.ts'
import type { Reaches } from './zones.ts'

/** More than this share of the votes decides. */
const MAJORITY_PCT = 50

export type Control =
  | { state: 'no' }
  | { state: 'yes'; countries: readonly Country[] }
  /** What is not disclosed could tip it. */
  | { state: 'unknown' }

/**
 * Whether holders in the countries that `reaches` accepts control the provider: one with a majority of the votes or of the
 * board, or with a veto, or all of them together with a majority; or a named ultimate controller there.
 */
export function controlFrom({ control }: Profile, reaches: Reaches): Control {
  const ultimate = control?.ultimateControllerCountries?.filter(reaches) ?? []
  const owners = control?.owners ?? []
  const theirs = owners.filter(({ country }) => reaches(country))
  const single = theirs.filter(
    ({ votingPct = 0, boardMajorityRight, vetoRights }) => votingPct > MAJORITY_PCT || boardMajorityRight || vetoRights,
  )
  const jointly = sum(theirs.map(({ votingPct = 0 }) => votingPct))
  const countries = [...ultimate, ...(jointly > MAJORITY_PCT ? theirs : single).map(({ country }) => country)]
  if (countries.length > 0) return { state: 'yes', countries: [...new Set(countries)] }
  const disclosed = sum(owners.map(({ votingPct = 0 }) => votingPct))
  // named ultimate controllers answer the question where shares do not
  if (control?.ultimateControllerCountries?.length && owners.length === 0) return { state: 'no' }
  if (jointly + Math.max(0, 100 - disclosed) > MAJORITY_PCT) return { state: 'unknown' }
  return { state: 'no' }
}

/** Capital shares of holders in the countries that `reaches` accepts; null when no owner is known. */
export function shares(
  { control }: Profile,
  reaches: Reaches,
): { largest: number; together: number; undisclosed: number } | null {
  if (!control?.owners?.length) return null
  const pct = (owner: { capitalPct?: number; votingPct?: number }) =>
    Math.max(owner.capitalPct ?? 0, owner.votingPct ?? 0)
  const theirs = control.owners.filter(({ country }) => reaches(country)).map(pct)
  const disclosed = sum(control.owners.map(({ capitalPct, votingPct }) => capitalPct ?? votingPct ?? 0))
  return { largest: Math.max(0, ...theirs), together: sum(theirs), undisclosed: Math.max(0, 100 - disclosed) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
