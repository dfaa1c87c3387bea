/**
 * Whether a Gaia-X credential can be believed, by checks in a fixed order; the first that fails names the result. What has to be
 * fetched comes through a resolver, so that the rules know nothing of networks. What cannot be fetched does not count as valid.
 */
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { chainProblem, coversHost, hasKey, parseChain } from './certificates.ts'
import { digestMatches, type Label, readLabel } from './label.ts'

export const CHECKS = [
  'FORMAT',
  'TYP',
  'ALG',
  'ISSUER_MATCH',
  'DID_METHOD',
  'DID_RESOLUTION',
  'VERIFICATION_METHOD',
  'SIGNATURE',
  'CHAIN',
  'CERT_HOST',
  'CERT_KEY',
  'VALIDITY',
  'TRUSTED_ISSUER',
  'STATUS',
  'LABEL_SHAPE',
  'DIGEST_SRI',
] as const
export type Check = (typeof CHECKS)[number] | 'STATUS_UNAVAILABLE'

export type DidDocument = {
  id: string
  verificationMethod?: readonly { id: string; publicKeyJwk?: JWK & { x5u?: string } }[]
  assertionMethod?: readonly (string | { id: string })[]
}

/** Where the parts come from. Each answers null when a part cannot be had. */
export type Resolver = {
  didDocument(did: string): Promise<DidDocument | null>
  /** Certificates in PEM, the leaf first. */
  certificateChain(url: string): Promise<string | null>
  /** Whether the bit at an index of a status list is set. */
  statusBit(listUrl: string, index: number): Promise<boolean | null>
  /** A credential that was handed in along with this one. */
  presented(id: string): Promise<unknown>
}

export type TrustSettings = {
  /** RFC 3339. */
  at: string
  /** Roots in PEM; those of the operating system are never used. */
  anchors: readonly string[]
  /** DIDs that may issue labels. */
  clearingHouses: readonly string[]
}

export type Credential = {
  type: readonly string[]
  issuer: string
  id: string | null
  validFrom: string | null
  validUntil: string | null
  subject: Readonly<Record<string, unknown>>
  document: Readonly<Record<string, unknown>>
}

export type CredentialResult =
  | { valid: true; credential: Credential; label: Label | null }
  | { valid: false; failedCheck: Check; detail: string }

const TYPES = ['vc+jwt', 'vc+ld+jwt', 'vc+ld+json+jwt']
const ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'RS256']
const LABEL_TYPE = 'gx:LabelCredential'

class Failed extends Error {
  readonly check: Check
  constructor(check: Check, detail: string) {
    super(detail)
    this.name = 'Failed'
    this.check = check
  }
}

export async function verifyCredential(
  jwt: string,
  resolver: Resolver,
  trust: TrustSettings,
): Promise<CredentialResult> {
  try {
    const { header, credential } = read(jwt)
    const method = await findKey(header, credential, resolver)
    await checkSignature(jwt, method.jwk, header.alg)
    await checkCertificate(method.did, method.jwk, resolver, trust)
    checkValidity(credential, trust.at)
    const isLabel = credential.type.includes(LABEL_TYPE)
    if (isLabel && !trust.clearingHouses.includes(credential.issuer))
      throw new Failed('TRUSTED_ISSUER', `${credential.issuer} is no configured clearing house`)
    await checkStatus(credential, resolver)
    const label = isLabel ? await checkLabel(credential, resolver) : null
    return { valid: true, credential, label }
  } catch (error) {
    if (error instanceof Failed) return { valid: false, failedCheck: error.check, detail: error.message }
    throw error
  }
}

type Header = { alg: string; kid: string }

function read(jwt: string): { header: Header; credential: Credential } {
  const [first, second, third, ...more] = jwt.split('.')
  if (!first || !second || third === undefined || more.length > 0) throw new Failed('FORMAT', 'it is no compact JWS')
  let header: Record<string, unknown>
  let document: unknown
  try {
    header = { ...decodeProtectedHeader(jwt) }
    document = JSON.parse(Buffer.from(second, 'base64url').toString('utf8'))
  } catch {
    throw new Failed('FORMAT', 'header or payload is no JSON')
  }
  const credential = asCredential(document)
  if (!TYPES.includes(String(header.typ))) throw new Failed('TYP', `typ ${header.typ} is not accepted`)
  if (!ALGORITHMS.includes(String(header.alg))) throw new Failed('ALG', `alg ${header.alg} is not accepted`)
  const { iss, kid, alg } = header
  const did = typeof kid === 'string' ? kid.split('#')[0] : undefined
  if (typeof kid !== 'string' || iss !== credential.issuer || did !== credential.issuer)
    throw new Failed('ISSUER_MATCH', `header, credential and key name different issuers`)
  return { header: { alg: String(alg), kid }, credential }
}

