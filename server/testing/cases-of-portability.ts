/** Cases of the walk: what service types export, where artifacts lie, and copies that are kept. */
import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { LIFECYCLE, PROPERTY_SCHEMA } from './federation.ts'
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const notC = ['otherConsumer', 'provider'] as const

/** Actions of the lifecycle of the test federations. */
const DECLARATION = { exportAction: 'update', importAction: 'update', exportFormats: ['raw'], importFormats: ['raw'] }
const SCHEDULE = { everyHours: 24, keep: 7, store: 'local' }

const typeId = ({ own }: Walk) => ({ id: own.serviceTypeId })
const declared = async (walk: Walk) => {
  await walk.callers.admin.put(`/service-types/${walk.own.serviceTypeId}/portability`, DECLARATION)
  return { params: typeId(walk) }
}
/** A type of its own: others rely on what the type of the federation declares. */
const aDeclaredType = async (walk: Walk) => {
  const type = { name: walk.unique(), propertySchema: PROPERTY_SCHEMA, lifecycleSchema: LIFECYCLE }
  const { id } = await walk.make('/service-types', type)
  await walk.callers.admin.put(`/service-types/${id}/portability`, DECLARATION)
  return { params: { id } }
}
const aRunningService = async (walk: Walk) => {
  await declared(walk)
  return { params: { id: await walk.running() } }
}
export const aSchedule = async (walk: Walk): Promise<{ id: string }> => {
  const { params } = await aRunningService(walk)
  await walk.make('/vault-schedules', { groupId: await walk.own.group(), ...SCHEDULE })
  return walk.make('/vault-schedules', { serviceId: params.id, ...SCHEDULE })
}
const idOfSchedule = async (walk: Walk) => ({ params: { id: (await aSchedule(walk)).id } })
const aCopy = async (walk: Walk) => {
  const { params } = await aRunningService(walk)
  return { params: { id: (await walk.make(`/services/${params.id}/vault-copies`, { store: 'local' })).id } }
}

/** A copy that is stored; written into the tables, because an export and the round of a worker would be needed for it. */
const aStoredCopy = async (walk: Walk) => {
  const [copy, artifact] = [await aCopy(walk), randomUUID()]
  const content = Buffer.from('what was exported')
  const [sha256, size] = [createHash('sha256').update(content).digest('hex'), content.length]
  const { serviceId } = (await walk.callers.admin.get(`/vault-copies/${copy.params.id}`)).body
  const query = new URLSearchParams({ serviceId, kind: 'vault-copy', format: 'raw' })
  await walk.callers.agent.put(`/artifacts/${artifact}?${query}`, content.toString())
  await sql`
    INSERT INTO artifact_copies (id, artifact_id, store, state, sha256, size_bytes, next_attempt_at, stored_at, created_at, updated_at)
    VALUES (${artifact}, ${artifact}, 'local', 'stored', ${sha256}, ${size}, now(), now(), now(), now())`.execute(
    walk.db,
  )
  await sql`
    UPDATE vault_copies SET state = 'stored', artifact_id = ${artifact}, taken_at = now(), stored_at = now(),
      sha256 = ${sha256}, size_bytes = ${size}, format = 'raw' WHERE id = ${copy.params.id}`.execute(walk.db)
  return copy
}

export const portabilityCases: Cases = {
  'portability.get': { as: C, call: declared },
  'portability.put': {
    as: 'admin',
    call: (walk) => ({ params: typeId(walk), body: DECLARATION }),
    refusals: {
      'an action that the lifecycle does not have': {
        call: (walk) => ({ params: typeId(walk), body: { ...DECLARATION, exportAction: 'teleport' } }),
        status: 400,
      },
      'no format': {
        call: (walk) => ({ params: typeId(walk), body: { ...DECLARATION, exportFormats: [] } }),
        status: 400,
      },
    },
  },
  'portability.delete': { as: 'admin', call: aDeclaredType },
  'artifactStores.list': { as: 'provider', call: () => ({}) },
  'artifactStores.ofService': { as: C, call: aRunningService, foreign: notC },
  'vaultSchedules.list': {
    as: C,
    call: async (walk) => {
      await aSchedule(walk)
      return {}
    },
    foreign: notC,
  },
  'vaultSchedules.create': {
    as: C,
    call: async (walk) => {
      const { params } = await aRunningService(walk)
      return { body: { serviceId: params.id, ...SCHEDULE } }
    },
    foreign: notC,
    refusals: {
      'no target': { call: () => ({ body: SCHEDULE }), status: 400 },
      'a store that there is not': {
        call: async (walk) => {
          const { params } = await aRunningService(walk)
          return { body: { serviceId: params.id, ...SCHEDULE, store: 'moon' } }
        },
        status: 400,
      },
      'the same twice': {
        call: async (walk) => {
          const { params } = await aRunningService(walk)
          await walk.make('/vault-schedules', { serviceId: params.id, ...SCHEDULE })
          return { body: { serviceId: params.id, ...SCHEDULE } }
        },
        status: 409,
      },
    },
  },
  'vaultSchedules.get': { as: C, call: idOfSchedule, foreign: notC },
  'vaultSchedules.update': {
    as: C,
    call: async (walk) => ({ ...(await idOfSchedule(walk)), body: { everyHours: 12 } }),
    foreign: notC,
    refusals: {
      'copies that nobody keeps': {
        call: async (walk) => ({ ...(await idOfSchedule(walk)), body: { keep: 0 } }),
        status: 400,
      },
    },
  },
  'vaultSchedules.delete': { as: C, call: idOfSchedule, foreign: notC },
  'vaultCopies.list': {
    as: C,
    call: async (walk) => {
      await aCopy(walk)
      return {}
    },
    foreign: notC,
  },
  'vaultCopies.get': { as: C, call: aCopy, foreign: notC },
  'vaultCopies.create': {
    as: C,
    call: async (walk) => ({ ...(await aRunningService(walk)), body: { store: 'local' } }),
    foreign: notC,
    refusals: {
      'a second one to the same store': {
        call: async (walk) => {
          const parts = await aRunningService(walk)
          await walk.make(`/services/${parts.params.id}/vault-copies`, { store: 'local' })
          return { ...parts, body: { store: 'local' } }
        },
        status: 409,
      },
      'no store, and none that is known to be outside': { call: aRunningService, status: 400 },
    },
  },
  'vaultCopies.verify': {
    as: C,
    call: aStoredCopy,
    foreign: notC,
    refusals: { 'one that is not stored': { call: aCopy, status: 409 } },
  },
  'vaultCopies.delete': { as: C, call: aStoredCopy, foreign: notC },
}
