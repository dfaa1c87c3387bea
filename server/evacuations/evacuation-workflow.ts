/** Plans evacuations, begins them, drives them on, and lets people steer them. */
import { randomUUID } from 'node:crypto'
import type { EvacuationPlan, EvacuationRequest, EvacuationScenario, PlannedScenario } from '@fulcrum/contract'
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import {
  allowedActions,
  findAgent,
  findGroup,
  findParticipant,
  MIGRATIONS_SIGNAL,
  type Migration,
  type Start,
  startMigration,
  steerMigration,
} from '../migrations/index.ts'
import type { Owners } from '../platform/access.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import { conflict, invalidInput, notFound, Refusal } from '../platform/errors.ts'
import { timestamp } from '../platform/wire.ts'
import { getService } from '../services/index.ts'
import { type Evacuation, endOf, type Item, stateOf, toBegin } from './evacuation.ts'
import {
  insertEvacuation,
  itemsOf,
  lockEvacuation,
  saveEvacuation,
  saveItem,
  tryLockEvacuation,
} from './evacuation-store.ts'
import { EXPORTS_AT_ONCE, planOf } from './plan.ts'
import { readWorld, selectServices } from './plan-store.ts'

const GRACE_HOURS = 24
/** More at once would be no plan that a person can follow. */
const MOST = 5_000

/**
 * Who asks. `consumerId`: only its own services are looked at; null for an administrator.
 */
export type Asker = { consumerId: string | null; authorize: (owners: Owners) => void }

/** @throws Refusal `not-found`, `forbidden` or `invalid` about what is asked for */
export async function planFor(db: Db, request: EvacuationRequest, asker: Asker, now: Date): Promise<EvacuationPlan> {
  await checkRequest(db, request, asker)
  const services = await selectServices(db, {
    serviceIds: request.serviceIds?.length ? request.serviceIds : null,
    groupId: request.groupId ?? null,
    providerId: request.providerId ?? null,
    consumerId: asker.consumerId ?? request.consumerId ?? null,
  })
  if (services.length > MOST)
    throw invalidInput(`at most ${MOST} services can be planned at once, not ${services.length}`)
  const scenario = scenarioOf(request, [...new Set(services.map(({ providerId }) => providerId))], now)
  return planOf(request, scenario, await readWorld(db, services, now))
}

/** Every id is one that there is, and that the caller may ask about. */
async function checkRequest(db: Db, request: EvacuationRequest, { consumerId, authorize }: Asker): Promise<void> {
  const { serviceIds, groupId, providerId, scenario, targetAgentIds = [] } = request
  if (!serviceIds?.length && groupId === undefined && providerId === undefined && scenario === undefined)
    throw invalidInput('say what leaves: serviceIds, groupId, providerId or scenario')
  for (const id of serviceIds ?? []) authorize(await getService(db, id))
  if (groupId !== undefined) {
    const group = await findGroup(db, groupId)
    if (!group) throw notFound('service group', groupId)
    authorize(group)
  }
  if (request.consumerId !== undefined) {
    if (!(await findParticipant(db, request.consumerId))) throw notFound('participant', request.consumerId)
    if (consumerId !== null) authorize({ consumerId: request.consumerId })
  }
  for (const id of [...(providerId === undefined ? [] : [providerId]), ...(scenario?.providerIds ?? [])])
    if (!(await findParticipant(db, id))) throw notFound('participant', id)
  for (const id of targetAgentIds) if (!(await findAgent(db, id))) throw notFound('agent', id)
  checkScenario(scenario)
}

function checkScenario(scenario: EvacuationScenario | undefined): void {
  if (!scenario) return
  const { type, jurisdictions = [], providerIds = [] } = scenario
  if (type === 'provider-cut-off' && providerIds.length === 0)
    throw invalidInput('a scenario of type provider-cut-off names providerIds')
  if (type !== 'provider-cut-off' && jurisdictions.length === 0)
    throw invalidInput(`a scenario of type ${type} names jurisdictions`)
}

