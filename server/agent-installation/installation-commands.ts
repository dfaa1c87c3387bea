/** What changes an installation: made, made anew, revoked, fetched. Each is one transaction. */
import { randomUUID } from 'node:crypto'
import type { InstallCommand } from '@fulcrum/contract'
import { secretReferences } from '@fulcrum/schema'
import { type AgentType, findAgentTypeForReference } from '../agent-types/index.ts'
import { type Agent, findAgentForReference } from '../agents/index.ts'
import { appendEvent, shapeTime } from '../events/index.ts'
import type { Owners } from '../platform/access.ts'
import { API_PREFIX } from '../platform/api.ts'
import type { Command } from '../platform/command.ts'
import type { Config } from '../platform/config.ts'
import { conflict, invalidInput, notFound, Refusal } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { timestamp } from '../platform/wire.ts'
import { TemplateError } from '../templates/index.ts'
import { deleteToken, hashToken, insertToken, newTokenValue } from '../tokens/index.ts'
import { readSecrets } from '../vault/index.ts'
import {
  AGENT_TOKEN_LIFETIME_MS,
  agentTokenName,
  bootstrapTokenName,
  commandText,
  configurationText,
  INSTALL_LIFETIME_MS,
  type Installation,
  isInstallable,
  SecretMissing,
} from './installation.ts'
import {
  deleteInstallation,
  findAgentOfInstallToken,
  insertInstallation,
  lockInstallation,
  saveInstallation,
} from './installation-store.ts'

type Request = { agentId: string; authorize: (owners: Owners) => void; config: Config }

export async function createInstallation(c: Command, request: Request): Promise<InstallCommand> {
  const { agent, type } = await readAgent(c, request)
  if (await lockInstallation(c.tx, agent.id)) throw conflict('an install token for this agent already exists')
  const { tokens, answer } = makeTokens(c, agent, type, request.config)
  const bootstrapTokenId = await insertAgentToken(c, agent, tokens.bootstrap)
  await insertInstallation(c.tx, {
    id: randomUUID(),
    agentId: agent.id,
    hash: tokens.installHash,
    expiresAt: tokens.expiresAt,
    bootstrapTokenId,
    createdAt: c.now,
    updatedAt: c.now,
  })
  const properties = { createdAt: shapeTime(c.now), expiresAt: shapeTime(tokens.expiresAt) }
  await appendEvent(c, { type: 'agent.install_token_created', ...links(agent), properties })
  return answer
}

/** Also of an expired one. The tokens before are void at once. */
export async function regenerateInstallation(c: Command, request: Request): Promise<InstallCommand> {
  const { agent, type } = await readAgent(c, request)
  const before = await requireInstallation(c, agent.id)
  const { tokens, answer } = makeTokens(c, agent, type, request.config)
  const bootstrapTokenId = await insertAgentToken(c, agent, tokens.bootstrap)
  await saveInstallation(c.tx, {
    ...before,
    hash: tokens.installHash,
    expiresAt: tokens.expiresAt,
    bootstrapTokenId,
    updatedAt: c.now,
  })
  await dropBootstrapToken(c, before)
  const properties = { regeneratedAt: shapeTime(c.now), expiresAt: shapeTime(tokens.expiresAt) }
  await appendEvent(c, { type: 'agent.install_token_regenerated', ...links(agent), properties })
  return answer
}

export async function revokeInstallation(c: Command, { agentId, authorize }: Omit<Request, 'config'>): Promise<void> {
  const agent = await requireAgent(c, agentId)
  authorize(agent)
  const installation = await requireInstallation(c, agent.id)
  await deleteInstallation(c.tx, installation.id)
  await dropBootstrapToken(c, installation)
  const properties = { revokedAt: shapeTime(c.now) }
  await appendEvent(c, { type: 'agent.install_token_revoked', ...links(agent), properties })
}

export type FetchedConfiguration = { text: string; contentType: string }

/**
 * The configuration file for who holds an install token. With a token in it that lives for a year when the template uses one:
 * then each fetch makes one.
 *
 * @throws Refusal `not-found` always with the same text, whatever is wrong with the token, the caller or the templates; the
 *   reason is its cause
 */
