/**
 * Verifies what is due. Nothing is fetched within a transaction: a credential is taken from the queue, examined, and the result written
 * only when nobody else has taken it meanwhile. Who dies in between loses it to the next one.
 */
import { randomUUID } from 'node:crypto'
import type { TrustSettings } from '@fulcrum/sovereignty/credentials'
import { appendEvent } from '../events/index.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { evidenceStatus, type Finding, issuanceKeys, settle } from './credential.ts'
import {
  type CredentialRow,
  claimDue,
  countCredentials,
  documentsOf,
  insertCredential,
  lockClaimed,
  lockIssuances,
  newestIssuance,
  releaseClaim,
  rememberIssuance,
  rememberRevocation,
  saveFetched,
  saveSettled,
  wasRevoked,
} from './credential-store.ts'
import { type Envelope, EnvelopeError, openEnvelope } from './envelope.ts'
import { evidenceOf } from './evidence.ts'
import { failEvidence, readClaimant, saveEvidence } from './evidence-store.ts'
import { type Examined, examine } from './examination.ts'
import { FetchError, type Fetcher } from './fetcher.ts'
import { CREDENTIAL } from './resolver.ts'

/** So many at once: one whose host is slow does not keep the others waiting. */
const AT_ONCE = 4
/** The longest examination, and how long a credential that was taken is left alone. */
const EXAMINATION_MS = 90_000
const CLAIM_MS = 2 * EXAMINATION_MS
export const MOST_CREDENTIALS = 500

export const NO_ANCHORS = 'no trust anchors are configured, so nothing is verified'

/** @returns how many were verified, have failed, or wait for something that could not be fetched */
export async function verifyDue(
  platform: Platform,
  fetcher: Fetcher,
  signal: AbortSignal,
): Promise<{ verified: number; failed: number; postponed: number }> {
  const done = { verified: 0, failed: 0, postponed: 0 }
  while (!signal.aborted) {
    const now = platform.now()
    const onlyVerified = platform.config.credentials.anchors.length === 0
    const claim = { now, until: new Date(now.getTime() + CLAIM_MS), limit: AT_ONCE, onlyVerified }
    const due = await claimDue(platform.db, claim)
    const results = await Promise.all(due.map((row) => verifyOne(platform, fetcher, row, signal)))
    for (const result of results) if (result !== null) done[result]++
    if (due.length < AT_ONCE) break
  }
  return done
}

type Result = 'verified' | 'failed' | 'postponed'

async function verifyOne(
  platform: Platform,
  fetcher: Fetcher,
  claimed: CredentialRow,
  stopping: AbortSignal,
): Promise<Result | null> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(EXAMINATION_MS)])
  try {
    const { row, examined } = await lookAt(platform, fetcher, claimed, signal)
    if (row === null) return null
    // what was broken off by our own end says nothing
    if (stopping.aborted) {
      await releaseClaim(platform.db, claimed)
      return null
    }
    return await runCommand(platform, SYSTEM, (c) => conclude(c, platform, row, examined))
  } catch (error) {
    platform.log.error({ err: error, credential: claimed.id }, 'a credential cannot be examined')
    const detail = 'it cannot be examined: an internal error'
    const finding: Finding = { valid: false, reason: 'FORMAT', detail, checks: [], passing: true }
    return await runCommand(platform, SYSTEM, (c) =>
      conclude(c, platform, claimed, { finding, verified: null, revoked: false }),
    )
  }
}

/** `row` is null when it is gone. */
async function lookAt(
  platform: Platform,
  fetcher: Fetcher,
  claimed: CredentialRow,
  signal: AbortSignal,
): Promise<{ row: CredentialRow | null; examined: Examined }> {
  const { config, db } = platform
  if (config.credentials.anchors.length === 0) return { row: claimed, examined: failing('CHAIN', NO_ANCHORS, false) }
  let row = claimed
  if (row.jwt === null) {
    const fetched = await fetchCredential(platform, fetcher, row, signal)
    if (fetched !== null && 'finding' in fetched) return { row, examined: fetched }
    if (fetched === null) return { row: null, examined: failing('FETCH', '', false) }
    row = fetched
  }
  const now = platform.now()
  const trust: TrustSettings = {
    at: now.toISOString(),
    anchors: config.credentials.anchors,
    clearingHouses: config.credentials.issuers,
  }
  const { participant_id: participantId, by_admin: byAdmin } = row
  const examined = await examine(
    { jwt: row.jwt ?? '', document: row.document },
    {
      fetcher,
      trust,
      signal,
      claimant: await readClaimant(db, participantId, byAdmin, now),
      handedIn: (id) => documentsOf(db, participantId, id),
    },
  )
  return { row, examined }
}

function failing(reason: 'FETCH' | 'FORMAT' | 'CHAIN', detail: string, passing: boolean): Examined {
  const checks = [{ code: reason, ok: false, detail }]
  return { finding: { valid: false, reason, detail, checks, passing }, verified: null, revoked: false }
}

