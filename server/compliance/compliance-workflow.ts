/**
 * Keeps the compliance of running services as policies, waivers, profiles and evidence are now. In batches of one transaction each,
 * by one reading of everything that decides; two servers may do it at once: whoever comes second with a finding changes nothing.
 */
import { jsonEqual } from '@fulcrum/schema'
import { appendEvents, type NewEvent } from '../events/index.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { setQuarantine } from '../services/index.ts'
import { assess, type Compliance, differs, isNews, isQuarantined, quarantineMessage } from './compliance.ts'
import {
  forgetChanges,
  forgetEnded,
  nextServices,
  notedChanges,
  type ReviewedService,
  saveFindings,
  takeDueEvacuations,
  timeHasChanged,
  touch,
} from './compliance-store.ts'
import { type Judge, readJudge } from './judge.ts'

/** Services of one transaction. */
const BATCH = 1_000
const EVACUATIONS = 100

/** After so long everything is judged again, because tests and checks get old by themselves. */
const FULL_REVIEW_MS = 3_600_000

/** What came of one service. */
type Finding = { service: ReviewedService; after: Compliance }

/**
 * Judges all services when something has changed, else only those that were never judged.
 *
 * @returns how many were judged, of how many that was news, and how many evacuations have become due
 */
export async function reviewCompliance(
  platform: Platform,
  signal: AbortSignal,
): Promise<{ judged: number; changed: number; evacuations: number }> {
  const { db } = platform
  const at = platform.now()
  // read before what decides is read: a change that comes later is seen the next time
  const changes = await notedChanges(db)
  const all = changes.length > 0 || (await timeHasChanged(db, at, new Date(at.getTime() - FULL_REVIEW_MS)))
  const result = { judged: 0, changed: 0, evacuations: 0 }
  let judge: Judge | null = null
  for (let after: string | null = null; !signal.aborted; ) {
    const services: ReviewedService[] = await nextServices(db, after, BATCH, !all)
    const last = services.at(-1)
    if (!last) break
    judge ??= await readJudge(db, at)
    const findings = services.map((service) => findingOf(service, judge, at))
    result.changed += await runCommand(platform, SYSTEM, (c) => record(c, findings))
    result.judged += services.length
    after = last.id
  }
  if (signal.aborted) return result
  await forgetChanges(db, changes)
  while ((await forgetEnded(db, BATCH)) === BATCH);
  for (let done = EVACUATIONS; done === EVACUATIONS && !signal.aborted; result.evacuations += done)
    done = await runCommand(platform, SYSTEM, announceEvacuations)
  return result
}

function findingOf(service: ReviewedService, judge: Judge | null, at: Date): Finding {
  if (!judge) throw new Error('services are judged before the judge was read')
  const { decision, policies } = judge(service)
  return { service, after: assess(decision, policies, service.before, at) }
}

/** @returns of how many it was news */
async function record(c: Command, findings: readonly Finding[]): Promise<number> {
  const [same, other] = [findings.filter(isSame), findings.filter((finding) => !isSame(finding))]
  // services before what hangs on them, as everywhere
  for (const { service, after } of other) {
    const [was, is] = [service.before !== null && isQuarantined(service.before), isQuarantined(after)]
    if (is || was) await setQuarantine(c, service.id, is ? quarantineMessage(after) : null)
  }
  const written = await saveFindings(c.tx, other, c.now)
  // who came first with the same has written it already
  const looked = [...same, ...other.filter(({ service }) => !written.has(service.id))]
  await touch(
    c.tx,
    looked.map(({ service }) => service.id),
    c.now,
  )
  const news = other.filter(({ service, after }) => written.has(service.id) && isNews(service.before, after))
  await appendEvents(c, news.map(toEvent))
  return news.length
}

function isSame({ service: { before }, after }: Finding): boolean {
  return (
    before !== null &&
    !differs(before, after) &&
    jsonEqual(before.wouldFail, after.wouldFail) &&
    // the database has an order of its own for members
    jsonEqual(before.breaches, after.breaches)
  )
}

function toEvent({ service, after }: Finding): NewEvent {
  return {
    type: 'service.compliance_changed',
    ...links(service),
    properties: {
      before: service.before?.outcome ?? null,
      outcome: after.outcome,
      failed: after.failed,
      action: after.action,
      breaches: after.breaches.map(({ policyId, policyVersion, action, graceDays, failed }) => ({
        policyId,
        policyVersion,
        action,
        graceDays,
        failed,
      })),
    },
  }
}

async function announceEvacuations(c: Command): Promise<number> {
  const due = await takeDueEvacuations(c.tx, c.now, EVACUATIONS)
  await appendEvents(
    c,
    due.map((service): NewEvent => {
      const breaches = service.breaches.filter(({ action }) => action === 'evacuate')
      return {
        type: 'service.evacuation_due',
        ...links(service),
        properties: {
          evacuateAt: service.evacuateAt.toISOString(),
          policyIds: breaches.map(({ policyId }) => policyId),
          failed: breaches.flatMap(({ policyId, failed }) => failed.map((code) => `${policyId}/${code}`)),
        },
      }
    }),
  )
  return due.length
}

function links({
  id,
  providerId,
  consumerId,
  agentId,
}: {
  id: string
  providerId: string
  consumerId: string
  agentId: string
}) {
  return { entityId: id, providerId, consumerId, agentId }
}
