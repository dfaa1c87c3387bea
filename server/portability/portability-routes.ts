/** HTTP for what service types can export and import, and for the stores that there are. */
import { artifactStores, portability, type Portability as WirePortability } from '@fulcrum/contract'
import { type ArtifactStore, storesOf } from '../artifacts/index.ts'
import { appendEvent } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import { findServiceType, findServiceTypeForReference, type ServiceType } from '../service-types/index.ts'
import { outsideOf } from './newest-copies-store.ts'
import { checkPortability, missingActions, type Portability } from './portability.ts'
import { deletePortability, findPortability, getServiceOwners, savePortability } from './portability-store.ts'

export function portabilityRoutes(api: Api, platform: Platform): void {
  const { db } = platform

  api.handle(portability.get, async ({ params }) => {
    const type = await findServiceType(db, params.id)
    if (!type) throw notFound('service type', params.id)
    const declared = await findPortability(db, type.id)
    if (!declared) throw notFound('portability of service type', type.id)
    return portabilityToWire(declared, type)
  })

  api.handle(portability.put, async ({ params, body, command }) => {
    const [declared, type] = await command(async (c) => {
      const found = await findServiceTypeForReference(c.tx, params.id)
      if (!found) throw notFound('service type', params.id)
      const checked = checkPortability(
        {
          serviceTypeId: found.id,
          exportAction: body.exportAction,
          importAction: body.importAction,
          quiesceAction: body.quiesceAction ?? null,
          resumeAction: body.resumeAction ?? null,
          exportFormats: body.exportFormats,
          importFormats: body.importFormats,
        },
        found.lifecycleSchema,
      )
      await savePortability(c.tx, checked, c.now)
      await appendEvent(c, {
        type: 'service_type.portability_declared',
        entityId: found.id,
        properties: { ...checked },
      })
      return [checked, found] as const
    })
    return portabilityToWire(declared, type)
  })

  api.handle(portability.delete, async ({ params, command }) => {
    await command(async (c) => {
      const type = await findServiceTypeForReference(c.tx, params.id)
      if (!type) throw notFound('service type', params.id)
      if (!(await deletePortability(c.tx, type.id))) throw notFound('portability of service type', type.id)
      await appendEvent(c, { type: 'service_type.portability_withdrawn', entityId: type.id })
    })
  })

  api.handle(artifactStores.list, async () => ({ items: storesOf(platform).map((store) => storeToWire(store)) }))

  api.handle(artifactStores.ofService, async ({ params, authorize }) => {
    const service = await getServiceOwners(db, params.id)
    authorize(service)
    const isOutside = await outsideOf(db, [service.id])
    return { items: storesOf(platform).map((store) => storeToWire(store, isOutside(service.id, store))) }
  })
}

function portabilityToWire(declared: Portability, type: ServiceType): WirePortability {
  const { quiesceAction, resumeAction, ...rest } = declared
  const problems = missingActions(declared, type.lifecycleSchema).map(
    ({ member, action }) => `${member} '${action}' is no action of the lifecycle any more`,
  )
  return {
    ...rest,
    ...(quiesceAction !== null && { quiesceAction }),
    ...(resumeAction !== null && { resumeAction }),
    ...(problems.length > 0 && { problems }),
  }
}

/** Never where a store is reached, nor with what. */
function storeToWire(
  { name, kind, operator, country, controllerCountry, providerId }: ArtifactStore,
  outside?: boolean,
) {
  return {
    name,
    kind,
    ...(operator !== null && { operator }),
    ...(country !== null && { country }),
    ...(controllerCountry !== null && { controllerCountry }),
    ...(providerId !== null && { providerId }),
    ...(outside !== undefined && { outside }),
  }
}