function asCredential(document: unknown): Credential {
  if (!isObject(document)) throw new Failed('FORMAT', 'the payload is no object')
  const { type, issuer, id, validFrom, validUntil, credentialSubject } = document
  const types = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string')
  const issuerId = isObject(issuer) ? issuer.id : issuer
  if (!types.includes('VerifiableCredential') || typeof issuerId !== 'string' || !isObject(credentialSubject))
    throw new Failed('FORMAT', 'the payload is no verifiable credential')
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return {
    type: types,
    issuer: issuerId,
    id: text(id),
    validFrom: text(validFrom),
    validUntil: text(validUntil),
    subject: credentialSubject,
    document,
  }
}

async function findKey(
  { kid }: Header,
  { issuer }: Credential,
  resolver: Resolver,
): Promise<{ did: string; jwk: JWK & { x5u?: string } }> {
  if (!issuer.startsWith('did:web:')) throw new Failed('DID_METHOD', `${issuer} is no did:web`)
  const document = await resolver.didDocument(issuer)
  if (!document || document.id !== issuer) throw new Failed('DID_RESOLUTION', `no DID document of ${issuer}`)
  const asserts = document.assertionMethod?.some((method) => (typeof method === 'string' ? method : method.id) === kid)
  const method = document.verificationMethod?.find(({ id }) => id === kid)
  if (!asserts || !method?.publicKeyJwk)
    throw new Failed('VERIFICATION_METHOD', `${kid} is not among the keys for assertions`)
  return { did: issuer, jwk: method.publicKeyJwk }
}

async function checkSignature(jwt: string, jwk: JWK, alg: string): Promise<void> {
  if (jwk.alg !== undefined && jwk.alg !== alg) throw new Failed('SIGNATURE', `the key is for ${jwk.alg}`)
  try {
    await compactVerify(jwt, await importJWK(jwk, alg), { algorithms: ALGORITHMS })
  } catch {
    throw new Failed('SIGNATURE', 'the signature does not fit')
  }
}

async function checkCertificate(
  did: string,
  jwk: JWK & { x5u?: string },
  resolver: Resolver,
  { at, anchors }: TrustSettings,
): Promise<void> {
  const pem = jwk.x5u === undefined ? null : await resolver.certificateChain(jwk.x5u)
  const chain = pem === null ? [] : parseChain(pem)
  const [leaf] = chain
  if (!leaf) throw new Failed('CHAIN', 'there is no certificate chain')
  const problem = chainProblem(chain, anchors, at)
  if (problem !== null) throw new Failed('CHAIN', problem)
  const host = decodeURIComponent(did.split(':')[2] ?? '').split(':')[0] ?? ''
  if (!coversHost(leaf, host)) throw new Failed('CERT_HOST', `the certificate does not cover ${host}`)
  if (!hasKey(leaf, jwk)) throw new Failed('CERT_KEY', 'the certificate holds another key')
}

function checkValidity({ validFrom, validUntil }: Credential, at: string): void {
  const now = Date.parse(at)
  if (validFrom === null || !(Date.parse(validFrom) <= now)) throw new Failed('VALIDITY', `valid from ${validFrom}`)
  if (validUntil !== null && !(Date.parse(validUntil) > now)) throw new Failed('VALIDITY', `valid until ${validUntil}`)
}

async function checkStatus({ document }: Credential, resolver: Resolver): Promise<void> {
  const { credentialStatus } = document
  if (credentialStatus === undefined) return
  for (const entry of Array.isArray(credentialStatus) ? credentialStatus : [credentialStatus]) {
    const index = isObject(entry) ? Number(entry.statusListIndex) : Number.NaN
    const url = isObject(entry) ? entry.statusListCredential : undefined
    if (!Number.isInteger(index) || index < 0 || typeof url !== 'string')
      throw new Failed('STATUS_UNAVAILABLE', 'the status entry cannot be read')
    const bit = await resolver.statusBit(url, index)
    if (bit === null) throw new Failed('STATUS_UNAVAILABLE', `no status list at ${url}`)
    if (bit) throw new Failed('STATUS', `bit ${index} of ${url} is set`)
  }
}

async function checkLabel({ subject }: Credential, resolver: Resolver): Promise<Label> {
  const label = readLabel(subject)
  if (label === null) throw new Failed('LABEL_SHAPE', 'the subject is no label')
  for (const { id, digestSri } of label.credentials) {
    const presented = await resolver.presented(id)
    if (presented === undefined || presented === null || !digestMatches(presented, digestSri))
      throw new Failed('DIGEST_SRI', `${id} is not what the label was given for`)
  }
  return label
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
