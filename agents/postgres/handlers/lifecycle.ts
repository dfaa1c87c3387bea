/** Creating, changing, stopping and starting a service's database. */
import { randomBytes } from 'node:crypto'
import type { Outcome } from '@fulcrum/agent-sdk'
import { create, rotateCredentials, start, stop, update } from '../database/index.ts'
import { ALLOWED_EXTENSIONS, hostPortOf, readWish } from '../service-properties.ts'
import type { PostgresJob, Site } from '../site.ts'
import { checkStorage } from '../storage-watch.ts'

/** 192 bits, in letters that no connection string has to escape. */
const newPassword = async () => randomBytes(24).toString('base64url')

export async function createDatabaseOfService(job: PostgresJob, site: Site): Promise<Outcome> {
  const { service, params, configuration, once, signal } = job
  const wish = readWish(params)
  const password = await once('password', newPassword)
  const input = { serviceId: service.id, ...wish, allowedExtensions: ALLOWED_EXTENSIONS, password }
  const { database, username } = await create(site.provider, input, signal)
  await site.routes?.add(service)
  const port = (site.routes && hostPortOf(service)) ?? configuration.port
  return {
    agentInstanceId: database,
    agentInstanceData: { plan: wish.plan.name },
    properties: { host: configuration.host, port, database, username, password },
  }
}

/** Changes plan and extensions while the tenant works. */
export async function updateDatabase(job: PostgresJob, site: Site): Promise<Outcome> {
  const { service, params, signal, log } = job
  const { plan, extensions } = readWish(params)
  const input = { serviceId: service.id, plan, extensions, allowedExtensions: ALLOWED_EXTENSIONS }
  await update(site.provider, input, signal)
  // The limit holds already; the owner learns of it here or from the next round of the watch.
  await checkStorage(job, site, service).catch((error) => log.warn('the storage cannot be reported', { error }))
  return { agentInstanceData: { plan: plan.name } }
}

export async function stopDatabase({ service, signal }: PostgresJob, { provider }: Site): Promise<undefined> {
  await stop(provider, service.id, signal)
}

export async function startDatabase({ service, signal }: PostgresJob, { provider }: Site): Promise<undefined> {
  await start(provider, service.id, signal)
}

export async function rotatePassword({ service, once, signal }: PostgresJob, { provider }: Site): Promise<Outcome> {
  const password = await once('password', newPassword)
  await rotateCredentials(provider, service.id, password, signal)
  return { properties: { password } }
}
