/** Conditions of services: what their owners should know. The server takes all of a service at once, so they are collected here. */
import { InvalidRequestError, NotFoundError } from '@fulcrum/client'
import { type Service, services } from '@fulcrum/contract'
import type { Context } from './site.ts'

/**
 * `StorageLimitReached`: read-only until the plan is bigger. `DatabaseMissing`: the server has no database for the service.
 */
export type ConditionType = 'StorageLimitReached' | 'DatabaseMissing'

/** `cause` says when a message is worth telling again; the text itself may hold figures that change all the time. */
export type Finding = { message: string; cause: string }

export type Conditions = {
  /**
   * Tells the server what was found about a service, if it is news: at first, when a condition comes or goes, and when its
   * cause has changed.
   *
   * @param finding  null: it does not hold
   */
  report(context: Context, service: Service, type: ConditionType, finding: Finding | null): Promise<void>
  /** Forgets services that are over. */
  keepOnly(serviceIds: ReadonlySet<string>): void
}

type Told = Map<string, Finding>

export function createConditions(): Conditions {
  const told = new Map<string, Told>()

  return {
    async report({ client, log, signal }, service, type, finding) {
      const before = told.get(service.id) ?? asServerHas(service)
      const known = before.get(type)
      if (known?.cause === finding?.cause) return void told.set(service.id, before)
      const after = new Map(before)
      if (finding) after.set(type, finding)
      else after.delete(type)
      const conditions = [...after].map(([name, { message }]) => ({ type: name, message }))
      told.set(service.id, after)
      try {
        await client.call(services.setConditions, { params: { id: service.id }, body: { conditions } }, { signal })
      } catch (error) {
        // A server that does not take conditions, or a service that has just ended: there is nobody to tell.
        if (error instanceof NotFoundError || error instanceof InvalidRequestError)
          return log.debug('the conditions were refused', { serviceId: service.id, error })
        told.delete(service.id)
        throw error
      }
    },
    keepOnly(serviceIds) {
      for (const id of told.keys()) if (!serviceIds.has(id)) told.delete(id)
    },
  }
}

/** What an earlier process told; its causes are not known, so that a condition which still holds is told again. */
function asServerHas({ conditions = [] }: Service): Told {
  return new Map(conditions.map(({ type, message }) => [type, { message, cause: 'told by an earlier process' }]))
}
