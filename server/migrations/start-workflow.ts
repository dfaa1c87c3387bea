/** Begins migrations and drills: checks everything that can be known beforehand, so that little can fail on the way. */
import { randomUUID } from 'node:crypto'
import type { MigrationCreate } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import { candidatesOf, decideWhere, servicePlacement, verdictOf } from '../placement/index.ts'
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput, notFound, Refusal } from '../platform/errors.ts'
import { findPortability, newestVaultCopy, type Portability } from '../portability/index.ts'
import { getService, lockService, type Service, serviceTypeOf } from '../services/index.ts'
import { offeringProfiles } from '../sovereignty-profiles/index.ts'
import { readFacts, toMoved } from './facts-store.ts'
import type { Migration, Moved } from './migration.ts'
import { drillOf, insertMigration, migrationOf, roleOf } from './migration-store.ts'
import { MIGRATIONS_SIGNAL, orderLike } from './migration-workflow.ts'
import { commonFormats, settingsOf, sourceOf, type Wish } from './settings.ts'
import { findAgent, readOptions } from './start-store.ts'
import { eligiblePlaces } from './target-choice.ts'
import { optionTypesOf, targetProperties } from './target-properties.ts'

export type Start = Wish & {
  kind: 'migration' | 'drill'
  serviceId: string
  /** Absent: the best of another provider. */
  agentId?: string | undefined
  /** Only these may be chosen. */
  agentIds?: readonly string[] | undefined
  from?: MigrationCreate['from']
  properties?: JsonObject | undefined
  evacuationId?: string
}

/**
 * Writes down that a service moves, or is drilled. Nothing else has happened when it returns; the driver goes on.
 *
 * @throws Refusal `not-found`, `invalid` or `conflict` that says what is in the way
 */
export async function startMigration(
  c: Command,
  platform: Platform,
  start: Start,
  authorize: (owners: Owners) => void,
): Promise<Migration> {
  const source = await getService(c.tx, start.serviceId)
  authorize({ consumerId: source.consumerId, providerId: source.providerId })
  const portability = await portabilityOf(c, source)
  await checkStandsAlone(c, source, start.kind)
  const here = await findAgent(c.tx, source.agentId)
  const copy = toMoved(await newestVaultCopy(c.tx, source.id))
  const from = sourceOf(start.from ?? 'auto', here?.connected ?? false, copy, source.id)
  const written = from === 'vault' && copy ? [copy.format] : portability.exportFormats
  const target = await findTarget(c, platform, start, source, { portability, written })
  const settings =
    start.kind === 'drill'
      ? settingsOf({ acceptWriteLoss: true }, from, portability, target.properties)
      : settingsOf(start, from, portability, target.properties)

  // only now: an order locks groups and agents, which come before services
  const locked = await lockService(c.tx, source.id)
  await checkStandsAlone(c, locked, start.kind)
  const migration = newMigration(c, start, locked, { from, settings, copy, ...target })
  if (from === 'live') await checkExportable(c, migration)
  await insertMigration(c.tx, migration)
  const about = { serviceId: source.id, targetAgentId: target.agentId, from }
  const event = { type: `${start.kind}.created` as const, entityId: migration.id, properties: about }
  await appendEvent(c, { ...event, consumerId: source.consumerId, providerId: source.providerId })
  if (target.providerId !== source.providerId) await appendEvent(c, { ...event, providerId: target.providerId })
  c.announce(MIGRATIONS_SIGNAL)
  return migration
}

async function portabilityOf(c: Command, source: Service): Promise<Portability> {
  const portability = await findPortability(c.tx, source.serviceTypeId)
  if (portability) return portability
  const { name } = await serviceTypeOf(c.tx, source)
  throw invalidInput(`service type ${name} declares no export and import: its services cannot be moved`)
}

/** @throws Refusal `conflict` for a service that has ended, does not count, or is part of another one */
async function checkStandsAlone(c: Command, { id, terminal }: Service, kind: Start['kind']): Promise<void> {
  if (terminal) throw conflict(`service ${id} has ended`)
  const moving = kind === 'migration' ? await migrationOf(c.tx, id) : null
  if (moving) throw conflict(`service ${id} is part of migration ${moving.id}, which is ${moving.state}`)
  const drill = kind === 'drill' ? await drillOf(c.tx, id) : null
  if (drill) throw conflict(`service ${id} is part of drill ${drill}, which has not ended`)
  const role = await roleOf(c.tx, id)
  if (role !== 'primary') throw conflict(`service ${id} is ${ROLES[role] ?? role}: it cannot be moved itself`)
}

const ROLES: Readonly<Record<string, string>> = {
  superseded: 'one that was left for another one',
  target: 'the target of a migration that is not done',
  scratch: 'made for a drill',
}

async function checkExportable(c: Command, migration: Migration): Promise<void> {
  const { source } = await readFacts(c.tx, migration, c.now)
  const obstacle = source.obstacles.export
  if (source.busyWith === null && obstacle !== null)
    throw invalidInput(`the service cannot be exported now: ${obstacle}`)
}

type Target = { agentId: string; providerId: string; properties: JsonObject }
type Way = { portability: Portability; written: readonly string[] }

