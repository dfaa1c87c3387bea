/** Options by name: what a person calls `Small` becomes the value that the provider gave it. */

import { isDeepStrictEqual } from 'node:util'
import type { AnyJson, JsonObject, Offer } from '@fulcrum/contract'
import { usage } from './errors.ts'
import { inline } from './output/format.ts'
import { type OptionChoice, type OptionNames, type ParsedProperties, putAt } from './properties.ts'
import type { Session } from './session.ts'

export type NamedOption = {
  readonly type: string
  readonly name: string
  readonly value: AnyJson
  /** Name or id of who offers it. */
  readonly provider: string
}

/** Names of the options by their type, for what is said to a person. */
export function optionNames(offers: readonly Offer[]): OptionNames {
  const names = new Map<string, string[]>()
  for (const { type, name } of offers.flatMap(({ options }) => options)) {
    const known = names.get(type) ?? []
    if (!known.includes(name)) names.set(type, [...known, name])
  }
  return names
}

/**
 * Replaces names of options by their values in place.
 *
 * @param offers  those that count
 * @returns the properties, and the offers that have all these options
 * @throws CliError (usage) when a name means different values at several of them, or none has all of what was chosen
 */
export function resolveOffered(
  parsed: ParsedProperties,
  offers: readonly Offer[],
): { properties: JsonObject; able: Offer[] } {
  const all = offers.flatMap(optionsOf)
  // An option type without options in sight says nothing about the offers: the server judges the value.
  const judged = parsed.choices.filter(({ optionType }) => all.some(({ type }) => type === optionType))
  const able = offers.filter((offer) => judged.every((choice) => optionsOf(offer).some((o) => means(choice, o))))
  const usable = able.length > 0 ? able.flatMap(optionsOf) : all
  for (const choice of parsed.choices) putAt(parsed.properties, choice.path, meantValue(choice, usable))
  if (able.length > 0) return { properties: parsed.properties, able }
  throw usage('Each of these options is offered, but nobody offers them together; nothing was sent.', [
    ...new Set(
      judged.flatMap((choice) =>
        listed(
          all.filter((option) => means(choice, option)),
          choice.path.join('.'),
        ),
      ),
    ),
  ])
}

/**
 * As `resolveOffered` at a server without offers, from the options that the caller may list.
 *
 * @param providerId  without one the options of all providers in sight count
 */
export async function resolveListed(
  session: Session,
  parsed: ParsedProperties,
  providerId: string | undefined,
): Promise<JsonObject> {
  for (const choice of parsed.choices) {
    const options = await listOptions(session, choice.optionType, providerId)
    putAt(parsed.properties, choice.path, meantValue(choice, options))
  }
  return parsed.properties
}

async function listOptions(session: Session, type: string, providerId: string | undefined): Promise<NamedOption[]> {
  const { client, contract } = session
  const { items } = await client.call(contract.serviceOptionTypes.list, { query: { type } })
  const optionType = items.find((item) => item.type === type)
  if (optionType === undefined) return []
  const query = { serviceOptionTypeId: optionType.id, enabled: 'true', ...(providerId && { providerId }) }
  const options: NamedOption[] = []
  for await (const { name, value, providerId: provider } of client.all(contract.serviceOptions.list, { query }))
    options.push({ type, name, value, provider })
  return options
}

/** Of `options`, the value that was meant. Exported for its test. */
export function meantValue(choice: OptionChoice, options: readonly NamedOption[]): AnyJson {
  const ofType = options.filter(({ type }) => type === choice.optionType)
  // Without options in sight the value itself is expected, and the server checks it.
  if (ofType.length === 0) return choice.plain()
  const named = ofType.filter(({ name }) => name === choice.given)
  const [first] = named
  if (first !== undefined) {
    if (named.every(({ value }) => isDeepStrictEqual(value, first.value))) return first.value
    throw usage(
      `${choice.path.join('.')}: "${first.name}" means different values at several providers; choose one with --provider or --agent.`,
      [...new Set(named.map(({ value, provider }) => `${inline(value)} at ${provider}`))],
    )
  }
  const byValue = ofType.find((option) => means(choice, option))
  if (byValue !== undefined) return byValue.value
  throw usage(
    `${choice.path.join('.')}: ${inline(choice.given)} is no option of type ${choice.optionType}; nothing was sent.`,
    ['Options:', ...listed(ofType, '')],
  )
}

function optionsOf({ options, providerName }: Offer): NamedOption[] {
  return options.map((option) => ({ ...option, provider: providerName }))
}

/** By name, or by the value itself. */
function means(choice: OptionChoice, { type, name, value }: NamedOption): boolean {
  if (type !== choice.optionType) return false
  return name === choice.given || isDeepStrictEqual(value, choice.given) || isDeepStrictEqual(value, plainOf(choice))
}

function plainOf(choice: OptionChoice): AnyJson | undefined {
  try {
    return choice.plain()
  } catch {
    return undefined
  }
}

/** One line for each option, and who has it. */
function listed(options: readonly NamedOption[], path: string): string[] {
  const providers = new Map<string, Set<string>>()
  for (const { name, value, provider } of options) {
    const line = `  ${path && `${path} `}${name} (${inline(value)})`
    providers.set(line, (providers.get(line) ?? new Set()).add(provider))
  }
  return [...providers].map(([line, names]) => `${line}  ${[...names].join(', ')}`)
}
