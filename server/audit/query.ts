/** Numbers in queries. */
import { invalidInput } from '../platform/errors.ts'

/** Sequence numbers and sizes stay below. */
const MOST = 999_999_999_999_999

/** @returns null when it is absent or empty @throws Refusal `invalid` that names the parameter and its range */
export function numberIn(
  query: URLSearchParams,
  name: string,
  { min, max = MOST }: { min: number; max?: number },
): number | null {
  const text = query.get(name)
  if (text === null || text === '') return null
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < min || value > max)
    throw invalidInput(`${name} must be a whole number ${max === MOST ? `from ${min} on` : `from ${min} to ${max}`}`)
  return value
}
