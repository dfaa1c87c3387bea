/**
 * Carries out what `advance.ts` and `steering.ts` decide: the new state, and what follows from it, in one transaction. Whoever
 * moves a migration holds its row, then the rows of its services; a driver that dies leaves either all of a move or nothing.
 */
import { randomUUID } from 'node:crypto'
import type { MigrationAction } from '@fulcrum/contract'
import { mayStart } from '@fulcrum/schema'
import { sql } from 'kysely'
import { grantArtifact, revokeArtifactGrants } from '../artifacts/index.ts'
import { appendEvent } from '../events/index.ts'
import { failJob } from '../jobs/index.ts'
import { servicePlacement } from '../placement/index.ts'
import type { Owners } from '../platform/access.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import {
  activeJobId,
  CREATE,
  getService,
  jobParams,
  lockService,
  orderService,
  queueJob,
  type Service,
  serviceLinks,
  serviceTypeOf,
} from '../services/index.ts'
import { movePolicies } from '../sovereignty-policies/index.ts'
import { advance, failed } from './advance.ts'
import { actionOf, type KnownFacts, readFacts } from './facts-store.ts'
import { insertMeasurement } from './measurement-store.ts'
import type { Migration } from './migration.ts'
import { lockMigration, saveMigration, tryLockMigration } from './migration-store.ts'
import { begun, type Effect, type EventName, type Move } from './moving.ts'
import { steer } from './steering.ts'
import { handOver, letGo } from './succession-store.ts'
import { testify } from './testimony.ts'

/** The signal that a migration moved or was asked for something. */
export const MIGRATIONS_SIGNAL = 'migrations'

/** Before everything else that its agent has to do in this group. */
const FENCE_PRIORITY = 1_000

/** Own exports are of no use any more after the end; somebody may still want to look. */
const DRILL_KEEPS_MS = 3_600_000
const MIGRATION_KEEPS_MS = 7 * 24 * 3_600_000

/**
 * Moves one migration by one step, if it can be moved now.
 *
 * @returns false when it waits, has ended, or somebody else is moving it
 */
export async function advanceMigration(platform: Platform, id: string): Promise<boolean> {
  return runCommand(platform, SYSTEM, async (c) => {
    const migration = await tryLockMigration(c.tx, id)
    if (!migration || migration.endedAt) return false
    // most looks find nothing: they lock no service
    if (advance(migration, await readFacts(c.tx, migration, c.now)) === null) return false
    const facts = await lockedFacts(c, migration)
    const move = advance(migration, facts)
    if (!move) return false
    await carryOut(c, platform, migration, move, facts)
    return true
  })
}

/** @throws Refusal `conflict` when it cannot be asked for now; `not-found` */
export async function steerMigration(
  c: Command,
  platform: Platform,
  asked: { id: string; kind: Migration['kind']; action: MigrationAction; acceptWriteLoss?: boolean },
  authorize: (owners: Owners) => void,
): Promise<Migration> {
  const migration = await lockMigration(c.tx, asked.id, asked.kind)
  authorize(ownersOf(migration))
  const facts = await lockedFacts(c, migration)
  return carryOut(c, platform, migration, steer(migration, asked.action, facts, asked.acceptWriteLoss), facts)
}

export function ownersOf(migration: Migration): Owners {
  return {
    consumerId: migration.consumerId,
    providerId: migration.sourceProviderId,
    participantId: migration.targetProviderId,
  }
}

async function lockedFacts(c: Command, migration: Migration): Promise<KnownFacts> {
  const ids = [migration.serviceId, migration.targetServiceId].filter((id) => id !== null)
  // everybody who locks both does it in this order
  for (const id of ids.toSorted()) await lockService(c.tx, id)
  return readFacts(c.tx, migration, c.now)
}

/** Writes the move with all its effects. @returns the migration afterwards */
export async function carryOut(
  c: Command,
  platform: Platform,
  before: Migration,
  move: Move,
  facts: KnownFacts,
): Promise<Migration> {
  let after = move.next
  for (const effect of move.effects) {
    if (effect.kind !== 'order-target') {
      after = await apply(c, before, after, effect, facts)
      continue
    }
    const ordered = await orderTarget(c, platform, after, facts)
    if (ordered instanceof Refusal) return carryOut(c, platform, before, failed(after, facts, ordered.message), facts)
    after = ordered
  }
  if (before.primary !== after.primary && after.targetServiceId !== null) {
    const [from, to] =
      after.primary === 'target' ? [after.serviceId, after.targetServiceId] : [after.targetServiceId, after.serviceId]
    await handOver(c.tx, from, to, c.now)
    await movePolicies(c, from, to)
    await tellOfReplacement(c, from, to)
  }
  if (after.endedAt) await clearUp(c, after)
  await saveMigration(c.tx, after)
  c.announce(MIGRATIONS_SIGNAL)
  return after
}

async function apply(
  c: Command,
  before: Migration,
  after: Migration,
  effect: Exclude<Effect, { kind: 'order-target' }>,
  facts: KnownFacts,
): Promise<Migration> {
  switch (effect.kind) {
    case 'queue':
      return begun(after, await queueDeed(c, after, effect, facts), c.now)
    case 'withdraw':
      await failJob(c, effect.jobId, effect.reason, () => {})
      return after
    case 'fence':
      return fence(c, after, facts)
    case 'measure': {
      const { direction } = effect
      const at =
        direction === 'export'
          ? { agentId: after.sourceAgentId, providerId: after.sourceProviderId }
          : { agentId: after.targetAgentId, providerId: after.targetProviderId }
      await insertMeasurement(c.tx, { ...at, serviceTypeId: after.serviceTypeId }, after.id, effect, c.now)
      return after
    }
    case 'revoke':
      await revokeArtifactGrants(c, effect.artifactId, after.targetAgentId)
      return after
    case 'testify':
      return { ...after, evidenceIds: await testify(c, after) }
    case 'tell':
      await tell(c, before, after, effect)
      return after
  }
}

