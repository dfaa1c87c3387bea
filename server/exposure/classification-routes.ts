/** HTTP for classifications of services: parse, authorize, call, answer. */
import { serviceClassifications } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { listPage } from '../platform/lists.ts'
import { changedMembers, checkClassification } from './classification.ts'
import {
  classificationList,
  classificationToWire,
  getClassification,
  lockClassification,
  saveClassification,
} from './classification-store.ts'

export function classificationRoutes(api: Api, { db }: Platform): void {
  api.handle(serviceClassifications.list, ({ query, scope }) =>
    listPage(db, serviceClassifications.list, query, scope, classificationList),
  )

  api.handle(serviceClassifications.get, async ({ params, authorize }) => {
    const service = await getClassification(db, params.id)
    authorize({ consumerId: service.consumerId })
    return classificationToWire(service)
  })

  api.handle(serviceClassifications.put, async ({ params, body, authorize, command }) => {
    const service = await command(async (c) => {
      const before = await lockClassification(c.tx, params.id)
      authorize({ consumerId: before.consumerId })
      const classification = checkClassification(body)
      await saveClassification(c.tx, params.id, before.consumerId, classification, c.now)
      // no link to the provider, and no values: what a service costs and is worth concerns its consumer alone
      await appendEvent(c, {
        type: 'service.classified',
        entityId: params.id,
        consumerId: before.consumerId,
        properties: { changed: changedMembers(before.classification, classification) },
      })
      return { ...before, classification, updatedAt: c.now }
    })
    return classificationToWire(service)
  })
}
