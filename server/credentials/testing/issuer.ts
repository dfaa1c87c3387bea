/**
 * Issuers for tests, served by a real https server on this machine: a clearing house, a notary and a provider with did:web, x5u and
 * chains up to a root of their own, a status list, and credentials right and wrong.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { canonicalJson } from '@fulcrum/sovereignty/audit'
import { CompactSign, exportJWK } from 'jose'
import { type Authority, anAuthority, type Keys, newKeys } from './authority.ts'
import { type HttpsHost, startHttpsHost } from './https-host.ts'

export type Document = Record<string, unknown>

export type Signer = {
  did: string
  kid: string
  keys: Keys
  alg: string
  /** What its DID document says besides; served anew with `publish`. */
  alsoKnownAs: string[]
  publish(edit?: (document: Document) => void): Promise<void>
}

export type TestIssuers = {
  authority: Authority
  host: HttpsHost
  origin: string
  clearingHouse: Signer
  notary: Signer
  provider: Signer
  /** What a server has to be started with to believe them. */
  environment: Record<string, string>
  /** A further signer; `chain` instead of the one that belongs to it. */
  signer(name: string, options?: { kind?: 'EC' | 'RSA'; chain?: string }): Promise<Signer>
  sign(document: Document, by: Signer, header?: Record<string, unknown>): Promise<string>
  /** What a provider signs about itself: its offering. */
  offering(by: Signer, facts?: Document): Document
  legalPerson(by: Signer, facts?: Document): Document
  /** A label for these documents. */
  label(documents: readonly Document[], options?: LabelOptions): Document
  /** A presentation that envelops these JWTs. */
  present(jwts: readonly string[], by: Signer): Promise<string>
  /** An entry of the status list. */
  statusEntry(index: number, purpose?: string): Document
  setStatus(index: number, bit: boolean, purpose?: string): Promise<void>
  stop(): Promise<void>
}

export type LabelOptions = {
  level?: string
  criteria?: readonly string[]
  validFrom?: string
  validUntil?: string
  more?: Document
}

export const CONTEXT = ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#']
const CRITERIA = 'https://docs.gaia-x.eu/policy-rules-committee/compliance-document/25.03/criteria_cloud_services/#'
const HOST = 'localhost'

export function digestSri(document: Document): string {
  return `sha256-${createHash('sha256').update(canonicalJson(document)).digest('hex')}`
}

