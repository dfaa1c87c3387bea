/** HTTP for offers: what a consumer looks at before it orders. */
import { serviceTypes } from '@fulcrum/contract'
import type { PropertyDefinition } from '@fulcrum/schema'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import { findServiceType } from '../service-types/index.ts'
import { offersOf } from './offer-store.ts'

export function offerRoutes(api: Api, { db }: Platform): void {
  api.handle(serviceTypes.offers, async ({ params }) => {
    const type = await findServiceType(db, params.id)
    if (!type) throw notFound('service type', params.id)
    const optionTypes = Object.values(type.propertySchema.properties).flatMap(optionTypesOf)
    return { offers: await offersOf(db, type.id, [...new Set(optionTypes)]) }
  })
}

/** The option types that a property takes its values from, nested members and items included. */
function optionTypesOf({ validators, properties, items }: PropertyDefinition): string[] {
  const here = (validators ?? []).flatMap(({ type, config }) =>
    type === 'serviceOption' && typeof config?.value === 'string' ? [config.value] : [],
  )
  return [...here, ...Object.values(properties ?? {}).flatMap(optionTypesOf), ...(items ? optionTypesOf(items) : [])]
}
