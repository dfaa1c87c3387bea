/** Where the parts of one credential come from while it is verified: fetched, and what was handed in along with it. */
import {
  type DidDocument,
  digestMatches,
  type Resolver,
  readLabel,
  type TrustSettings,
  verifyCredential,
} from '@fulcrum/sovereignty/credentials'
import { member } from '../platform/wire.ts'
import { didDocumentUrl } from './did-web.ts'
import { isObject, payloadOf, typesOf } from './envelope.ts'
import { FetchError, type Fetcher, type Wanted } from './fetcher.ts'
import { statusBitOf } from './status-list.ts'

const MINUTE_MS = 60_000
const JWT_TYPES = [
  ...['application/vc+jwt', 'application/vc+ld+jwt', 'application/vc+ld+json+jwt', 'application/vp+jwt'],
  ...['application/vp+ld+jwt', 'application/vp+ld+json+jwt', 'application/jwt', 'text/plain'],
]
const JSON_TYPES = ['application/json', 'application/ld+json', 'application/vc', 'application/vc+ld+json']
const DID_DOCUMENT: Wanted = {
  types: ['application/did+json', 'application/did', 'application/did+ld+json', ...JSON_TYPES],
  maxBytes: 128 * 2 ** 10,
  keepMs: MINUTE_MS,
}
const CERTIFICATES: Wanted = {
  types: [
    ...['application/pem-certificate-chain', 'application/x-pem-file', 'application/x-x509-ca-cert'],
    ...['application/octet-stream', 'text/plain'],
  ],
  maxBytes: 128 * 2 ** 10,
  keepMs: MINUTE_MS,
}
const STATUS_LIST: Wanted = { types: JWT_TYPES, maxBytes: 2 * 2 ** 20, keepMs: MINUTE_MS }
export const CREDENTIAL: Wanted = { types: JWT_TYPES, maxBytes: 512 * 2 ** 10, keepMs: 0 }
const PRESENTED: Wanted = { types: [...JSON_TYPES, ...JWT_TYPES], maxBytes: 512 * 2 ** 10, keepMs: MINUTE_MS }

/** One credential leads to so many fetches at most, whatever it names. */
const MAX_FETCHES = 40

export type ResolverDeps = {
  fetcher: Fetcher
  trust: TrustSettings
  signal: AbortSignal
  /** Documents of this id that were handed in for the same participant. */
  handedIn(id: string): Promise<readonly unknown[]>
}

/** `problems`: what could not be fetched, in order; `found`: what a label was given for. */
export type TrackedResolver = Resolver & {
  problems: FetchError[]
  found: unknown[]
  /** Whether a bit was set that says so for good, unlike a suspension. */
  revoked(): boolean
}

/** @param document  the credential's payload, not believed yet */
export function createResolver(document: unknown, deps: ResolverDeps): TrackedResolver {
  const { fetcher, signal, trust, handedIn } = deps
  const problems: FetchError[] = []
  const found: unknown[] = []
  let left = MAX_FETCHES
  let revoked = false
  const fetchText = async (url: string, wanted: Wanted): Promise<string | null> => {
    try {
      if (left-- <= 0) throw new FetchError(url, 'too many things have to be fetched', false)
      return await fetcher.fetchText(url, wanted, signal)
    } catch (error) {
      if (!(error instanceof FetchError)) throw error
      problems.push(error)
      return null
    }
  }
  const didDocument = async (did: string): Promise<DidDocument | null> => {
    const url = didDocumentUrl(did)
    const text = url === null ? null : await fetchText(url, DID_DOCUMENT)
    return text === null ? null : readDidDocument(text)
  }
  const certificateChain = (url: string) => fetchText(url, CERTIFICATES)

  return {
    problems,
    found,
    revoked: () => revoked,
    didDocument,
    certificateChain,
    statusBit: async (url, index) => {
      const jwt = (await fetchText(url, STATUS_LIST))?.trim()
      const list = jwt === undefined ? null : payloadOf(jwt)
      // a list that can be revoked itself would lead on without end
      if (jwt === undefined || list === null || list.credentialStatus !== undefined) return null
      const nothing: Resolver = {
        didDocument,
        certificateChain,
        statusBit: async () => null,
        presented: async () => null,
      }
      const result = await verifyCredential(jwt, nothing, trust)
      if (!result.valid || !result.credential.type.includes('BitstringStatusListCredential')) return null
      const { issuer, subject } = result.credential
      if (issuer !== issuerOf(document) && !trust.clearingHouses.includes(issuer)) return null
      const purpose = purposeOf(document, url, index)
      const bit = await statusBitOf(subject, index, purpose)
      if (bit === true && (purpose ?? 'revocation') === 'revocation') revoked = true
      return bit
    },
    presented: async (id) => {
      const wanted = digestsOf(document).get(id)
      const fits = (candidate: unknown) => wanted !== undefined && digestMatches(candidate, wanted)
      const known = (await handedIn(id)).find(fits)
      const presented = known ?? (isHttps(id) ? await fetchPresented(id, fetchText) : undefined)
      if (presented !== undefined && fits(presented)) found.push(presented)
      return presented
    },
  }
}

