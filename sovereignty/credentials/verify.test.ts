/** Checks of credentials that the vectors leave out: broken forms, keys and lists that say no. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { digestMatches, readLabel } from './label.ts'
import { type DidDocument, type Resolver, verifyCredential } from './verify.ts'

const { env, cases } = JSON.parse(
  readFileSync(new URL('../testdata/vectors.json', import.meta.url), 'utf8'),
).gaiaxCredentials
const jwtOf = (id: string): string => cases.find((one: { id: string }) => one.id === id).jwt
const TRUST = { at: env.now, anchors: env.trustAnchors, clearingHouses: env.clearingHouses }

function resolver(edit: Partial<Resolver> = {}): Resolver {
  return {
    didDocument: async (did) => env.didDocs[did] ?? null,
    certificateChain: async (url) => env.certs[url] ?? null,
    statusBit: async () => null,
    presented: async (id) => env.presented[id],
    ...edit,
  }
}

async function outcome(jwt: string, edit: Partial<Resolver> = {}, trust: Partial<typeof TRUST> = {}): Promise<string> {
  const result = await verifyCredential(jwt, resolver(edit), { ...TRUST, ...trust })
  return result.valid ? 'valid' : result.failedCheck
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
function withPayload(id: string, edit: (payload: Record<string, unknown>) => void): string {
  const [header, body, signature] = jwtOf(id).split('.')
  const payload = JSON.parse(Buffer.from(body ?? '', 'base64url').toString())
  edit(payload)
  return [header, encode(payload), signature].join('.')
}

describe('a credential', () => {
  test('that is no credential is a matter of form', async () => {
    for (const broken of ['', 'a.b', 'a.b.c', 'a.b.c.d', `${encode({ alg: 'PS256' })}.${encode([1])}.x`])
      assert.equal(await outcome(broken), 'FORMAT', broken)
    assert.equal(await outcome(withPayload('G01', (payload) => delete payload.credentialSubject)), 'FORMAT')
    assert.equal(await outcome(withPayload('G01', (payload) => Object.assign(payload, { type: 'Other' }))), 'FORMAT')
  })

  test('that was changed after it was signed is refused, before anything in it counts', async () => {
    const later = withPayload('G12', (payload) => Object.assign(payload, { validUntil: '2030-01-01T00:00:00Z' }))
    assert.equal(await outcome(later), 'SIGNATURE')
    const [header, body] = jwtOf('G01').split('.')
    assert.equal(await outcome(`${header}.${body}.`), 'SIGNATURE')
  })

  test('needs a did:web whose document is its own and names the key for assertions', async () => {
    const did = 'did:key:z6Mk'
    const header = encode({ alg: 'ES256', typ: 'vc+jwt', iss: did, kid: `${did}#k` })
    const body = encode({ type: ['VerifiableCredential'], issuer: did, credentialSubject: {} })
    assert.equal(await outcome(`${header}.${body}.x`), 'DID_METHOD')
    const foreign = async () => ({ ...env.didDocs['did:web:provider.example'] }) as DidDocument
    assert.equal(await outcome(jwtOf('G01'), { didDocument: foreign }), 'DID_RESOLUTION')
  })

  test('needs a chain to a configured anchor that is valid at that time', async () => {
    assert.equal(await outcome(jwtOf('G01'), { certificateChain: async () => null }), 'CHAIN')
    assert.equal(await outcome(jwtOf('G01'), { certificateChain: async () => 'nonsense' }), 'CHAIN')
    assert.equal(await outcome(jwtOf('G01'), {}, { anchors: [] }), 'CHAIN')
    assert.equal(await outcome(jwtOf('G01'), {}, { at: '2025-01-01T00:00:00Z' }), 'CHAIN')
    assert.equal(await outcome(jwtOf('G01'), {}, { at: '2040-01-01T00:00:00Z' }), 'CHAIN')
  })

  test('needs a certificate of the same key', async () => {
    // the chain of another key: valid, and of the right host
    const swapped = async (): Promise<DidDocument> => {
      const document = structuredClone(env.didDocs['did:web:compliance.example'])
      const method = (name: string) => document.verificationMethod.find(({ id }: { id: string }) => id.endsWith(name))
      method('#wronghost').publicKeyJwk.x5u = method('#k1').publicKeyJwk.x5u
      return document
    }
    assert.equal(await outcome(jwtOf('G08'), { didDocument: swapped }), 'CERT_KEY')
  })

  test('is valid from its first moment and no more at its last', async () => {
    assert.equal(await outcome(jwtOf('G01'), {}, { at: '2027-01-29T23:59:59Z' }), 'valid')
    assert.equal(await outcome(jwtOf('G01'), {}, { at: '2027-01-30T00:00:00Z' }), 'VALIDITY')
  })

  test('that was revoked is refused; a list that says nothing counts as no', async () => {
    assert.equal(await outcome(jwtOf('G17'), { statusBit: async () => true }), 'STATUS')
    assert.equal(await outcome(jwtOf('G17'), { statusBit: async () => false }), 'valid')
    assert.equal(await outcome(jwtOf('G17')), 'STATUS_UNAVAILABLE')
  })

  test('that is a label counts for the credentials that it was given for, and these must be there', async () => {
    assert.equal(await outcome(jwtOf('G01'), { presented: async () => undefined }), 'DIGEST_SRI')
    assert.equal(await outcome(jwtOf('G01'), { presented: async () => ({}) }), 'DIGEST_SRI')
    assert.equal(await outcome(jwtOf('G01'), {}, { clearingHouses: [] }), 'TRUSTED_ISSUER')
  })
})

describe('a label', () => {
  const subject = {
    'gx:labelLevel': 'L1',
    'gx:rulesVersion': 'CD25.03',
    'gx:validatedCriteria': ['https://example/#P1.1.1'],
    'gx:compliantCredentials': [{ id: 'https://x', type: 'gx:ServiceOffering', 'gx:digestSRI': 'sha256-x' }],
  }

  test('is read with its level, rules, criteria and credentials', () => {
    assert.deepEqual(readLabel(subject), {
      level: 'L1',
      rulesVersion: 'CD25.03',
      criteria: ['P1.1.1'],
      credentials: [{ id: 'https://x', type: 'gx:ServiceOffering', digestSri: 'sha256-x' }],
    })
    for (const wrong of [
      { 'gx:labelLevel': 'L4' },
      { 'gx:rulesVersion': 1 },
      { 'gx:validatedCriteria': [1] },
      { 'gx:validatedCriteria': 'P1.1.1' },
      { 'gx:compliantCredentials': [] },
      { 'gx:compliantCredentials': [{ id: 'x', type: 'y' }] },
      { 'gx:compliantCredentials': [null] },
    ])
      assert.equal(readLabel({ ...subject, ...wrong }), null, JSON.stringify(wrong))
  })

  test('has digests in hexadecimal or base64', () => {
    assert.ok(digestMatches({ b: 1, a: 2 }, 'sha256-d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772'))
    assert.ok(digestMatches({ a: 2, b: 1 }, 'sha256-02JqwwqH5vemQoIzs8aCmZdoZfpVCOQmfFQVx2r3p3I='))
    assert.ok(!digestMatches({ a: 2 }, 'sha256-d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772'))
  })
})