/** Orders the target, or has it created again. What the order has written goes when it is refused. */
async function orderTarget(
  c: Command,
  { config }: Platform,
  migration: Migration,
  facts: KnownFacts,
): Promise<Migration | Refusal> {
  const { targetServiceId, settings } = migration
  if (targetServiceId !== null && facts.target && !facts.target.terminal) {
    const target = await lockService(c.tx, targetServiceId)
    return begun(migration, await queueJob(c, target, CREATE, jobParams(target, CREATE)), c.now)
  }
  const source = await getService(c.tx, migration.serviceId)
  await sql`SAVEPOINT ordering`.execute(c.tx)
  try {
    const target = await orderLike(c, source, migration.targetAgentId, settings.targetProperties, config.vaultKey)
    await sql`RELEASE SAVEPOINT ordering`.execute(c.tx)
    const jobId = await activeJobId(c.tx, target.id)
    return begun({ ...migration, targetServiceId: target.id, targetReady: false }, jobId ?? '', c.now)
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error
    await sql`ROLLBACK TO SAVEPOINT ordering`.execute(c.tx)
    return error
  }
}

/** An order at another agent under the terms of the source: the same group, name, policies, requirements and key. */
export async function orderLike(
  c: Command,
  source: Service,
  agentId: string,
  properties: Migration['settings']['targetProperties'],
  vaultKey: Buffer | null,
): Promise<Service> {
  const placement = await servicePlacement(c.tx, source.id)
  const { service } = await orderService(
    c,
    {
      groupId: source.groupId,
      serviceTypeId: source.serviceTypeId,
      name: source.name,
      agentId,
      properties,
      ...(placement?.requirements && { requirements: placement.requirements }),
      ...(placement?.customerKey && { customerKey: placement.customerKey }),
    },
    { authorize: () => {}, actor: 'user', vaultKey, insteadOf: source },
  )
  return service
}

async function queueDeed(
  c: Command,
  migration: Migration,
  { at, deed }: Extract<Effect, { kind: 'queue' }>,
  { portability }: KnownFacts,
): Promise<string> {
  const serviceId = at === 'source' ? migration.serviceId : migration.targetServiceId
  const action = actionOf(deed, portability)
  if (serviceId === null || action === null) throw new Error(`${deed} of migration ${migration.id} cannot be queued`)
  const service = await lockService(c.tx, serviceId)
  if (deed === 'export') {
    const params = { portability: { artifactId: randomUUID(), kind: migration.kind } }
    return queueJob(c, service, action, params)
  }
  if (deed !== 'import') return queueJob(c, service, action, null)
  const { exported } = migration
  if (!exported) throw new Error(`migration ${migration.id} has nothing to import`)
  await grantArtifact(c, exported.artifactId, migration.targetAgentId)
  const { artifactId, sha256, format, content } = exported
  return queueJob(c, service, action, { portability: { artifactId, sha256, format, ...(content && { content }) } })
}

/** The source's next job is the one that stops it; what was under way there counts no more. */
async function fence(c: Command, migration: Migration, { portability }: KnownFacts): Promise<Migration> {
  const action = actionOf('quiesce', portability)
  const active = await activeJobId(c.tx, migration.serviceId)
  if (active !== null) await failJob(c, active, `the service moved away by migration ${migration.id}`, () => {})
  const source = await lockService(c.tx, migration.serviceId)
  const { lifecycleSchema } = await serviceTypeOf(c.tx, source)
  const fenceTriedAt = c.now.toISOString()
  if (action === null || !mayStart(lifecycleSchema, source.status, action).ok)
    return { ...migration, fence: source.terminal ? 'done' : 'impossible', fenceTriedAt }
  const fenceJobId = await queueJob(c, source, action, null, FENCE_PRIORITY)
  return { ...migration, fence: 'pending', fenceJobId, fenceTriedAt }
}

async function clearUp(c: Command, migration: Migration): Promise<void> {
  const { exported, artifactIds, kind, targetAgentId } = migration
  if (exported) await revokeArtifactGrants(c, exported.artifactId, targetAgentId)
  const keepsMs = kind === 'drill' ? DRILL_KEEPS_MS : MIGRATION_KEEPS_MS
  await letGo(c.tx, artifactIds, new Date(c.now.getTime() + keepsMs))
}

/** Both providers are told: an event names one. */
async function tell(
  c: Command,
  before: Migration,
  after: Migration,
  { type, about = {} }: { type: EventName; about?: Readonly<Record<string, string>> },
): Promise<void> {
  const properties = { serviceId: after.serviceId, state: after.state, before: before.state, ...about }
  const event = { type: `${after.kind}.${type}` as const, entityId: after.id, properties }
  await appendEvent(c, { ...event, consumerId: after.consumerId, providerId: after.sourceProviderId })
  if (after.targetProviderId !== after.sourceProviderId && type !== 'advanced')
    await appendEvent(c, { ...event, providerId: after.targetProviderId })
}

async function tellOfReplacement(c: Command, fromId: string, toId: string): Promise<void> {
  for (const service of [await getService(c.tx, fromId), await getService(c.tx, toId)])
    await appendEvent(c, {
      type: 'service.replaced',
      ...serviceLinks(service),
      properties: { replaces: fromId, replacedBy: toId },
    })
}