/** Fetches what stands behind a URL. Of a presentation the first credential takes the row; the others get rows of their own. */
async function fetchCredential(
  platform: Platform,
  fetcher: Fetcher,
  claimed: CredentialRow,
  signal: AbortSignal,
): Promise<CredentialRow | Examined | null> {
  let envelopes: Envelope[]
  try {
    envelopes = openEnvelope(await fetcher.fetchText(claimed.url ?? '', CREDENTIAL, signal))
  } catch (error) {
    if (error instanceof FetchError) return failing('FETCH', error.message, error.passing)
    if (error instanceof EnvelopeError) return failing('FORMAT', error.message, false)
    throw error
  }
  const [first, ...others] = envelopes
  if (!first) return failing('FORMAT', 'there is no credential', false)
  return runCommand(platform, SYSTEM, async (c) => {
    const row = await lockClaimed(c.tx, claimed)
    if (row === null) return null
    if (!(await saveFetched(c, row, first))) return failing('FETCH', 'it is there already for the same', false)
    const presentationId = others.length > 0 ? randomUUID() : null
    if (presentationId !== null)
      await c.tx.updateTable('credentials').set({ presentation_id: presentationId }).where('id', '=', row.id).execute()
    await insertOthers(c, { ...row, presentation_id: presentationId }, others)
    return lockClaimed(c.tx, claimed)
  })
}

/** Credentials that came along with one; those that are there already are passed over. */
export async function insertOthers(
  c: Command,
  row: Pick<CredentialRow, 'participant_id' | 'agent_id' | 'service_type_id' | 'by_admin' | 'url' | 'presentation_id'>,
  envelopes: readonly Envelope[],
): Promise<void> {
  if ((await countCredentials(c.tx, row.participant_id)) + envelopes.length > MOST_CREDENTIALS) return
  const { participant_id, agent_id, service_type_id, by_admin, url, presentation_id } = row
  for (const envelope of envelopes) {
    const id = randomUUID()
    const subject = { participant_id, agent_id, service_type_id }
    if (!(await insertCredential(c, { id, ...subject, by_admin, url, presentation_id, envelope }))) continue
    await appendEvent(c, { type: 'credential.created', entityId: id, ...linksOf(row) })
  }
}

/** Writes what was found, with the evidence and the events that follow from it. */
async function conclude(
  c: Command,
  platform: Platform,
  claimed: CredentialRow,
  examined: Examined,
): Promise<Result | null> {
  // of two issuances that are examined at once, the second to come here sees the first; before any row is locked
  if (examined.verified) await lockIssuances(c.tx)
  const row = await lockClaimed(c.tx, claimed)
  if (row === null) return null
  const { recheckIntervalMs, issuers } = platform.config.credentials
  if (examined.revoked && row.document_sha256 !== null) await rememberRevocation(c, row.document_sha256)
  const { verified } = examined
  const keys = verified && issuanceKeys({ ...verified.credential, subjectId: row.subject_id, label: verified.label })
  const finding =
    verified && keys ? await finallyChecked(c, row, examined.finding, verified.binding, keys) : examined.finding
  const settled = settle(
    { state: row.state, attempts: row.attempts, createdAt: row.created_at, verifiedAt: row.verified_at },
    finding,
    {
      now: c.now,
      recheckMs: recheckIntervalMs,
      validFrom: row.valid_from?.getTime() ?? null,
      validUntil: row.valid_until?.getTime() ?? null,
    },
  )
  const ofChecks = { ...row, checks: finding.checks }
  await saveSettled(c, row, claimed.next_check_at, { ...settled, checks: finding.checks, issuanceKeys: keys })
  if (!settled.conclusive) return 'postponed'
  if (finding.valid && verified && keys) {
    await saveEvidence(c, ofChecks, evidenceOf(verified, issuers))
    if (row.valid_from) await rememberIssuance(c, keys, row.valid_from)
  } else if (!finding.valid) {
    const ended = row.valid_until !== null && row.valid_until <= c.now
    await failEvidence(c, ofChecks, evidenceStatus(finding.reason, ended))
  }
  if (settled.state !== row.state || settled.reason !== row.reason)
    await appendEvent(c, {
      type: settled.state === 'verified' ? 'credential.verified' : 'credential.failed',
      entityId: row.id,
      ...linksOf(row),
      properties: {
        before: row.state,
        ...(settled.reason !== null && { reason: settled.reason }),
        ...(settled.detail !== null && { detail: settled.detail }),
        ...(row.label_level !== null && { labelLevel: row.label_level }),
      },
    })
  return settled.state === 'verified' ? 'verified' : 'failed'
}

/** The checks that come last: what is remembered of it, and whether it speaks of its participant. */
async function finallyChecked(
  { tx }: Command,
  row: CredentialRow,
  found: Finding,
  binding: NonNullable<Examined['verified']>['binding'],
  keys: readonly string[],
): Promise<Finding> {
  const checks = [...found.checks]
  const fail = (reason: 'REVOKED_BEFORE' | 'SUPERSEDED' | 'SUBJECT', detail: string, passing = false): Finding => ({
    valid: false,
    reason,
    detail,
    passing,
    checks: [...checks, { code: reason, ok: false, detail }],
  })
  if (row.document_sha256 !== null && (await wasRevoked(tx, row.document_sha256)))
    return fail('REVOKED_BEFORE', 'it was found revoked before, and stays it')
  checks.push({ code: 'REVOKED_BEFORE', ok: true })
  const newest = await newestIssuance(tx, keys)
  if (newest !== null && (row.valid_from === null || row.valid_from < newest))
    return fail('SUPERSEDED', `a later issuance of ${newest.toISOString()} is known`)
  checks.push({ code: 'SUPERSEDED', ok: true })
  if (!binding.ok) return fail('SUBJECT', binding.detail, binding.passing)
  checks.push({ code: 'SUBJECT', ok: true, detail: binding.detail })
  return { valid: true, checks }
}

export function linksOf({ participant_id, agent_id }: Pick<CredentialRow, 'participant_id' | 'agent_id'>) {
  return { providerId: participant_id, ...(agent_id !== null && { agentId: agent_id }) }
}
