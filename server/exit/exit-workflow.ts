/** Gathers what the exit plan and the register say of a consumer's services. Reads only; a fixed number of statements. */
import type { Profile } from '@fulcrum/sovereignty'
import { classificationsOf } from '../exposure/index.ts'
import { newestDrills } from '../migrations/index.ts'
import { offeringTerms, placedOf } from '../placement/index.ts'
import type { Db } from '../platform/db.ts'
import { timestamp } from '../platform/wire.ts'
import { newestVaultCopies, portabilitiesOf } from '../portability/index.ts'
import { policiesInForce, waiversOf } from '../sovereignty-policies/index.ts'
import { offeringProfiles, participantProfiles } from '../sovereignty-profiles/index.ts'
import { Alternatives } from './alternatives.ts'
import type { PlannedService } from './exit-plan.ts'
import type { RegisteredService } from './register.ts'
import { consumerServices, openOfferings } from './report-store.ts'

export type Exit = {
  planned: PlannedService[]
  registered: RegisteredService[]
  providers: { id: string; name: string; profile: Profile }[]
  /** The consumer's own. */
  profile: Profile
}

/** @param providerId  only services there; `null`: all */
export async function readExit(db: Db, consumer: { id: string }, providerId: string | null, now: Date): Promise<Exit> {
  const all = await consumerServices(db, consumer.id)
  const services = all.filter((service) => providerId === null || service.providerId === providerId)
  const ids = services.map(({ id }) => id)
  const offered = await offeringProfiles(db, all, now)
  const profileOf = new Map(offered.map((one) => [keyOf(one), one.profile]))
  const classifications = await classificationsOf(db, ids)
  const terms = new Map((await offeringTerms(db, services)).map((one) => [keyOf(one), one]))
  const copies = await newestVaultCopies(db, ids)
  const drills = await newestDrills(db, ids)
  const serviceTypeIds = [...new Set(services.map(({ serviceTypeId }) => serviceTypeId))]
  const portabilities = await portabilitiesOf(db, serviceTypeIds)
  const policies = await policiesInForce(db, now)
  const alternatives = new Alternatives(
    {
      policies,
      waivers: await waiversOf(db, policies),
      placed: new Map(
        all.map((one) => [one.id, placedOf(profileOf.get(keyOf(one)) ?? { id: one.providerId }, one.providerId)]),
      ),
      at: timestamp(now),
    },
    await openOfferings(db, { serviceTypeIds }, now),
  )
  const providers = new Map(services.map((service) => [service.providerId, service.providerName]))
  const published = await participantProfiles(db, [consumer.id, ...providers.keys()], now)
  const publishedOf = (id: string): Profile => published.get(id) ?? { id }

  const gathered = services.map((service) => {
    const classification = classifications.get(service.id) ?? { criticality: 'normal', dataClasses: [] }
    const portability = portabilities.get(service.serviceTypeId) ?? null
    const others = alternatives.of({ ...service, consumerId: consumer.id }, portability?.exportFormats ?? [])
    const spend = classification.monthlySpend ?? terms.get(keyOf(service))?.monthlyPrice ?? null
    const lastDrill = drills.get(service.id) ?? null
    const { function: supports, rtoTargetSeconds, rpoTargetSeconds, criticality } = classification
    const planned: PlannedService = {
      serviceId: service.id,
      serviceName: service.name,
      serviceTypeName: service.serviceTypeName,
      groupName: service.groupName,
      providerId: service.providerId,
      providerName: service.providerName,
      criticality,
      ...(supports !== undefined && { function: supports }),
      ...(spend && { monthlySpend: spend }),
      ...(rtoTargetSeconds !== undefined && { rtoTargetSeconds }),
      ...(rpoTargetSeconds !== undefined && { rpoTargetSeconds }),
      alternatives: others,
      portability,
      lastDrill,
      vaultCopy: copies.get(service.id) ?? null,
    }
    const registered: RegisteredService = {
      ...service,
      orderedOn: timestamp(service.createdAt).slice(0, 10),
      profile: profileOf.get(keyOf(service)) ?? { id: service.providerId },
      classification,
      spend,
      lastDrill: lastDrill && { at: timestamp(lastDrill.at), outcome: lastDrill.outcome },
      alternatives: [...new Set(others.filter(({ qualifies }) => qualifies).map(({ providerName }) => providerName))],
      isExportable: portability !== null,
    }
    return { planned, registered }
  })
  return {
    planned: gathered.map(({ planned }) => planned),
    registered: gathered.map(({ registered }) => registered),
    providers: [...providers].map(([id, name]) => ({ id, name, profile: publishedOf(id) })),
    profile: publishedOf(consumer.id),
  }
}

function keyOf({ agentId, serviceTypeId }: { agentId: string; serviceTypeId: string }): string {
  return `${agentId} ${serviceTypeId}`
}
