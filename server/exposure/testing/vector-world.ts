/** The providers, consumers and services of the specification's scenarios, on a running server. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ExposureRequest } from '@fulcrum/contract'
import type { ExposedService, Exposure, Profile } from '@fulcrum/sovereignty'
import type { Caller, TestServer } from '../../testing/test-server.ts'
import { insertAgent, insertGroup, insertService, insertServiceType, publishProfile } from './portfolio.ts'

type Vectors = {
  profiles: Record<string, Profile>
  exposure: {
    world: { profiles: string[]; services: ExposedService[] }
    scenarios: { id: string; title: string; scenario: ExposureRequest['scenario']; expected: Exposure }[]
  }
}
/** The file is ours and has this form. */
export const VECTORS = JSON.parse(
  readFileSync(new URL('../../testdata/exposure.json', import.meta.url), 'utf8'),
) as Vectors

export type Somebody = { id: string; caller: Caller }

/** By the names of the vectors; `nameOf` is the way back from any id. */
export type VectorWorld = {
  somebody(name: string): Somebody
  typeId(name: string): string
  groupId(consumer: string): string
  nameOf(id: string): string | undefined
}

export async function buildVectorWorld(server: TestServer): Promise<VectorWorld> {
  const { db } = server.platform
  const { services, profiles } = VECTORS.exposure.world
  const [people, agents, types] = [new Map<string, Somebody>(), new Map<string, string>(), new Map<string, string>()]
  const [groups, names] = [new Map<string, string>(), new Map<string, string>()]
  const somebody = (name: string) => get(people, name)

  for (const name of new Set(services.map(({ serviceType }) => serviceType)))
    types.set(name, await insertServiceType(db, name))
  for (const name of new Set([...profiles, ...services.map(({ consumer }) => consumer)])) {
    const one = await server.participant(name)
    people.set(name, one)
    names.set(one.id, name)
  }
  for (const name of profiles) {
    agents.set(name, await insertAgent(db, somebody(name).id, `agent of ${name}`, [...types.values()]))
    await publishProfile(db, { providerId: somebody(name).id }, VECTORS.profiles[name] ?? { id: name })
  }
  for (const service of services) {
    const consumer = somebody(service.consumer)
    if (!groups.has(service.consumer)) groups.set(service.consumer, await insertGroup(db, consumer.id))
    const id = await insertService(db, {
      name: service.id,
      providerId: somebody(service.provider).id,
      consumerId: consumer.id,
      agentId: get(agents, service.provider),
      serviceTypeId: get(types, service.serviceType),
      groupId: get(groups, service.consumer),
      ...(service.customerKeys && service.kmsCountry !== undefined && { keyCountry: service.kmsCountry }),
    })
    names.set(id, service.id)
    const { status } = await consumer.caller.put(`/services/${id}/classification`, {
      criticality: service.criticality,
      monthlySpend: { amount: service.monthlySpend, currency: 'EUR' },
    })
    assert.equal(status, 200)
  }
  return {
    somebody,
    typeId: (name) => get(types, name),
    groupId: (consumer) => get(groups, consumer),
    nameOf: (id) => names.get(id),
  }
}

function get<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key)
  assert.ok(value !== undefined, key)
  return value
}
