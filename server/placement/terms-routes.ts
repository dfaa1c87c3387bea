/** HTTP for terms of offerings and quotas of consumers: parse, authorize, call, answer. */
import { offeringTerms as operations, quotas } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import { checkQuotas, checkTerms } from './terms.ts'
import {
  deleteTerms,
  getTerms,
  lockConsumer,
  missingServiceTypes,
  offeringForReference,
  participantExists,
  quotasOf,
  quotasToWire,
  replaceQuotas,
  saveTerms,
  termsList,
  termsToWire,
} from './terms-store.ts'

export function termsRoutes(api: Api, { db }: Platform): void {
  api.handle(operations.list, ({ query, scope }) => listPage(db, operations.list, query, scope, termsList))

  api.handle(operations.get, async ({ params }) => {
    const key = { agentId: params.id, serviceTypeId: params.serviceTypeId }
    await offeringForReference(db, key)
    return termsToWire(await getTerms(db, key))
  })

  api.handle(operations.put, async ({ params, body, authorize, command }) => {
    const key = { agentId: params.id, serviceTypeId: params.serviceTypeId }
    await command(async (c) => {
      const providerId = await offeringForReference(c.tx, key)
      authorize({ providerId })
      await saveTerms(c.tx, { ...key, providerId }, checkTerms(body), c.now)
      const { updatedAt: _, ...said } = termsToWire(await getTerms(c.tx, key))
      await appendEvent(c, {
        type: 'offering_terms.updated',
        entityId: key.agentId,
        agentId: key.agentId,
        providerId,
        properties: { ...said },
      })
    })
    return termsToWire(await getTerms(db, key))
  })

  api.handle(operations.delete, async ({ params, authorize, command }) => {
    const key = { agentId: params.id, serviceTypeId: params.serviceTypeId }
    await command(async (c) => {
      const providerId = await offeringForReference(c.tx, key)
      authorize({ providerId })
      if (!(await deleteTerms(c.tx, key)))
        throw notFound(`terms of agent ${key.agentId} for service type`, key.serviceTypeId)
      await appendEvent(c, {
        type: 'offering_terms.deleted',
        entityId: key.agentId,
        agentId: key.agentId,
        providerId,
        properties: { serviceTypeId: key.serviceTypeId },
      })
    })
  })

  api.handle(quotas.get, async ({ params, authorize }) => {
    if (!(await participantExists(db, params.id))) throw notFound('participant', params.id)
    authorize({ participantId: params.id })
    return quotasToWire(await quotasOf(db, params.id, null))
  })

  api.handle(quotas.put, async ({ params, body, authorize, command }) => {
    checkQuotas(body)
    await command(async (c) => {
      if (!(await lockConsumer(c.tx, params.id))) throw notFound('participant', params.id)
      // nobody sets its own limit, an admin of one participant neither
      authorize({})
      const asked = (body.serviceTypes ?? []).map(({ serviceTypeId }) => serviceTypeId)
      const [missing] = await missingServiceTypes(c.tx, asked)
      if (missing !== undefined) throw notFound('service type', missing)
      await replaceQuotas(c.tx, params.id, body, c.now)
      const properties = quotasToWire(await quotasOf(c.tx, params.id, null))
      await appendEvent(c, { type: 'quotas.updated', entityId: params.id, participantId: params.id, properties })
    })
    return quotasToWire(await quotasOf(db, params.id, null))
  })
}
