/**
 * Compares what is on the provider's server with the agent's services. Only the end of a service allows to drop anything:
 * a database of which the control plane knows nothing may be of another agent, or of a control plane that lost its memory.
 */
import { type Service, services } from '@fulcrum/contract'
import { describe, dropDatabase, inventory } from './database/index.ts'
import { deletionsUnderWay } from './routes.ts'
import { isLive, isTerminal } from './service-properties.ts'
import type { Context, Site } from './site.ts'

export const RECONCILE_EVERY_MS = 60 * 60_000

const MISSING = {
  message:
    'The server of the provider has no database for this service. Ask the provider to bring it back, or delete the service.',
  cause: 'missing',
}

export async function reconcile(context: Context, site: Site): Promise<void> {
  await site.routes?.replaceAll(
    () => context.services(),
    () => deletionsUnderWay(context),
  )
  // The server first: a database that is made from now on is in neither list.
  const marked = await inventory(site.provider, context.signal)
  const known = new Map<string, Service>()
  for await (const service of context.services()) known.set(service.id, service)

  const unknown = marked.filter(({ serviceId }) => !known.has(serviceId))
  if (unknown.length > 0)
    context.log.warn(
      'the server has databases or roles of services that this agent does not have; they are left alone',
      {
        unknown,
      },
    )
  for (const { serviceId } of marked) {
    const service = known.get(serviceId)
    if (service && isTerminal(service)) await dropEnded(context, site, serviceId)
  }
  const present = new Set(marked.filter(({ database }) => database !== null).map(({ serviceId }) => serviceId))
  for (const service of known.values()) if (isLive(service)) await judge(context, site, service, present)
}

async function dropEnded(context: Context, site: Site, id: string): Promise<void> {
  if (!isTerminal(await context.client.call(services.get, { params: { id } }, { signal: context.signal }))) return
  await dropDatabase(site.provider, id, context.signal)
  context.log.info('what a service that is over had left was dropped', { serviceId: id })
}

async function judge(context: Context, site: Site, service: Service, present: ReadonlySet<string>): Promise<void> {
  const { client, signal } = context
  const { id } = service
  let missing = !present.has(id) && !site.busy.has(id) && !(await describe(site.provider, id, signal)).exists
  // A deletion may have come in between.
  if (missing) missing = isLive(await client.call(services.get, { params: { id } }, { signal })) && !site.busy.has(id)
  if (missing) context.log.error('a service has no database', { serviceId: id, database: service.agentInstanceId })
  await site.conditions.report(context, service, 'DatabaseMissing', missing ? MISSING : null)
}