function scenarioOf({ scenario, providerId }: EvacuationRequest, found: string[], now: Date): PlannedScenario {
  const { type = 'provider-cut-off', jurisdictions = [], providerIds, at, graceHours = GRACE_HOURS } = scenario ?? {}
  const implied = providerId === undefined ? found : [providerId]
  return {
    type,
    jurisdictions: [...jurisdictions],
    providerIds: providerIds ?? (type === 'provider-cut-off' ? implied : []),
    at: at === undefined ? timestamp(now) : timestamp(new Date(at)),
    graceHours,
  }
}

/** Writes the plan down as one that runs; the driver begins with it. */
export async function startEvacuation(c: Command, request: EvacuationRequest, asker: Asker): Promise<Evacuation> {
  const plan = await planFor(c.tx, request, asker, c.now)
  if (plan.items.length === 0) throw invalidInput('nothing leaves: the scenario hits none of the services')
  const evacuation: Evacuation = {
    id: randomUUID(),
    consumerId: asker.consumerId ?? request.consumerId ?? null,
    state: 'running',
    paused: false,
    request,
    scenario: plan.scenario,
    assumptions: plan.assumptions,
    exportsAtOnce: request.exportsAtOnce ?? EXPORTS_AT_ONCE,
    deadlineAt: new Date(plan.deadlineAt),
    createdAt: c.now,
    updatedAt: c.now,
    endedAt: null,
  }
  const items = plan.items.map((item): Item => {
    const state = item.feasible ? 'waiting' : 'infeasible'
    const failure = item.feasible ? null : `${item.reason}: ${item.detail}`
    return {
      position: item.position,
      serviceId: item.serviceId,
      plan: item,
      state,
      migration: null,
      failure,
      startedAt: null,
    }
  })
  await insertEvacuation(c.tx, evacuation, items)
  await tell(c, evacuation, 'created', { services: items.length, feasible: plan.totals.feasible })
  c.announce(MIGRATIONS_SIGNAL)
  return evacuation
}

/**
 * Begins what may begin now, and ends what has come to its end; each in a transaction of its own.
 *
 * @returns how many steps were taken
 */
export async function advanceEvacuation(platform: Platform, id: string, signal: AbortSignal): Promise<number> {
  for (let steps = 0; ; steps++) {
    if (signal.aborted) return steps
    const moved = await runCommand(platform, SYSTEM, async (c) => {
      const evacuation = await tryLockEvacuation(c.tx, id)
      if (!evacuation || evacuation.endedAt) return false
      const items = (await itemsOf(c.tx, [id])).get(id) ?? []
      if (evacuation.state === 'cancelling' && (await cancelSome(c, platform, evacuation, items))) return true
      const [next] = toBegin(evacuation, items)
      if (next) {
        await begin(c, platform, evacuation, next)
        return true
      }
      return end(c, evacuation, items)
    })
    if (!moved) return steps
  }
}

async function begin(c: Command, platform: Platform, evacuation: Evacuation, item: Item): Promise<void> {
  const { request, deadlineAt, id } = evacuation
  const { plan } = item
  const start: Start = {
    kind: 'migration',
    serviceId: item.serviceId,
    agentId: plan.targetAgentId,
    from: plan.from ?? 'auto',
    precopy: request.precopy ?? false,
    vaultFallback: request.vaultFallback ?? true,
    deadlineAt: deadlineAt.toISOString(),
    evacuationId: id,
    ...(request.cutOver && { cutOver: request.cutOver }),
    ...(request.acceptWriteLoss !== undefined && { acceptWriteLoss: request.acceptWriteLoss }),
    ...(request.retrievalDays !== undefined && { retrievalDays: request.retrievalDays }),
    ...(request.retrievalHours !== undefined && { retrievalHours: request.retrievalHours }),
  }
  const { agentId: _, ...elsewhere } = start
  // the plan first; when the world has changed since, another target, then the copy
  const ways: Start[] = [
    start,
    { ...elsewhere, ...(request.targetAgentIds && { agentIds: request.targetAgentIds }) },
    ...((request.vaultFallback ?? true) && plan.from === 'live' ? [{ ...start, from: 'vault' as const }] : []),
  ]
  const reasons: string[] = []
  for (const way of ways) {
    const started = await attempt(c, platform, way)
    if (!(started instanceof Refusal)) {
      await saveItem(c.tx, id, item.position, { state: 'moving', migration_id: started.id, started_at: c.now })
      return
    }
    if (!reasons.includes(started.message)) reasons.push(started.message)
  }
  await saveItem(c.tx, id, item.position, { state: 'failed', failure: reasons.join('; '), started_at: c.now })
}

