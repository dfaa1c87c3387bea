/** What a credential says of itself, for lists and searches. None of it is believed before it was verified. */
import { type Credential, readLabel } from '@fulcrum/sovereignty/credentials'
import { member } from '../platform/wire.ts'
import { isObject, typesOf } from './envelope.ts'

export type Claims = {
  issuer: string | null
  types: string[]
  subjectId: string | null
  labelLevel: string | null
  rulesVersion: string | null
  criteria: string[]
  validFrom: Date | null
  validUntil: Date | null
}

export const NO_CLAIMS: Claims = {
  issuer: null,
  types: [],
  subjectId: null,
  labelLevel: null,
  rulesVersion: null,
  criteria: [],
  validFrom: null,
  validUntil: null,
}

export function claimsOf(document: Credential['document'] | null): Claims {
  if (document === null) return NO_CLAIMS
  const { issuer, credentialSubject: subject } = document
  const types = typesOf(document)
  const label = isObject(subject) && types.includes('gx:LabelCredential') ? readLabel(subject) : null
  return {
    issuer: text(isObject(issuer) ? issuer.id : issuer),
    types,
    subjectId: text(member(subject, 'id')),
    labelLevel: label?.level ?? null,
    rulesVersion: label?.rulesVersion ?? null,
    criteria: [...(label?.criteria ?? [])],
    validFrom: time(document.validFrom),
    validUntil: time(document.validUntil),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Years with four digits: PostgreSQL has no others in common with JavaScript. */
function time(value: unknown): Date | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return ms >= Date.parse('0001-01-01T00:00:00Z') && ms < Date.parse('9999-12-31T00:00:00Z') ? new Date(ms) : null
}
