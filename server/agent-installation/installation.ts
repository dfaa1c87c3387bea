/**
 * How an agent gets onto its host: a command to paste, good for some minutes, that fetches the agent's configuration. Two
 * secrets belong to it: the install token in the address, and the bootstrap token that the command sends with it.
 */
import type { Json, JsonObject, PropertyDefinition, PropertySchema } from '@fulcrum/schema'
import { AGENT_TOKEN, type AgentType, renderTemplate } from '../agent-types/index.ts'
import { TemplateError } from '../templates/index.ts'

/** One for each agent. It stays when it has expired, until it is made anew or revoked. */
export type Installation = {
  id: string
  agentId: string
  /** Of the install token; null when it was used up. */
  hash: string | null
  expiresAt: Date
  bootstrapTokenId: string | null
  createdAt: Date
  updatedAt: Date
}

/** How long the install token and the bootstrap token live (contract, API.md 2.5). */
export const INSTALL_LIFETIME_MS = 5 * 60_000
/** How long the token lives that a fetched configuration holds. */
export const AGENT_TOKEN_LIFETIME_MS = 365 * 24 * 3_600_000

export const bootstrapTokenName = (agentId: string): string => `install-bootstrap-${agentId}`
export const agentTokenName = (agentId: string): string => `install-agent-${agentId}`

/** A secret that the configuration refers to is not there. */
export class SecretMissing extends Error {}

type Templates = Pick<AgentType, 'configurationSchema' | 'configTemplate' | 'cmdTemplate'>

export function isInstallable({ configTemplate, cmdTemplate }: Templates): boolean {
  return configTemplate !== '' && cmdTemplate !== ''
}

/**
 * The command, with secrets of the configuration as they are stored: as references.
 *
 * @throws TemplateError
 */
export function commandText(
  { cmdTemplate }: Templates,
  configuration: JsonObject,
  own: { configUrl: string; authToken: string },
): string {
  return renderTemplate('cmdTemplate', cmdTemplate, { ...configuration, ...own })
}

/**
 * The configuration file, with secrets in clear.
 *
 * @param newToken  called when the template uses the agent's token, and none of the agent's properties has that name
 * @returns the text, and the token that is in it
 * @throws TemplateError, SecretMissing
 */
export function configurationText(
  { configurationSchema, configTemplate }: Templates,
  configuration: JsonObject,
  secrets: ReadonlyMap<string, Json>,
  newToken: () => string,
): { text: string; agentToken: string | null } {
  const data = resolveSecrets(configurationSchema, configuration, secrets)
  if (Object.hasOwn(configurationSchema.properties, AGENT_TOKEN))
    return { text: renderTemplate('configTemplate', configTemplate, data), agentToken: null }
  const { [AGENT_TOKEN]: _, ...withoutToken } = data
  try {
    return { text: renderTemplate('configTemplate', configTemplate, withoutToken), agentToken: null }
  } catch (error) {
    if (!(error instanceof TemplateError) || error.unknownProperty !== AGENT_TOKEN) throw error
    const agentToken = newToken()
    return { text: renderTemplate('configTemplate', configTemplate, { ...withoutToken, agentToken }), agentToken }
  }
}

const REFERENCE = 'vault://'

/**
 * The properties with the values of their secrets. A reference counts only where the schema declares a secret; elsewhere it
 * is just text.
 *
 * @param secrets  value by reference, without `vault://`
 * @throws SecretMissing with the path, as the contract words it
 */
export function resolveSecrets(
  { properties }: Pick<PropertySchema, 'properties'>,
  data: JsonObject,
  secrets: ReadonlyMap<string, Json>,
): JsonObject {
  return resolveMembers(properties, data, secrets)
}

type Definitions = Readonly<Record<string, PropertyDefinition>>
type Secrets = ReadonlyMap<string, Json>

function resolveMembers(definitions: Definitions, data: JsonObject, secrets: Secrets): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
      return [name, definition ? within(`resolve ${name}`, () => resolve(definition, value, secrets)) : value]
    }),
  )
}

function resolve({ secret, properties, items }: PropertyDefinition, value: Json, secrets: Secrets): Json {
  if (secret) {
    if (typeof value !== 'string' || !value.startsWith(REFERENCE)) return value
    const reference = value.slice(REFERENCE.length)
    const found = secrets.get(reference)
    if (found === undefined) throw new SecretMissing(`secret not found: ${reference}`)
    return found
  }
  if (Array.isArray(value))
    return items ? value.map((item, index) => within(`[${index}]`, () => resolve(items, item, secrets))) : value
  if (value === null || typeof value !== 'object') return value
  return properties ? resolveMembers(properties, value, secrets) : value
}

function within<T>(where: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof SecretMissing ? new SecretMissing(`${where}: ${error.message}`) : error
  }
}
