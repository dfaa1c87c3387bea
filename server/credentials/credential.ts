/**
 * The states of a credential, and when it is looked at again.
 *
 *     pending ──► verified ◄──► failed      verified and failed ones are looked at again; see `settle`
 *        └─────────────────────────┘
 */
import type { Check } from '@fulcrum/sovereignty/credentials'
import type { CredentialCheck } from '../platform/sovereignty-tables.ts'

/** `FETCH`: where it was to be fetched from it is not. The last three come after all checks of the credential itself. */
export type Reason = Check | 'FETCH' | 'REVOKED_BEFORE' | 'SUPERSEDED' | 'SUBJECT'

export type State = 'pending' | 'verified' | 'failed'

/** What an examination has found. `passing`: what could not be fetched may be there later. */
export type Finding =
  | { valid: true; checks: CredentialCheck[] }
  | { valid: false; reason: Reason; detail: string; checks: CredentialCheck[]; passing: boolean }

export type Progress = { state: State; attempts: number; createdAt: Date; verifiedAt: Date | null }

export type Settled = {
  state: State
  reason: Reason | null
  detail: string | null
  attempts: number
  /** Null: nothing will change by looking again; somebody may ask for it. */
  nextCheckAt: Date | null
  /** False: what is known stays as it was; nothing could be looked at. */
  conclusive: boolean
}

const MINUTE_MS = 60_000
/** Waits before the next attempt when something could not be fetched; after the last it has failed. About nine hours in all. */
export const RETRY_MS = [1, 5, 30, 120, 360].map((minutes) => minutes * MINUTE_MS)
/** Where something could not be fetched it is tried once per interval for so long, then never again by itself. */
const GIVE_UP_MS = 30 * 24 * 60 * MINUTE_MS

/**
 * The state after an examination. A verified one stays verified while attempts go on, but not for longer: what cannot be checked
 * is not valid.
 *
 * @param validFrom, validUntil  as the credential says, in milliseconds; null when it does not
 */
export function settle(
  before: Progress,
  finding: Finding,
  times: { now: Date; recheckMs: number; validFrom: number | null; validUntil: number | null },
): Settled {
  const now = times.now.getTime()
  const atOrBefore = (ms: number, end: number | null) => new Date(end !== null && end > now ? Math.min(ms, end) : ms)
  if (finding.valid)
    return {
      state: 'verified',
      reason: null,
      detail: null,
      attempts: 0,
      nextCheckAt: atOrBefore(now + times.recheckMs, times.validUntil),
      conclusive: true,
    }
  const { reason, detail, passing } = finding
  const wait = passing && before.state !== 'failed' ? RETRY_MS[before.attempts] : undefined
  if (wait !== undefined)
    return {
      state: before.state,
      reason,
      detail: `attempt ${before.attempts + 1} of ${RETRY_MS.length + 1}: ${detail}`,
      attempts: before.attempts + 1,
      nextCheckAt: atOrBefore(now + wait, times.validUntil),
      conclusive: false,
    }
  const since = (before.verifiedAt ?? before.createdAt).getTime()
  const early = reason === 'VALIDITY' && times.validFrom !== null && times.validFrom > now
  return {
    state: 'failed',
    reason,
    detail,
    attempts: passing ? before.attempts + 1 : 0,
    nextCheckAt: early
      ? new Date(times.validFrom ?? now)
      : passing && now - since < GIVE_UP_MS
        ? new Date(now + times.recheckMs)
        : null,
    conclusive: true,
  }
}

/** What becomes of evidence whose credential has failed. */
export function evidenceStatus(reason: Reason, ended: boolean): 'revoked' | 'expired' | 'failed' {
  if (reason === 'STATUS' || reason === 'REVOKED_BEFORE') return 'revoked'
  return reason === 'VALIDITY' && ended ? 'expired' : 'failed'
}

/**
 * What a credential is an issuance of: one key for each thing that it speaks of. A later issuance with a key in common supersedes it,
 * also when issuers give every issuance an id and a subject of its own, as clearing houses do with labels.
 */
export function issuanceKeys(credential: {
  issuer: string
  type: readonly string[]
  subjectId: string | null
  label: { level: string; credentials: readonly { id: string; type: string }[] } | null
}): string[] {
  const { issuer, type, subjectId, label } = credential
  const kind = [
    ...type.filter((name) => name !== 'VerifiableCredential').toSorted(),
    ...(label ? [label.level] : []),
  ].join('+')
  const offerings = label?.credentials.filter((one) => /ServiceOffering$/.test(one.type)) ?? []
  const about = (offerings.length > 0 ? offerings : (label?.credentials ?? [])).map(({ id }) => id)
  const subjects = new Set([...(subjectId === null ? [] : [subjectId]), ...about])
  return [...subjects].toSorted().map((subject) => `${issuer} ${kind} ${subject}`)
}
