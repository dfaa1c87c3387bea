/** Deleting a service's database. */
import { dropDatabase } from '../database/index.ts'
import type { PostgresJob, Site } from '../site.ts'

export async function deleteDatabase({ service, signal }: PostgresJob, site: Site): Promise<undefined> {
  await site.routes?.remove(service.id)
  await dropDatabase(site.provider, service.id, signal)
}