export async function fetchConfiguration(
  c: Command,
  { token, authorize, config }: Omit<Request, 'agentId'> & { token: string },
): Promise<FetchedConfiguration> {
  const hash = hashToken(token)
  const agentId = await findAgentOfInstallToken(c.tx, hash)
  const agent = agentId === null ? null : await findAgentForReference(c.tx, agentId)
  if (!agent) throw nothingHere('the install token is unknown')
  try {
    authorize({ providerId: agent.providerId, agentId: agent.id })
  } catch (error) {
    throw nothingHere(error)
  }
  const type = await findAgentTypeForReference(c.tx, agent.agentTypeId)
  const installation = await lockInstallation(c.tx, agent.id)
  // it may have been made anew, or used up, while this waited for the lock
  if (installation?.hash !== hash || installation.expiresAt <= c.now) throw nothingHere('the install token is void')
  if (!type || !isInstallable(type)) throw nothingHere('the agent type has no templates')

  const { text, agentToken } = await renderFor(c, agent, type, config)
  if (agentToken !== null) {
    const id = await insertAgentToken(c, agent, {
      name: agentTokenName(agent.id),
      hash: hashToken(agentToken),
      expireAt: new Date(c.now.getTime() + AGENT_TOKEN_LIFETIME_MS),
    })
    const { providerId: participantId, id: agentId } = agent
    await appendEvent(c, { type: 'token.created', entityId: id, participantId, agentId })
  }
  if (config.installSingleUse)
    await saveInstallation(c.tx, { ...installation, hash: null, expiresAt: c.now, updatedAt: c.now })
  const properties = { fetchedAt: shapeTime(c.now), expiresAt: shapeTime(installation.expiresAt) }
  await appendEvent(c, { type: 'agent.install_token_fetched', ...links(agent), properties })
  return { text, contentType: type.configContentType }
}

async function renderFor(c: Command, agent: Agent, type: AgentType, config: Config) {
  const configuration = agent.configuration ?? {}
  const references = secretReferences(type.configurationSchema, configuration).map(({ reference }) => reference)
  try {
    const secrets =
      config.vaultKey && references.length > 0
        ? await readSecrets(c.tx, config.vaultKey, { agentId: agent.id }, references)
        : new Map()
    return configurationText(type, configuration, secrets, newTokenValue)
  } catch (error) {
    throw error instanceof TemplateError || error instanceof SecretMissing ? nothingHere(error) : error
  }
}

function nothingHere(cause: unknown): Refusal {
  return new Refusal('not-found', 'resource not found: there is no configuration here', { cause })
}

async function requireAgent({ tx }: Command, agentId: string): Promise<Agent> {
  const agent = await findAgentForReference(tx, agentId)
  if (!agent) throw notFound('agent', agentId)
  return agent
}

/** The agent, if the caller may install it, with its type, if that can be installed. */
async function readAgent(c: Command, { agentId, authorize }: Request): Promise<{ agent: Agent; type: AgentType }> {
  const agent = await requireAgent(c, agentId)
  authorize(agent)
  const type = await findAgentTypeForReference(c.tx, agent.agentTypeId)
  if (!type || !isInstallable(type)) throw invalidInput('the agent type has no install templates')
  return { agent, type }
}

async function requireInstallation({ tx }: Command, agentId: string): Promise<Installation> {
  const installation = await lockInstallation(tx, agentId)
  if (!installation) throw notFound('install token of agent', agentId)
  return installation
}

type NewToken = { name: string; hash: string; expireAt: Date }

/** Renders before anything is written, so that a template that fails leaves nothing behind. */
function makeTokens(
  { now }: Command,
  agent: Agent,
  type: AgentType,
  { publicBaseUrl }: Config,
): { tokens: { installHash: string; expiresAt: Date; bootstrap: NewToken }; answer: InstallCommand } {
  const [installToken, authToken] = [newTokenValue(), newTokenValue()]
  const expiresAt = new Date(now.getTime() + INSTALL_LIFETIME_MS)
  const configUrl = `${publicBaseUrl}${API_PREFIX}/agents/install/${installToken}/config`
  try {
    return {
      tokens: {
        installHash: hashToken(installToken),
        expiresAt,
        bootstrap: { name: bootstrapTokenName(agent.id), hash: hashToken(authToken), expireAt: expiresAt },
      },
      answer: {
        installCommand: commandText(type, agent.configuration ?? {}, { configUrl, authToken }),
        url: configUrl,
        expiresAt: timestamp(expiresAt),
      },
    }
  } catch (error) {
    throw error instanceof TemplateError ? invalidInput(error.message) : error
  }
}

/** Without an event: the caller writes what is to be told. @returns its id */
async function insertAgentToken({ tx, now }: Command, agent: Agent, token: NewToken): Promise<string> {
  const id = randomUUID()
  await insertToken(tx, {
    id,
    ...token,
    role: 'agent',
    participantId: agent.providerId,
    agentId: agent.id,
    createdAt: now,
    updatedAt: now,
  })
  return id
}

async function dropBootstrapToken(c: Command, { bootstrapTokenId }: Installation): Promise<void> {
  if (bootstrapTokenId === null) return
  await deleteToken(c.tx, bootstrapTokenId)
  c.announce(IDENTITIES_SIGNAL)
}

function links({ id, providerId }: Agent) {
  return { entityId: id, agentId: id, providerId }
}
