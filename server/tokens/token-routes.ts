/** HTTP for tokens: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { type TokenCreate, tokens } from '@fulcrum/contract'
import { appendEvent, changes, shapeTime } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { checkToken, DEFAULT_LIFETIME_MS, hashToken, newTokenValue, type Token } from './token.ts'
import {
  deleteToken,
  findAgentProvider,
  getTokenView,
  insertToken,
  lockToken,
  saveToken,
  tokenList,
  tokenToWire,
} from './token-store.ts'

export function tokenRoutes(api: Api, { db }: Platform): void {
  api.handle(tokens.list, ({ query, scope }) => listPage(db, tokens.list, query, scope, tokenList))

  api.handle(tokens.get, async ({ params, authorize }) => {
    const token = await getTokenView(db, params.id)
    authorize({ participantId: token.participantId ?? null })
    return token
  })

  api.handle(tokens.create, async ({ body, authorize, command }) => {
    const value = newTokenValue()
    const token = await command(async (c) => {
      const owner = await findOwner(c, body)
      authorize({ participantId: owner.participantId })
      const created = checkToken({
        id: randomUUID(),
        name: body.name,
        role: body.role,
        hash: hashToken(value),
        expireAt: body.expireAt ? new Date(body.expireAt) : new Date(c.now.getTime() + DEFAULT_LIFETIME_MS),
        ...owner,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertToken(c.tx, created)
      await appendEvent(c, { type: 'token.created', ...links(created) })
      return created
    })
    return { ...tokenToWire(token), value }
  })

  api.handle(tokens.update, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockToken(c.tx, params.id)
      authorize({ participantId: before.participantId })
      const after = checkToken({
        ...before,
        ...(body.name !== undefined && { name: body.name }),
        ...(body.expireAt !== undefined && { expireAt: new Date(body.expireAt) }),
        updatedAt: c.now,
      })
      await saveToken(c.tx, after)
      await appendEvent(c, { type: 'token.updated', ...links(after), properties: changes(shape(before), shape(after)) })
      c.announce(IDENTITIES_SIGNAL)
    })
    return getTokenView(db, params.id)
  })

  api.handle(tokens.regenerate, async ({ params, authorize, command }) => {
    const value = newTokenValue()
    await command(async (c) => {
      const before = await lockToken(c.tx, params.id)
      authorize({ participantId: before.participantId })
      const after = { ...before, hash: hashToken(value), updatedAt: c.now }
      await saveToken(c.tx, after)
      await appendEvent(c, {
        type: 'token.regenerate',
        ...links(after),
        properties: changes(shape(before), shape(after)),
      })
      c.announce(IDENTITIES_SIGNAL)
    })
    return { ...(await getTokenView(db, params.id)), value }
  })

  api.handle(tokens.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const token = await lockToken(c.tx, params.id)
      authorize({ participantId: token.participantId })
      await deleteToken(c.tx, token.id)
      await appendEvent(c, { type: 'token.deleted', ...links(token) })
      c.announce(IDENTITIES_SIGNAL)
    })
  })
}

type Owner = { participantId: string | null; agentId: string | null }

async function findOwner({ tx }: Command, { role, scopeId }: TokenCreate): Promise<Owner> {
  if (role === 'admin') return { participantId: null, agentId: null }
  if (scopeId === undefined) throw invalidInput(`${role} ID is required for ${role} role`)
  if (role === 'agent') {
    const providerId = await findAgentProvider(tx, scopeId)
    if (providerId === null) throw invalidInput('invalid agent ID: resource not found: record not found')
    return { participantId: providerId, agentId: scopeId }
  }
  if ((await findParticipantForReference(tx, scopeId)) === null)
    throw invalidInput(`invalid participant ID: ${scopeId}`)
  return { participantId: scopeId, agentId: null }
}

function links(token: Token) {
  return { entityId: token.id, participantId: token.participantId, agentId: token.agentId }
}

/** The token as events compare it: never its value, nor its hash. */
function shape(token: Token) {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    expireAt: shapeTime(token.expireAt),
    ...(token.participantId && { participantId: token.participantId }),
    ...(token.agentId && { agentId: token.agentId }),
  }
}
