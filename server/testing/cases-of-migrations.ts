/** Cases of the walk: migrations, drills and evacuations. Nobody drives them there: they are brought into their states by hand. */
import { sql } from 'kysely'
import type { Cases, Walk } from './walk.ts'

const C = 'consumer' as const
const notC = ['otherConsumer', 'provider', 'otherProvider'] as const
const strangers = ['otherConsumer', 'otherProvider'] as const

/** Actions of the lifecycle of the test federations. */
const DECLARATION = { exportAction: 'update', importAction: 'update', exportFormats: ['raw'], importFormats: ['raw'] }

/** A service that runs, of a type that can be moved, at an agent that is connected. */
export const movable = async (walk: Walk): Promise<string> => {
  await walk.callers.admin.put(`/service-types/${walk.own.serviceTypeId}/portability`, DECLARATION)
  await connect(walk, walk.own.agent.id)
  return walk.running()
}

export const groupOfMovable = async (walk: Walk): Promise<string> => {
  const id = await movable(walk)
  return (await walk.callers.consumer.get(`/services/${id}`)).body.groupId
}

/** An agent of another provider that offers the same type and is connected. */
export const anotherPlace = async (walk: Walk): Promise<{ agentId: string }> => {
  const { id: providerId } = await walk.make('/participants', { name: walk.unique(), status: 'Enabled' })
  const agent = await walk.make('/agents', { name: walk.unique(), providerId, agentTypeId: walk.own.agentTypeId })
  await connect(walk, agent.id)
  return { agentId: agent.id }
}

async function connect({ db }: Walk, agentId: string): Promise<void> {
  await sql`UPDATE agents SET status = 'Connected', last_status_update = now() WHERE id = ${agentId}`.execute(db)
}

const wish = async (walk: Walk) => ({
  serviceId: await movable(walk),
  agentId: (await anotherPlace(walk)).agentId,
  acceptWriteLoss: true,
  cutOver: 'manual',
})
const aMigration = async (walk: Walk): Promise<string> => (await walk.make('/migrations', await wish(walk))).id
const migration = async (walk: Walk) => ({ params: { id: await aMigration(walk) } })

/** As the driver would have left it. */
const inState =
  (state: string, document: object = {}) =>
  async (walk: Walk) => {
    const id = await aMigration(walk)
    await sql`
    UPDATE migrations SET state = ${state}, document = document || ${JSON.stringify(document)}::jsonb
    WHERE id = ${id}`.execute(walk.db)
    return { params: { id } }
  }
/** With everything that lists can be narrowed by. */
const wholeMigration = async (walk: Walk) => {
  const parts = await migration(walk)
  await sql`
    UPDATE migrations SET target_service_id = ${await movable(walk)}, evacuation_id = gen_random_uuid()
    WHERE id = ${parts.params.id}`.execute(walk.db)
  return parts
}
const failure = { step: 'exporting', reason: 'the disk is full', at: '2026-11-24T12:00:00Z' }
const failed = inState('failed', { failure, unwinding: 'failed' })

const drillOf = async (walk: Walk) => ({
  serviceIds: [await movable(walk)],
  agentId: (await anotherPlace(walk)).agentId,
})
const drill = async (walk: Walk) => ({
  params: { id: (await walk.make('/drills', await drillOf(walk))).items[0].id },
})

/** The services of one group: an evacuation of everything would grow with the walk. */
const leaving = async (walk: Walk) => ({
  serviceIds: [await movable(walk)],
  acceptWriteLoss: true,
  scenario: { type: 'provider-cut-off', providerIds: [walk.own.provider.id] },
  targetAgentIds: [(await anotherPlace(walk)).agentId],
})
const evacuation = async (walk: Walk) => {
  const { status, body } = await walk.callers.consumer.post('/evacuations', await leaving(walk))
  if (status !== 201) throw new Error(JSON.stringify(body))
  return { params: { id: body.id } }
}

export const migrationCases: Cases = {
  'migrations.list': { as: C, call: (walk) => aMigration(walk).then(() => ({})), foreign: strangers },
  'migrations.create': {
    as: C,
    call: async (walk) => ({ body: await wish(walk) }),
    foreign: notC,
    refusals: {
      'a service that moves already': {
        call: async (walk) => {
          const body = await wish(walk)
          await walk.make('/migrations', body)
          return { body }
        },
        status: 409,
      },
      'a type that cannot be quiesced': {
        call: async (walk) => ({ body: { ...(await wish(walk)), acceptWriteLoss: false } }),
        status: 400,
      },
      'no vault copy': { call: async (walk) => ({ body: { ...(await wish(walk)), from: 'vault' } }), status: 409 },
    },
  },
  'migrations.get': { as: C, call: wholeMigration, foreign: strangers },
  'migrations.pause': { as: C, call: migration, foreign: notC },
  'migrations.resume': {
    as: C,
    call: inState('queued', { paused: true }),
    foreign: notC,
    refusals: { 'one that is not paused': { call: migration, status: 409 } },
  },
  'migrations.cancel': { as: C, call: migration, foreign: notC },
  'migrations.cutOver': {
    as: C,
    call: inState('ready'),
    foreign: notC,
    refusals: { 'one that is not ready': { call: migration, status: 409 } },
  },
  'migrations.rollback': {
    as: C,
    call: async (walk) => ({ ...(await migration(walk)), body: {} }),
    foreign: notC,
    refusals: {
      'one that goes back already': {
        call: async (walk) => ({ ...(await inState('deleting-target', { unwinding: 'cancelled' })(walk)), body: {} }),
        status: 409,
      },
    },
  },
  'migrations.retry': {
    as: C,
    call: failed,
    foreign: notC,
    refusals: { 'one that has not failed': { call: migration, status: 409 } },
  },
  'drills.list': { as: C, call: (walk) => drill(walk).then(() => ({})), foreign: strangers },
  'drills.create': {
    as: C,
    call: async (walk) => ({ body: await drillOf(walk) }),
    foreign: notC,
    refusals: { 'without a word about which': { call: () => ({ body: {} }), status: 400 } },
  },
  'drills.get': { as: C, call: drill, foreign: strangers },
  'drills.cancel': { as: C, call: drill, foreign: notC },
  'evacuations.list': { as: C, call: (walk) => evacuation(walk).then(() => ({})), foreign: notC },
  'evacuations.plan': {
    as: C,
    call: async (walk) => ({ body: await leaving(walk) }),
    foreign: notC,
    refusals: { 'without a word about what leaves': { call: () => ({ body: {} }), status: 400 } },
  },
  'evacuations.create': {
    as: C,
    call: async (walk) => ({ body: await leaving(walk) }),
    foreign: notC,
    refusals: { 'without a word about what leaves': { call: () => ({ body: {} }), status: 400 } },
  },
  'evacuations.get': { as: C, call: evacuation, foreign: notC },
  'evacuations.pause': { as: C, call: evacuation, foreign: notC },
  'evacuations.resume': {
    as: C,
    call: async (walk) => {
      const parts = await evacuation(walk)
      await walk.callers.consumer.post(`/evacuations/${parts.params.id}/pause`)
      return parts
    },
    foreign: notC,
  },
  'evacuations.cancel': { as: C, call: evacuation, foreign: notC },
}