/** What a refused beginning has written goes. */
async function attempt(c: Command, platform: Platform, start: Start): Promise<Migration | Refusal> {
  await sql`SAVEPOINT beginning`.execute(c.tx)
  try {
    const started = await startMigration(c, platform, start, () => {})
    await sql`RELEASE SAVEPOINT beginning`.execute(c.tx)
    return started
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error
    await sql`ROLLBACK TO SAVEPOINT beginning`.execute(c.tx)
    return error
  }
}

async function end(c: Command, evacuation: Evacuation, items: readonly Item[]): Promise<false> {
  const state = endOf(evacuation, items)
  if (state === null) return false
  const ended: Evacuation = { ...evacuation, state, updatedAt: c.now, endedAt: c.now }
  await saveEvacuation(c.tx, ended)
  await tell(c, ended, 'ended', { state, moved: items.filter((item) => stateOf(item) === 'moved').length })
  return false
}

/** What waits never begins; what moves goes back. @returns whether there was something to cancel */
async function cancelSome(
  c: Command,
  platform: Platform,
  { id }: Evacuation,
  items: readonly Item[],
): Promise<boolean> {
  let some = false
  for (const item of items) {
    if (stateOf(item) === 'waiting') {
      await saveItem(c.tx, id, item.position, { state: 'cancelled' })
      some = true
    }
    const { migration } = item
    if (!migration || migration.primary === 'target' || !allowedActions(migration).includes('cancel')) continue
    await steerMigration(c, platform, { id: migration.id, kind: 'migration', action: 'cancel' }, () => {})
    some = true
  }
  return some
}

export type Steering = 'pause' | 'resume' | 'cancel'

/** @throws Refusal `not-found`; `conflict` when it has ended, or is what is asked for already */
export async function steerEvacuation(
  c: Command,
  platform: Platform,
  id: string,
  action: Steering,
  authorize: (owners: Owners) => void,
): Promise<Evacuation> {
  const evacuation = await lockEvacuation(c.tx, id)
  authorize({ consumerId: evacuation.consumerId })
  const { state, paused, endedAt } = evacuation
  if (endedAt) throw conflict(`evacuation ${id} has ended: it is ${state}`)
  if (state === 'cancelling') throw conflict(`evacuation ${id} is being cancelled`)
  if (action !== 'cancel' && paused === (action === 'pause'))
    throw conflict(`evacuation ${id} is ${paused ? 'paused' : 'not paused'}`)
  const after: Evacuation = {
    ...evacuation,
    ...(action === 'cancel' ? { state: 'cancelling' as const, paused: false } : { paused: action === 'pause' }),
    updatedAt: c.now,
  }
  await saveEvacuation(c.tx, after)
  if (action !== 'cancel')
    for (const { migration } of (await itemsOf(c.tx, [id])).get(id) ?? []) {
      // what has moved only waits for the end of its source
      if (!migration || migration.primary === 'target' || !allowedActions(migration).includes(action)) continue
      await steerMigration(c, platform, { id: migration.id, kind: 'migration', action }, () => {})
    }
  const done = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const
  await tell(c, after, done[action], {})
  c.announce(MIGRATIONS_SIGNAL)
  return after
}

async function tell(
  c: Command,
  { id, consumerId }: Evacuation,
  verb: 'created' | 'paused' | 'resumed' | 'cancelled' | 'ended',
  properties: { [key: string]: string | number },
): Promise<void> {
  await appendEvent(c, { type: `evacuation.${verb}`, entityId: id, consumerId, properties })
}
