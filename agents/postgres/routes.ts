/** The gateway's routes, one for each service that has a port at the provider. */
import type { AgentContext } from '@fulcrum/agent-sdk'
import { jobs, type Service } from '@fulcrum/contract'
import { type Address, addressKey, type Route, readRoutes, writeRoutes } from './gateway/routes.ts'
import { hostPortOf, isLive } from './service-properties.ts'

export type Routes = {
  /** Leads the service's port to the server. Nothing happens without a port. On disk when this resolves. */
  add(service: Service): Promise<void>
  /** Closes the service's port, and keeps it closed whatever `replaceAll` still sees of the service. */
  remove(serviceId: string): Promise<void>
  /**
   * Brings the file to what the services say. A service that is being created or deleted keeps the route that it already has,
   * and gets none: an earlier process may have taken it away before it could report the deletion.
   *
   * @param list      called when no other change is under way
   * @param deletions  the services that are being deleted; asked before `list`, so that a deletion which ends in between counts
   */
  replaceAll(list: () => AsyncIterable<Service>, deletions: () => Promise<ReadonlySet<string>>): Promise<void>
}

/**
 * Keeps a routes file. Changes come one after the other: jobs run side by side, and the file is one.
 *
 * @param listenHost  address of this machine on which the gateway listens
 */
export function createRoutes(file: string, listenHost: string, target: Address): Routes {
  let last: Promise<void> = Promise.resolve()
  const removed = new Set<string>()

  function inTurn(change: (routes: Route[]) => Promise<Route[]>): Promise<void> {
    const done = last.then(async () => {
      const before = await present(file)
      const after = await change(before)
      if (JSON.stringify(after) !== JSON.stringify(before)) await writeRoutes(file, after)
    })
    last = done.catch(() => undefined)
    return done
  }

  function routeFor(service: Service): Route[] {
    const port = hostPortOf(service)
    return port === undefined ? [] : [{ listen: { host: listenHost, port }, target, serviceId: service.id }]
  }

  return {
    add: (service) =>
      inTurn(async (routes) => {
        removed.delete(service.id)
        const wanted = routeFor(service)
        const ports = new Set(wanted.map(({ listen }) => addressKey(listen)))
        // The server gives a port to one service at a time: whoever else has it here is over.
        return [
          ...routes.filter((route) => route.serviceId !== service.id && !ports.has(addressKey(route.listen))),
          ...wanted,
        ]
      }),
    remove: (serviceId) =>
      inTurn(async (routes) => {
        removed.add(serviceId)
        return routes.filter((route) => route.serviceId !== serviceId)
      }),
    replaceAll: (list, deletions) =>
      inTurn(async (routes) => {
        const known = new Set(routes.map((route) => route.serviceId))
        const deleting = await deletions()
        const mayHave = ({ id }: Service) => !removed.has(id) && (known.has(id) || !deleting.has(id))
        const wanted: Route[] = []
        for await (const service of list())
          if (isLive(service) ? mayHave(service) : isUnderCreation(service, known)) wanted.push(...routeFor(service))
        return wanted
      }),
  }
}

/** Ids of the services whose deletion this agent has begun and not reported. */
export async function deletionsUnderWay({
  client,
  agent,
  signal,
}: Pick<AgentContext, 'client' | 'agent' | 'signal'>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  const query = { status: 'Processing', agentId: agent.id }
  for await (const { action, serviceId } of client.all(jobs.list, { query }, { signal }))
    if (action === 'delete') ids.add(serviceId)
  return ids
}

function isUnderCreation(service: Service, known: ReadonlySet<string>): boolean {
  const initial = service.serviceType?.lifecycleSchema.initialState ?? 'New'
  return service.status === initial && known.has(service.id)
}

/** A file that cannot be understood is written anew: all that is in it comes from the server's services. */
async function present(file: string): Promise<Route[]> {
  try {
    return await readRoutes(file)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return []
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
