/** How well a fact is proved at a moment: the best of the evidence whose paths cover it. */
import { ASSURANCES, type Assurance, type Evidence, type Profile } from './profile.ts'
import { daysBetween } from './time.ts'

/** After so many days without a new check, evidence is stale; a framework's catalogue may say otherwise. */
export const RECHECK_DAYS = 30

export type Finding = 'valid' | 'expired' | 'not-yet-valid' | 'revoked' | 'failed' | 'stale' | 'unverified'

export function atLeast(level: Assurance, wanted: Assurance): boolean {
  return ASSURANCES.indexOf(level) >= ASSURANCES.indexOf(wanted)
}

/** What one piece of evidence is worth at a moment, and why not more. */
export function weigh(
  evidence: Evidence,
  at: string,
  recheckDays = RECHECK_DAYS,
): { level: Assurance; finding: Finding } {
  const { status, level, checkedAt } = evidence.verification
  if (status === 'failed' || status === 'revoked') return { level: 'none', finding: status }
  if (status === 'expired' || (evidence.validUntil !== undefined && daysBetween(at, evidence.validUntil) < 0))
    return { level: 'none', finding: 'expired' }
  if (evidence.validFrom !== undefined && daysBetween(evidence.validFrom, at) < 0)
    return { level: 'none', finding: 'not-yet-valid' }
  // what is only declared is not worth less for not having been checked again
  const stale = status === 'stale' || (checkedAt !== undefined && daysBetween(checkedAt, at) > recheckDays)
  if (status === 'unverified' || stale)
    return {
      level: atLeast(level, 'self-declared') ? 'self-declared' : 'none',
      finding: status === 'unverified' ? 'unverified' : 'stale',
    }
  return { level, finding: 'valid' }
}

/** Whether a JSON Pointer covers another: it is the same, or stands above it. */
export function covers(prefix: string, path: string): boolean {
  return prefix === '/' || prefix === '' || path === prefix || path.startsWith(`${prefix}/`)
}

export type Proof = {
  level: Assurance
  /** Ids of the valid evidence of that level. */
  evidenceIds: readonly string[]
  /** Evidence that would have been worth more, was it not for this finding. */
  lost: readonly { evidenceId: string; claimed: Assurance; finding: Finding }[]
}

/** How well the facts at a path are proved at a moment. */
export function prove({ evidences = [] }: Profile, path: string, at: string, recheckDays = RECHECK_DAYS): Proof {
  const about = evidences
    .filter(
      ({ assertsPaths, exceptPaths = [] }) =>
        assertsPaths.some((prefix) => covers(prefix, path)) &&
        !exceptPaths.some((except) => covers(except, path) || covers(path, except)),
    )
    .map((evidence) => ({ evidence, ...weigh(evidence, at, recheckDays) }))
  const level = ASSURANCES.findLast((candidate) => about.some((item) => item.level === candidate)) ?? 'none'
  return {
    level,
    evidenceIds:
      level === 'none' ? [] : about.filter((item) => item.level === level).map(({ evidence }) => evidence.id),
    lost: about
      .filter(({ evidence, finding }) => finding !== 'valid' && !atLeast(level, evidence.verification.level))
      .map(({ evidence, finding }) => ({ evidenceId: evidence.id, claimed: evidence.verification.level, finding })),
  }
}
