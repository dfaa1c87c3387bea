/** HTTP for the installation of agents: parse, authorize, call, answer. */
import { agents, type InstallCommandMeta } from '@fulcrum/contract'
import type { FastifyReply } from 'fastify'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound, Refusal } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { timestamp } from '../platform/wire.ts'
import {
  createInstallation,
  fetchConfiguration,
  regenerateInstallation,
  revokeInstallation,
} from './installation-commands.ts'
import { findInstallation } from './installation-store.ts'

export function installationRoutes(api: Api, { db, config, log }: Platform): void {
  api.handle(agents.installCommandCreate, async ({ params, authorize, command, reply }) => {
    const answer = await command((c) => createInstallation(c, { agentId: params.id, authorize, config }))
    shownOnce(reply)
    return answer
  })

  api.handle(agents.installCommandRegenerate, async ({ params, authorize, command, reply }) => {
    const answer = await command((c) => regenerateInstallation(c, { agentId: params.id, authorize, config }))
    shownOnce(reply)
    return answer
  })

  api.handle(agents.installCommandGet, async ({ params, authorize }): Promise<InstallCommandMeta> => {
    const found = await findInstallation(db, params.id)
    if (!found) throw notFound('agent', params.id)
    authorize({ providerId: found.providerId, agentId: params.id })
    if (!found.installation) throw notFound('install token of agent', params.id)
    const { id, expiresAt, createdAt } = found.installation
    return { id, expiresAt: timestamp(expiresAt), createdAt: timestamp(createdAt) }
  })

  api.handle(agents.installCommandRevoke, async ({ params, authorize, command }) => {
    await command((c) => revokeInstallation(c, { agentId: params.id, authorize }))
  })

  api.handle(agents.installConfig, async ({ params, authorize, command, request, reply }) => {
    const { text, contentType } = await command((c) =>
      fetchConfiguration(c, { token: params.token, authorize, config }),
    ).catch((error) => tellWhy(log, request.id, error))
    reply.header('cache-control', 'no-store').header('content-type', contentType)
    return text
  })
}

/** The answer holds secrets that nobody can ask for again, and nobody should keep. */
function shownOnce(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store')
}

/** Every caller gets the same answer; only the log says what is wrong. */
function tellWhy(log: Log, reqId: string, error: unknown): never {
  if (error instanceof Refusal && error.kind === 'not-found') {
    const reason = error.cause instanceof Error ? error.cause.message : error.cause
    log.warn({ reqId, reason }, 'a configuration for an installation was refused')
  }
  throw error
}
