/**
 * What may be done with evidence. A provider declares, and brings documents, which count as self-declared; that somebody else has
 * verified them only an admin says; what was said about it stays, and new evidence takes its place.
 */
import type { SovereigntyEvidenceAttest, SovereigntyEvidenceCreate } from '@fulcrum/contract'
import type { Evidence } from '@fulcrum/sovereignty'
import { conflict, invalidInput } from '../platform/errors.ts'
import { timestamp } from '../platform/wire.ts'
import { checkPaths } from './facts.ts'

const DIGEST = /^[0-9a-f]{64}$/

/**
 * Evidence as its provider brings it: what it declares counts as declared, anything else waits for somebody to verify it.
 *
 * @throws Refusal `invalid`
 */
export function broughtEvidence(body: SovereigntyEvidenceCreate, now: Date): Omit<Evidence, 'id'> {
  if (body.kind === 'measurement')
    throw invalidInput('measurements are recorded by this instance itself and cannot be brought')
  checkLengths(body)
  checkPaths(body.assertsPaths)
  if (body.uri !== undefined && !isHttps(body.uri)) throw invalidInput('uri must be an https link of 2000 characters')
  const sha256 = body.sha256?.toLowerCase()
  if (sha256 !== undefined && !DIGEST.test(sha256)) throw invalidInput('sha256 must be 64 hex digits')
  const from = body.validFrom ?? body.issuedAt
  if (body.validUntil !== undefined) {
    if (new Date(body.validUntil) <= now) throw invalidInput('validUntil lies in the past')
    if (from !== undefined && new Date(body.validUntil) <= new Date(from))
      throw invalidInput('validUntil must be after validFrom')
  }
  return {
    kind: body.kind,
    assertsPaths: [...new Set(body.assertsPaths)],
    ...(body.issuer && { issuer: body.issuer }),
    ...(body.issuedAt !== undefined && { issuedAt: body.issuedAt }),
    ...(body.validFrom !== undefined && { validFrom: body.validFrom }),
    ...(body.validUntil !== undefined && { validUntil: body.validUntil }),
    ...(body.mediaType !== undefined && { mediaType: body.mediaType }),
    ...(body.uri !== undefined && { uri: body.uri }),
    ...(sha256 !== undefined && { sha256 }),
    verification: {
      status: body.kind === 'self-declaration' ? 'verified' : 'unverified',
      level: 'self-declared',
    },
  }
}

/** The limits that the contract names; bodies are decoded without them. */
function checkLengths({ assertsPaths, issuer, mediaType }: SovereigntyEvidenceCreate): void {
  if (assertsPaths.length === 0 || assertsPaths.length > 100)
    throw invalidInput('assertsPaths must name 1 to 100 places')
  if (issuer && (issuer.name === '' || issuer.name.length > 300 || (issuer.did ?? '').length > 500))
    throw invalidInput('issuer needs a name of 1 to 300 characters')
  if (mediaType !== undefined && !/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(mediaType))
    throw invalidInput('mediaType must look like application/pdf')
}

function isHttps(text: string): boolean {
  if (text.length > 2000 || !URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return protocol === 'https:' && username === '' && password === ''
}

/**
 * A person's word holds until the evidence ends: unlike what a machine checks, it is not asked to be repeated, so `checkedAt`
 * stays empty, and the check says when it was.
 *
 * @param validUntil  the end after the attestation
 * @throws Refusal `conflict` when it was revoked; `invalid`
 */
export function attested(
  { status, checks = [] }: Evidence['verification'],
  body: SovereigntyEvidenceAttest,
  { by, now, validUntil }: { by: string; now: Date; validUntil: Date | null },
): Evidence['verification'] {
  if (status === 'revoked') throw conflict('the evidence was revoked: new evidence has to take its place')
  if (validUntil !== null && validUntil <= now) throw invalidInput('the evidence has ended: give a later validUntil')
  if (body.method.trim() === '' || body.method.length > 500) throw invalidInput('method must have 1 to 500 characters')
  const given = body.checks ?? []
  if (given.length > 100) throw invalidInput('at most 100 checks can be given')
  for (const { code, detail = '' } of given)
    if (code === '' || code.length > 100 || detail.length > 1000)
      throw invalidInput('a check needs a code of 1 to 100 characters, and a detail of at most 1000')
  if (given.some(({ ok }) => !ok)) throw invalidInput('evidence with a check that failed cannot be attested')
  return {
    status: 'verified',
    level: body.level,
    method: body.method,
    checks: [
      ...checks.filter(({ code }) => code === ATTESTED),
      ...given,
      { code: ATTESTED, ok: true, detail: `${body.level} by ${by} at ${timestamp(now)}` },
    ],
  }
}

const ATTESTED = 'ATTESTED'

/** @throws Refusal `conflict` when it was revoked already */
export function revoked(
  verification: Evidence['verification'],
  reason: string,
  { by, now }: { by: string; now: Date },
): Evidence['verification'] {
  if (verification.status === 'revoked') throw conflict('the evidence was revoked already')
  if (reason.trim() === '' || reason.length > 1000) throw invalidInput('reason must have 1 to 1000 characters')
  return {
    ...verification,
    status: 'revoked',
    checks: [
      ...(verification.checks ?? []),
      { code: 'REVOKED', ok: false, detail: `${reason} (${by} at ${timestamp(now)})` },
    ],
  }
}

/**
 * Whether the provider may still take it away: nobody else has said anything about it.
 *
 * @throws Refusal `conflict`
 */
export function requireUntouched({ kind, verification }: Pick<Evidence, 'kind' | 'verification'>): void {
  const declared = kind === 'self-declaration' && verification.level === 'self-declared'
  if (verification.status === 'unverified' || (declared && verification.status === 'verified')) return
  throw conflict(`the evidence is ${verification.status} (${verification.level}): bring new evidence instead`)
}
