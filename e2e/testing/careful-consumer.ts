/**
 * A consumer that takes nothing for granted: when an answer is lost it looks whether the request was taken before it sends it
 * again, as every client of an API without keys of idempotence has to.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type FulcrumClient, UnavailableError } from '@fulcrum/client'
import { jobs, type Service, services } from '@fulcrum/contract'
import { collect } from './consistency.ts'

/** What a server had sent to the database before it died is done, or not, by then. */
const SETTLE_MS = 500
const POLL_MS = 120
const PATIENCE_MS = 60_000

export type CarefulConsumer = {
  /** @returns the service's id */
  order(name: string): Promise<string>
  resize(id: string, size: number): Promise<void>
  remove(id: string): Promise<void>
  /** Waits until the service is in one of the states and no job is under way. */
  rest(id: string, ...states: string[]): Promise<Service>
}

export function carefulConsumer(
  client: FulcrumClient,
  { groupId, agentId, serviceTypeId }: { groupId: () => string; agentId: () => string; serviceTypeId: string },
): CarefulConsumer {
  /** Repeats until it was taken, and knows from `taken` whether a lost one was. */
  async function surely<T>(send: () => Promise<T>, taken: () => Promise<T | undefined>): Promise<T> {
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      try {
        return await send()
      } catch (error) {
        if (!(error instanceof UnavailableError) || performance.now() > until) throw error
        await sleep(SETTLE_MS)
        const found = await taken()
        if (found !== undefined) return found
      }
    }
  }
  const jobsOf = (serviceId: string, action: string) => collect(client.all(jobs.list, { query: { serviceId, action } }))

  return {
    order: (name) =>
      surely(
        async () => {
          const body = { name, groupId: groupId(), agentId: agentId(), serviceTypeId, properties: {} }
          return (await client.call(services.create, { body })).id
        },
        async () => {
          // the filter finds parts of names, too
          const found = await collect(client.all(services.list, { query: { name } }))
          return found.find((service) => service.name === name)?.id
        },
      ),
    resize: async (id, size) => {
      await surely<unknown>(
        () => client.call(services.update, { params: { id }, body: { properties: { size } } }),
        async () => (await jobsOf(id, 'update')).find((job) => job.params?.size === size),
      )
    },
    remove: async (id) => {
      await surely<unknown>(
        () => client.call(services.delete, { params: { id } }),
        async () => (await jobsOf(id, 'delete'))[0],
      )
    },
    rest: async (id, ...states) => {
      for (const until = performance.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
        const service = await client.call(services.get, { params: { id } })
        if (states.includes(service.status)) {
          const query = { serviceId: id, status: ['Pending', 'Processing'], pageSize: 1 }
          if ((await client.call(jobs.list, { query })).totalItems === 0) return service
        }
        if (performance.now() > until) throw new Error(`service ${service.name} stays ${service.status}`)
      }
    },
  }
}
