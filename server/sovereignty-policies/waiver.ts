/** A waiver lets one constraint of one policy pass for one provider: with a reason, for a time that ends. */
import type { SovereigntyWaiverCreate } from '@fulcrum/contract'
import { MAX_WAIVER_DAYS } from '@fulcrum/sovereignty'
import { conflict, invalidInput } from '../platform/errors.ts'
import type { PolicyVersion } from './policy.ts'

export type WaiverRecord = {
  id: string
  policyId: string
  constraintId: string
  /** The provider. */
  subjectId: string
  consumerId: string | null
  reason: string
  approvedBy: string
  validFrom: Date
  validUntil: Date
  revokedAt: Date | null
  createdAt: Date
}

const DAY_MS = 86_400_000

/**
 * @param policy  its newest version
 * @param approvedBy  who allows it: the name of the caller's token
 * @throws Refusal `invalid` when a rule is broken
 */
export function newWaiver(
  body: SovereigntyWaiverCreate,
  policy: PolicyVersion,
  { id, approvedBy, now }: { id: string; approvedBy: string; now: Date },
): WaiverRecord {
  const [validFrom, validUntil] = [
    body.validFrom === undefined ? now : new Date(body.validFrom),
    new Date(body.validUntil),
  ]
  if (body.reason.trim() === '' || body.reason.length > 1000)
    throw invalidInput('reason must have 1 to 1000 characters: an exception has to be explained')
  if (validUntil <= validFrom) throw invalidInput('validUntil must be after validFrom')
  if (validUntil <= now) throw invalidInput('validUntil lies in the past')
  if (validUntil.getTime() - validFrom.getTime() > MAX_WAIVER_DAYS * DAY_MS)
    throw invalidInput(`a waiver holds for ${MAX_WAIVER_DAYS} days at most`)
  if (!policy.document.constraints.some((constraint) => constraint.id === body.constraintId))
    throw invalidInput(`version ${policy.version} of the policy has no constraint ${body.constraintId.slice(0, 64)}`)
  return {
    id,
    policyId: policy.id,
    constraintId: body.constraintId,
    subjectId: body.subjectId,
    consumerId: policy.consumerId,
    reason: body.reason,
    approvedBy,
    validFrom,
    validUntil,
    revokedAt: null,
    createdAt: now,
  }
}

/** @throws Refusal `conflict` when it was revoked already */
export function revoke(waiver: WaiverRecord, now: Date): WaiverRecord {
  if (waiver.revokedAt !== null) throw conflict('the waiver was revoked already')
  return { ...waiver, revokedAt: now }
}
