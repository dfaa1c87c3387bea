/** Which codes are countries: ISO 3166-1 alpha-2. EL, UK and EU are none. */
import list from './data/countries.json' with { type: 'json' }

const CODES: ReadonlySet<string> = new Set(list.codes)

export function isCountry(code: string): boolean {
  return CODES.has(code)
}
