/**
 * A version of a sovereignty profile: draft → published → withdrawn. Only drafts change and can be deleted; what was published
 * stays as it was.
 */
import type { SovereigntyFacts } from '@fulcrum/contract'
import { conflict, invalidInput } from '../platform/errors.ts'
import type { Subject } from './subject.ts'

export type ProfileVersion = Subject & {
  id: string
  version: number
  status: 'draft' | 'published' | 'withdrawn'
  facts: SovereigntyFacts
  validFrom: Date
  validUntil: Date | null
  publishedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** @throws Refusal `invalid` when it ends before it begins */
export function checkValidity(profile: ProfileVersion): ProfileVersion {
  if (profile.validUntil !== null && profile.validUntil <= profile.validFrom)
    throw invalidInput('validUntil must be after validFrom')
  return profile
}

/** @throws Refusal `conflict` when it is no draft */
export function requireDraft({ status, version }: ProfileVersion): void {
  if (status !== 'draft') throw conflict(`version ${version} is ${status} and never changes: start a new draft`)
}

/** @throws Refusal `conflict` when it is no draft; `invalid` when its time is over already */
export function publish(profile: ProfileVersion, now: Date): ProfileVersion {
  requireDraft(profile)
  if (profile.validUntil !== null && profile.validUntil <= now) throw invalidInput('validUntil lies in the past')
  return { ...profile, status: 'published', publishedAt: now, updatedAt: now }
}

/** @throws Refusal `conflict` when it is not published */
export function withdraw(profile: ProfileVersion, now: Date): ProfileVersion {
  if (profile.status !== 'published') throw conflict(`version ${profile.version} is ${profile.status}, not published`)
  return { ...profile, status: 'withdrawn', updatedAt: now }
}