export async function startTestIssuers(): Promise<TestIssuers> {
  const authority = await anAuthority()
  const host = await startHttpsHost(authority, [HOST])
  const origin = `https://${HOST}:${host.port}`
  const directory = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-issuers-'))
  const anchors = path.join(directory, 'anchors.pem')
  await writeFile(anchors, authority.root)

  const signer = async (
    name: string,
    { kind = 'EC', chain }: { kind?: 'EC' | 'RSA'; chain?: string } = {},
  ): Promise<Signer> => {
    const keys = await newKeys(kind)
    const did = `did:web:${HOST}%3A${host.port}:${name}`
    const made: Signer = {
      did,
      kid: `${did}#key`,
      keys,
      alg: kind === 'EC' ? 'ES256' : 'PS256',
      alsoKnownAs: [],
      publish: async (edit) => {
        const jwk = { ...(await exportJWK(keys.publicKey)), alg: made.alg, x5u: `${origin}/${name}/chain.pem` }
        const document: Document = {
          '@context': ['https://www.w3.org/ns/did/v1'],
          id: did,
          alsoKnownAs: made.alsoKnownAs,
          verificationMethod: [{ id: made.kid, type: 'JsonWebKey2020', controller: did, publicKeyJwk: jwk }],
          assertionMethod: [made.kid],
        }
        edit?.(document)
        host.pages.set(`/${name}/did.json`, { type: 'application/did+json', text: JSON.stringify(document) })
      },
    }
    const own = (await authority.leaf([HOST], { keys })).pem + authority.intermediate
    host.pages.set(`/${name}/chain.pem`, { type: 'application/pem-certificate-chain', text: chain ?? own })
    await made.publish()
    return made
  }
  const clearingHouse = await signer('clearing-house')
  const notary = await signer('notary')
  const provider = await signer('provider')

  const sign: TestIssuers['sign'] = (document, by, header = {}) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(document)))
      .setProtectedHeader({ alg: by.alg, typ: 'vc+jwt', cty: 'vc', iss: by.did, kid: by.kid, ...header })
      .sign(by.keys.privateKey)

  const credential = (type: string, by: Signer, subject: Document, more: Document = {}): Document => {
    const id = `${origin}/vc/${randomUUID()}`
    return {
      '@context': CONTEXT,
      id,
      type: ['VerifiableCredential', type],
      issuer: by.did,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2036-01-01T00:00:00Z',
      credentialSubject: { id: `${id}#cs`, ...subject },
      ...more,
    }
  }

  const bits: Record<string, Buffer> = {}
  const publishStatus = async (purpose: string) => {
    const bytes = bits[purpose] ?? Buffer.alloc(16 * 2 ** 10)
    bits[purpose] = bytes
    const list = credential('BitstringStatusListCredential', clearingHouse, {
      type: 'BitstringStatusList',
      statusPurpose: purpose,
      encodedList: `u${gzipSync(bytes).toString('base64url')}`,
    })
    host.pages.set(`/status/${purpose}`, { type: 'application/vc+jwt', text: await sign(list, clearingHouse) })
    return bytes
  }
  await publishStatus('revocation')

  return {
    authority,
    host,
    origin,
    clearingHouse,
    notary,
    provider,
    environment: {
      FULCRUM_CREDENTIAL_TRUST_ANCHORS: anchors,
      FULCRUM_CREDENTIAL_ISSUERS: `${clearingHouse.did},${notary.did}`,
      FULCRUM_CREDENTIAL_PRIVATE_HOSTS: `${HOST}:${host.port}`,
      FULCRUM_CREDENTIAL_TLS_AUTHORITIES: anchors,
    },
    signer,
    sign,
    offering: (by, facts = {}) => credential('gx:ServiceOffering', by, { 'gx:name': 'Storage', ...facts }),
    legalPerson: (by, facts = {}) => credential('gx:LegalPerson', by, { 'gx:legalName': 'Nordkraft', ...facts }),
    label: (documents, { level = 'L2', criteria = ['P5.2.1'], validFrom, validUntil, more = {} } = {}) =>
      credential(
        'gx:LabelCredential',
        clearingHouse,
        {
          'gx:labelLevel': level,
          'gx:engineVersion': '2.11.0',
          'gx:rulesVersion': 'CD25.03',
          'gx:validatedCriteria': criteria.map((id) => CRITERIA + id),
          'gx:compliantCredentials': documents.map((document) => ({
            id: document.id,
            type: (document.type as string[])[1], // as `credential` makes them
            'gx:digestSRI': digestSri(document),
          })),
        },
        { ...(validFrom && { validFrom }), ...(validUntil && { validUntil }), ...more },
      ),
    present: (jwts, by) =>
      sign(
        {
          '@context': CONTEXT.slice(0, 1),
          type: ['VerifiablePresentation'],
          verifiableCredential: jwts.map((jwt) => ({
            '@context': CONTEXT[0],
            id: `data:application/vc+jwt,${jwt}`,
            type: 'EnvelopedVerifiableCredential',
          })),
        },
        by,
        { typ: 'vp+jwt', cty: 'vp' },
      ),
    statusEntry: (index, purpose = 'revocation') => ({
      id: `${origin}/status/${purpose}#${index}`,
      type: 'BitstringStatusListEntry',
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusListCredential: `${origin}/status/${purpose}`,
    }),
    setStatus: async (index, bit, purpose = 'revocation') => {
      const bytes = await publishStatus(purpose)
      const mask = 0x80 >> (index % 8)
      const at = Math.floor(index / 8)
      bytes[at] = bit ? (bytes[at] ?? 0) | mask : (bytes[at] ?? 0) & ~mask
      await publishStatus(purpose)
    },
    stop: async () => {
      await host.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
