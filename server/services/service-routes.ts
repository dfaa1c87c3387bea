/** HTTP for services: parse, authorize, call, answer. */
import { services } from '@fulcrum/contract'
import { jsonEqual, secretReferences } from '@fulcrum/schema'
import { appendEvent } from '../events/index.ts'
import { legacyServices, ON_ONE_PAGE } from '../legacy-dialect/index.ts'
import { keepingRefusals, servicePlacement } from '../placement/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { readSecrets } from '../vault/index.ts'
import { checkConditions } from './conditions.ts'
import { placesConsidered } from './placement-why.ts'
import { keepQuarantine } from './quarantine.ts'
import { DELETE, mergeConditions } from './service.ts'
import { actOnService, changeService, orderService, serviceLinks } from './service-commands.ts'
import { serviceTypeOf } from './service-relations.ts'
import {
  getService,
  getServiceInSuccession,
  getServiceView,
  lockService,
  saveService,
  serviceList,
  serviceToWire,
} from './service-store.ts'
import { explainService } from './why.ts'
import { serviceFacts } from './why-store.ts'

export function serviceRoutes(api: Api, { db, config, now }: Platform): void {
  const vaultKey = config.vaultKey

  api.handle(services.list, async ({ query, scope, identity }) => {
    if (!identity.legacyDialect) return listPage(db, services.list, query, scope, serviceList)
    const page = await listPage(db, services.list, query, scope, { ...serviceList, ...ON_ONE_PAGE })
    return { ...page, items: await legacyServices(db, page.items) }
  })

  api.handle(services.get, async ({ params, identity, authorize }) => {
    const service = identity.legacyDialect
      ? await getServiceView(db, params.id)
      : await getServiceInSuccession(db, params.id)
    authorize(service)
    if (!identity.legacyDialect) return service
    const [legacy] = await legacyServices(db, [service])
    return legacy ?? service
  })

  api.handle(services.create, async ({ body, identity, authorize, command }) => {
    const { service, decisionId } = await keepingRefusals(command, () =>
      command((c) => orderService(c, body, { authorize, actor: actorOf(identity), vaultKey })),
    )
    return { ...serviceToWire(service), ...(decisionId !== null && { decisionId }) }
  })

  api.handle(services.placement, async ({ params, authorize }) => {
    const service = await getService(db, params.id)
    authorize(service)
    const placement = await servicePlacement(db, service.id)
    if (!placement) throw notFound('placement of service', service.id)
    return placement
  })

  api.handle(services.update, async ({ params, body, identity, authorize, command }) => {
    await command((c) => changeService(c, params.id, body, { authorize, actor: actorOf(identity), vaultKey }))
    return getServiceView(db, params.id)
  })

  api.handle(services.delete, async ({ params, authorize, command }) => {
    await command((c) => actOnService(c, params.id, DELETE, authorize))
  })

  api.handle(services.action, async ({ params, authorize, command }) => {
    await command((c) => actOnService(c, params.id, params.action, authorize))
    return getServiceView(db, params.id)
  })

  api.handle(services.reveal, async ({ params, authorize, command, reply }) => {
    const secrets = await command(async (c) => {
      const service = await getService(c.tx, params.id)
      authorize(service)
      const type = await serviceTypeOf(c.tx, service)
      const revealable = secretReferences(type.propertySchema, service.properties ?? {}).filter((s) => s.revealable)
      const values = await readSecrets(
        c.tx,
        vaultKey,
        { serviceId: service.id },
        revealable.map((s) => s.reference),
      )
      const known = revealable.filter((s) => values.has(s.reference))
      await appendEvent(c, {
        type: 'service.revealed',
        ...serviceLinks(service),
        properties: { properties: known.map(({ path }) => path) },
      })
      return Object.fromEntries(known.map(({ path, reference }) => [path, values.get(reference) ?? null]))
    })
    reply.header('cache-control', 'no-store')
    return { secrets }
  })

  api.handle(services.why, async ({ params, identity, authorize }) => {
    const service = await getService(db, params.id)
    authorize(service)
    const why = explainService(service, await serviceFacts(db, service), now())
    return { ...why, considered: [...why.considered, ...(await placesConsidered(db, service, identity))] }
  })

  api.handle(services.setConditions, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockService(c.tx, params.id)
      authorize(before)
      const reported = checkConditions(before, body.conditions)
      const conditions = keepQuarantine(
        before.conditions,
        mergeConditions(before.conditions, reported, timestamp(c.now)),
      )
      if (jsonEqual(conditions, before.conditions)) return
      await saveService(c.tx, { ...before, conditions, updatedAt: c.now })
      await appendEvent(c, { type: 'service.conditions_changed', ...serviceLinks(before), properties: { conditions } })
    })
  })
}

function actorOf({ role }: Identity): 'user' | 'agent' {
  return role === 'agent' ? 'agent' : 'user'
}