async function fetchPresented(
  id: string,
  fetchText: (url: string, wanted: Wanted) => Promise<string | null>,
): Promise<unknown> {
  const url = id.split('#')[0] ?? id
  const text = (await fetchText(url, PRESENTED))?.trim()
  if (text === undefined) return undefined
  if (!text.startsWith('{')) return payloadOf(text) ?? undefined
  // read the way that payloads are: within the same bounds
  return payloadOf(`.${Buffer.from(text).toString('base64url')}.`) ?? undefined
}

/** Keeps what the rules look at, in the form in which they expect it; null when it is no DID document. */
export function readDidDocument(text: string): (DidDocument & { alsoKnownAs: readonly string[] }) | null {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return null
  }
  const id = member(document, 'id')
  if (typeof id !== 'string') return null
  const absolute = (key: string) => (key.startsWith('#') ? id + key : key)
  const list = (name: string): unknown[] => {
    const value = member(document, name)
    return Array.isArray(value) ? value : []
  }
  const methods = list('verificationMethod').flatMap((method) => {
    const [key, jwk] = [member(method, 'id'), member(method, 'publicKeyJwk')]
    // the rules check the key when they import it
    return typeof key === 'string' && isObject(jwk) && (jwk.x5u === undefined || typeof jwk.x5u === 'string')
      ? [
          {
            id: absolute(key),
            publicKeyJwk: jwk as NonNullable<DidDocument['verificationMethod']>[number]['publicKeyJwk'] & {},
          },
        ]
      : []
  })
  const assertions = list('assertionMethod').flatMap((method) => {
    const key = typeof method === 'string' ? method : member(method, 'id')
    return typeof key === 'string' ? [absolute(key)] : []
  })
  return {
    id,
    verificationMethod: methods,
    assertionMethod: assertions,
    alsoKnownAs: list('alsoKnownAs').filter((name) => typeof name === 'string'),
  }
}

function issuerOf(document: unknown): unknown {
  const issuer = member(document, 'issuer')
  return isObject(issuer) ? issuer.id : issuer
}

/** What the credential's own entry asks of a list. */
function purposeOf(document: unknown, url: string, index: number): string | null {
  const status = member(document, 'credentialStatus')
  const entry = (Array.isArray(status) ? status : [status]).find(
    (one) => member(one, 'statusListCredential') === url && Number(member(one, 'statusListIndex')) === index,
  )
  const purpose = member(entry, 'statusPurpose')
  return typeof purpose === 'string' ? purpose : null
}

function digestsOf(document: unknown): Map<string, string> {
  const subject = member(document, 'credentialSubject')
  const label = isObject(subject) && typesOf(document).includes('gx:LabelCredential') ? readLabel(subject) : null
  return new Map((label?.credentials ?? []).map(({ id, digestSri }) => [id, digestSri]))
}

function isHttps(id: string): boolean {
  return URL.canParse(id) && new URL(id).protocol === 'https:'
}
