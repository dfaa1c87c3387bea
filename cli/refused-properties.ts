/** Properties that the server refused, told with what would be right: types, limits and the names of the options. */
import type { Offer, ServiceType } from '@fulcrum/contract'
import { NOT_ACCEPTED, usage, violationText } from './errors.ts'
import { knownAt } from './properties.ts'
import { optionNames } from './service-options.ts'

/**
 * Runs a call that sends properties.
 *
 * @param offers  those whose options count, where they are known
 * @throws CliError (usage) for properties that the server refused; everything else as it comes
 */
export async function explained<T>(
  type: ServiceType,
  offers: readonly Offer[] | undefined,
  call: () => Promise<T>,
): Promise<T> {
  const { InvalidRequestError } = await import('@fulcrum/client')
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof InvalidRequestError) || error.violations.length === 0) throw error
    const paths = error.violations.map(({ path }) => path)
    const known = knownAt(type.propertySchema, optionNames(offers ?? []), paths)
    throw usage(NOT_ACCEPTED, [
      ...error.violations.map(violationText),
      ...(known.length > 0 ? ['Known properties:', ...known] : []),
    ])
  }
}
