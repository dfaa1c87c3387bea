/**
 * What was handed in, taken apart without believing any of it: one credential as a JWT, or a presentation that envelops several;
 * source: W3C Verifiable Credentials Data Model 2.0, section 4.13, and VC-JOSE-COSE.
 */
import { jsonDigest } from '@fulcrum/sovereignty/audit'
import { member } from '../platform/wire.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** A credential as it stands in its JWT; `document` and digest are null when there is none in it. */
export type Envelope = { jwt: string; document: JsonObject | null; sha256: string | null; id: string | null }

/** More credentials in one presentation are refused; a label is given for some five. */
const MAX_CREDENTIALS = 30
const MAX_DEPTH = 40
const DATA_URL = /^data:application\/vc(?:\+ld)?(?:\+json)?\+jwt,(.+)$/s

export class EnvelopeError extends Error {}

/**
 * @returns the credentials, the one that matters most first: a label before what it was given for
 * @throws EnvelopeError when it is a presentation that cannot be used
 */
export function openEnvelope(text: string): Envelope[] {
  const jwt = text.trim()
  const payload = payloadOf(jwt)
  if (payload === null || !typesOf(payload).includes('VerifiablePresentation')) return [envelopeOf(jwt, payload)]
  const held = member(payload, 'verifiableCredential')
  const enveloped = Array.isArray(held) ? held : [held]
  if (enveloped.length > MAX_CREDENTIALS)
    throw new EnvelopeError(`a presentation holds ${MAX_CREDENTIALS} credentials at most`)
  const credentials = enveloped.map((item) => {
    const id = member(item, 'id')
    const data = typeof id === 'string' ? DATA_URL.exec(id)?.[1] : undefined
    if (!typesOf(item).includes('EnvelopedVerifiableCredential') || data === undefined)
      throw new EnvelopeError(
        'a presentation holds credentials as EnvelopedVerifiableCredential with data:application/vc+jwt',
      )
    return envelopeOf(data, payloadOf(data))
  })
  if (credentials.length === 0) throw new EnvelopeError('the presentation holds no credential')
  const once = [...new Map(credentials.map((one) => [one.sha256 ?? one.jwt, one])).values()]
  const isLabel = ({ document }: Envelope) => typesOf(document).includes('gx:LabelCredential')
  return once.toSorted((a, b) => Number(isLabel(b)) - Number(isLabel(a)))
}

function envelopeOf(jwt: string, document: JsonObject | null): Envelope {
  const id = member(document, 'id')
  return {
    jwt,
    document,
    sha256: document === null ? null : jsonDigest(document),
    id: typeof id === 'string' ? id : null,
  }
}

/** The payload of a JWT, its signature unchecked; null when there is no object in it that can be kept. */
export function payloadOf(jwt: string): JsonObject | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(jwt.split('.')[1] ?? '', 'base64url'))
    const payload: unknown = JSON.parse(text)
    // PostgreSQL keeps no NUL, and nobody needs what is nested so deeply
    if (!isObject(payload) || text.includes('\\u0000') || !depthWithin(payload, MAX_DEPTH)) return null
    // numbers without bound and broken characters have no digest
    jsonDigest(payload)
    return payload
  } catch {
    return null
  }
}

export function typesOf(document: unknown): string[] {
  const type = member(document, 'type')
  return (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string')
}

function depthWithin(value: unknown, left: number): boolean {
  if (value === null || typeof value !== 'object') return true
  return left > 0 && Object.values(value).every((inner) => depthWithin(inner, left - 1))
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
