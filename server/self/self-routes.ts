/** HTTP for what this server depends on. */
import { self } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { connectionsBegun } from '../platform/outbound.ts'
import { timestamp } from '../platform/wire.ts'
import { destinationsOf, explained } from './destinations.ts'

export function selfRoutes(api: Api, { config, database, version, now }: Platform): void {
  const startedAt = timestamp(now())
  const destinations = destinationsOf(config, database)
  api.handle(self.get, async ({ authorize }) => {
    authorize({})
    const connections = explained(connectionsBegun(), destinations)
    return {
      version,
      startedAt,
      destinations,
      connections,
      undeclared: connections.filter(({ purpose }) => purpose === undefined).length,
    }
  })
}