async function findTarget(c: Command, platform: Platform, start: Start, source: Service, way: Way): Promise<Target> {
  if (start.agentId === undefined) return chooseTarget(c, platform, start, source, way)
  if (start.agentId === source.agentId) throw invalidInput(`service ${source.id} is at agent ${source.agentId} already`)
  const agent = await findAgent(c.tx, start.agentId)
  if (!agent) throw notFound('agent', start.agentId)
  const formats = await importFormatsOf(c, start.agentId, source.serviceTypeId)
  if (commonFormats(way.written, way.portability, formats).length === 0)
    throw invalidInput(`agent ${agent.name} imports none of ${way.written.join(', ')}`)
  return tryTarget(c, platform, start, source, agent)
}

async function importFormatsOf(c: Command, agentId: string, serviceTypeId: string) {
  const [offering] = await offeringProfiles(c.tx, [{ agentId, serviceTypeId }], c.now)
  return offering?.profile.portability?.importFormats
}

/** The best that takes the order; what is wrong with the others is told when none does. */
async function chooseTarget(c: Command, platform: Platform, start: Start, source: Service, way: Way): Promise<Target> {
  const { consumerId, groupId, serviceTypeId } = source
  const placement = await servicePlacement(c.tx, source.id)
  const decided = await decideWhere(
    c.tx,
    {
      consumerId,
      groupId,
      serviceTypeId,
      insteadOf: source,
      requirements: placement?.requirements,
      customerKey: placement?.customerKey,
      at: c.now,
    },
    null,
  )
  const profiles = new Map(
    decided.inputs.candidates.map(({ id, profile }) => [id, profile.portability?.importFormats] as const),
  )
  const known = new Map(decided.inputs.candidates.map((candidate) => [candidate.id, candidate]))
  const places = []
  for (const considered of candidatesOf(decided)) {
    const { agentId: id, qualifies } = considered
    const candidate = known.get(id)
    const agent = await findAgent(c.tx, id)
    if (!candidate || !agent || (start.agentIds && !start.agentIds.includes(id))) continue
    const name = `${candidate.agentName} of ${candidate.providerName}`
    const place = { agentId: id, providerId: candidate.providerId, name, connected: agent.connected, qualifies }
    places.push({ ...place, verdict: verdictOf(considered), importFormats: profiles.get(id) })
  }
  const { eligible, rejected } = eligiblePlaces(places, source, way.written, way.portability)
  for (const { agentId, providerId, name } of eligible)
    try {
      return await tryTarget(c, platform, start, source, { id: agentId, providerId, name })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      rejected.push(`${name}: ${error.message}`)
    }
  throw invalidInput(
    `no agent of another provider can take service ${source.name}${rejected.length > 0 ? `: ${rejected.join('; ')}` : ': nobody else offers its type'}`,
  )
}

/** Orders on trial, and takes it back: whatever would refuse the order later refuses it now. */
async function tryTarget(
  c: Command,
  { config }: Platform,
  { properties: overrides = {} }: Start,
  source: Service,
  agent: { id: string; providerId: string; name: string },
): Promise<Target> {
  const { propertySchema } = await serviceTypeOf(c.tx, source)
  const options = await readOptions(c.tx, optionTypesOf(propertySchema), source.providerId, agent.providerId)
  const properties = targetProperties(propertySchema, source.properties ?? {}, overrides, options)
  const trial: Command = { ...c, announce: () => {} }
  await sql`SAVEPOINT trial`.execute(c.tx)
  try {
    await orderLike(trial, source, agent.id, properties, config.vaultKey)
  } finally {
    await sql`ROLLBACK TO SAVEPOINT trial`.execute(c.tx)
  }
  return { agentId: agent.id, providerId: agent.providerId, properties }
}

function newMigration(
  c: Command,
  { kind, evacuationId = null }: { kind: Start['kind']; evacuationId?: string | null },
  source: Service,
  {
    from,
    settings,
    copy,
    agentId,
    providerId,
  }: Target & { from: 'live' | 'vault'; copy: Moved | null } & Pick<Migration, 'settings'>,
): Migration {
  return {
    id: randomUUID(),
    kind,
    evacuationId,
    serviceId: source.id,
    targetServiceId: null,
    consumerId: source.consumerId,
    serviceTypeId: source.serviceTypeId,
    sourceAgentId: source.agentId,
    targetAgentId: agentId,
    sourceProviderId: source.providerId,
    targetProviderId: providerId,
    settings,
    from,
    state: 'queued',
    paused: false,
    primary: 'source',
    steps: [{ step: 'queued', status: 'waiting', since: c.now.toISOString() }],
    jobId: null,
    targetReady: false,
    quiesce: 'no',
    quiescedAt: null,
    exported: from === 'vault' ? copy : null,
    imported: null,
    verification: 'pending',
    fence: 'none',
    fenceJobId: null,
    fenceTriedAt: null,
    cutOverAt: null,
    retainUntil: null,
    unwinding: null,
    failure: null,
    unwindFailure: null,
    evidenceIds: [],
    artifactIds: [],
    createdAt: c.now,
    updatedAt: c.now,
    endedAt: null,
  }
}
