/** Options by name: what a person calls `Small` becomes the value that the provider gave it. */

import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, ServiceOption } from '@fulcrum/contract'
import { usage } from './errors.ts'
import { inline } from './output/format.ts'
import { type OptionChoice, type ParsedProperties, putAt } from './properties.ts'
import type { Session } from './session.ts'

/**
 * Replaces names of options by their values in place.
 *
 * @param providerId  provider of the chosen agent; without one the options of all providers in sight count
 * @returns the properties
 * @throws CliError (usage) when a name means different values at several providers, or is none of the options
 */
export async function resolveOptions(
  session: Session,
  parsed: ParsedProperties,
  providerId: string | undefined,
): Promise<JsonObject> {
  for (const choice of parsed.choices) {
    const options = await optionsOf(session, choice.optionType, providerId)
    putAt(parsed.properties, choice.path, meantValue(choice, options))
  }
  return parsed.properties
}

async function optionsOf(session: Session, type: string, providerId: string | undefined): Promise<ServiceOption[]> {
  const { client, contract } = session
  const { items } = await client.call(contract.serviceOptionTypes.list, { query: { type } })
  const optionType = items[0]
  if (optionType === undefined) return []
  const query = { serviceOptionTypeId: optionType.id, enabled: 'true', ...(providerId && { providerId }) }
  const options: ServiceOption[] = []
  for await (const option of client.all(contract.serviceOptions.list, { query })) options.push(option)
  return options
}

/** Of `options`, the value that was meant. Exported for its test. */
export function meantValue(choice: OptionChoice, options: readonly ServiceOption[]): ServiceOption['value'] {
  // Consumers may not read the options of a provider; then the value itself is expected and the server checks it.
  if (options.length === 0) return choice.plain()
  const named = options.filter((option) => option.name === choice.given)
  const [first] = named
  if (first !== undefined) {
    if (named.every((option) => isDeepStrictEqual(option.value, first.value))) return first.value
    throw usage(
      `${choice.path.join('.')}: "${first.name}" means different values at several providers; choose one with --agent.`,
      named.map((option) => `${inline(option.value)} at provider ${option.providerId}`),
    )
  }
  const byValue = options.find((option) => isDeepStrictEqual(option.value, choice.given) || isPlain(choice, option))
  if (byValue !== undefined) return byValue.value
  throw usage(
    `${choice.path.join('.')}: ${inline(choice.given)} is no option of type ${choice.optionType}; nothing was sent.`,
    ['Options:', ...new Set(options.map((option) => `  ${option.name} (${inline(option.value)})`))],
  )
}

function isPlain(choice: OptionChoice, option: ServiceOption): boolean {
  try {
    return isDeepStrictEqual(option.value, choice.plain())
  } catch {
    return false
  }
}
