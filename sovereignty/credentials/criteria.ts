/** What the criteria behind a label prove of a profile. The list is data with a date: `data/gaia-x-criteria.json`. */
import catalogue from '../data/gaia-x-criteria.json' with { type: 'json' }
import type { Label } from './label.ts'

const KINDS: Readonly<Record<string, Readonly<Partial<Record<Label['level'], string>>>>> = catalogue.criteria
const PATHS: Readonly<Record<string, string>> = catalogue.profilePaths

/**
 * The parts of a profile that somebody other than the provider has certified: of the criteria that the label names, those that are
 * certified and not only declared at its level. None for SC and L1, whose criteria are all declarations.
 *
 * @returns JSON Pointers, each once, sorted
 */
export function certifiedPaths({ level, criteria }: Pick<Label, 'level' | 'criteria'>): string[] {
  const certified = criteria.filter((id) => KINDS[id]?.[level] === 'certification')
  return [...new Set(certified.flatMap((id) => PATHS[id] ?? []))].toSorted()
}
