/** Descriptions as credentials: of participants, offerings and this instance, verified as those of anybody else. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type DidDocument, verifyCredential } from '@fulcrum/sovereignty/credentials'
import { aFederation } from '../testing/federation.ts'
import { insertPublishedFacts } from '../testing/published-facts.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { readDidDocument } from './resolver.ts'
import { type Authority, anAuthority, readRequest } from './testing/authority.ts'

const PUBLIC = 'https://cloud.example'
const DID = 'did:web:cloud.example'

let directory: string
let authority: Authority
let server: TestServer
before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-descriptions-'))
  authority = await anAuthority()
  server = await startTestServer({ FULCRUM_PUBLIC_BASE_URL: PUBLIC })
})
after(async () => {
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

const text = async (url: string, at = server) => (await fetch(at.url + url)).text()

function publish(participantId: string, facts: Parameters<typeof insertPublishedFacts>[2]): Promise<void> {
  return insertPublishedFacts(server.platform.db, { participantId }, facts, { at: new Date(Date.now() - 1_000) })
}

test('a provider and its offerings are described by what is published, and nothing that is not known', async () => {
  const { provider } = await aFederation(server)
  await publish(provider.id, {
    legal: {
      legalName: 'Nordkraft Cloud AS',
      registrationNumbers: [{ scheme: 'vatID', value: 'NO123', country: 'NO' }],
      registeredCountry: 'NO',
      governingLaw: ['NO'],
    },
    supplyChain: { subprocessors: [{ name: 'Disks', registeredCountry: 'SE' }] },
  })
  const { status, body } = await provider.caller.get(`/participants/${provider.id}/gaia-x-description`)
  assert.equal(status, 200)
  assert.equal(body.did, DID)
  const [person, offering] = body.credentials
  assert.equal(person.document.issuer, DID)
  assert.deepEqual(person.document.credentialSubject, {
    id: `${person.document.id}#cs`,
    type: 'gx:LegalPerson',
    'gx:legalName': 'Nordkraft Cloud AS',
    'gx:registrationNumber': [{ 'gx:vatID': 'NO123', 'gx:countryCode': 'NO' }],
    'gx:legalAddress': { 'gx:countryCode': 'NO' },
  })
  assert.deepEqual(offering.document.credentialSubject['gx:providedBy'], { id: `${person.document.id}#cs` })
  assert.deepEqual(offering.document.credentialSubject['gx:legalDocuments'], { 'gx:governingLawCountries': ['NO'] })
  assert.equal(offering.document.credentialSubject['gx:dataAccountExport'], undefined)
})

test('what is exported passes our own verification, with a certificate for the key of this instance', async () => {
  const { body: request } = await server.admin.get('/gaia-x-signing-request')
  const { subject, names, publicKey } = await readRequest(request.pem)
  assert.deepEqual([request.did, subject, names], [DID, 'CN=cloud.example', ['cloud.example']])

  const chain = path.join(directory, 'chain.pem')
  await writeFile(chain, (await authority.certify(publicKey, ['cloud.example'])) + authority.intermediate)
  // the same database, so the same key
  const certified = await startTestServer({
    FULCRUM_PUBLIC_BASE_URL: PUBLIC,
    FULCRUM_DB_DSN: server.database,
    FULCRUM_CREDENTIAL_CERTIFICATE_CHAIN: chain,
  })
  try {
    const { body } = await server.admin.get('/gaia-x-description')
    const documents: Record<string, DidDocument | null> = {
      [DID]: readDidDocument(await text('/.well-known/did.json', certified)),
    }
    assert.equal(
      documents[DID]?.verificationMethod?.[0]?.publicKeyJwk?.x5u,
      `${PUBLIC}/.well-known/x509CertificateChain.pem`,
    )
    const pem = await text('/.well-known/x509CertificateChain.pem', certified)
    assert.ok(new X509Certificate(pem).checkHost('cloud.example'))
    for (const { jwt, document } of body.credentials) {
      const verify = (anchors: string[]) =>
        verifyCredential(
          jwt,
          {
            didDocument: async (did) => documents[did] ?? null,
            certificateChain: async () => pem,
            statusBit: async () => null,
            presented: async () => null,
          },
          { at: new Date().toISOString(), anchors, clearingHouses: [] },
        )
      const result = await verify([authority.root])
      assert.ok(result.valid, JSON.stringify(result))
      assert.deepEqual(result.credential.document, document)
      assert.equal((await verify([])).valid, false)
    }
  } finally {
    await certified.stop()
  }
})

test('the private key is sealed, and in no answer', async () => {
  const row = await server.platform.db.selectFrom('instance_keys').selectAll().executeTakeFirstOrThrow()
  assert.deepEqual(Object.keys(row.public_jwk).toSorted(), ['crv', 'kty', 'x', 'y'])
  const { key_id: id } = row
  assert.match(id, /^[0-9a-f]{16}$/)
  assert.ok(!(await text('/.well-known/did.json')).includes('"d"'))
  const { body } = await server.admin.get('/gaia-x-signing-request')
  assert.deepEqual(Object.keys(body.publicKeyJwk).toSorted(), ['crv', 'kty', 'x', 'y'])
  const other = await startTestServer({
    FULCRUM_PUBLIC_BASE_URL: PUBLIC,
    FULCRUM_DB_DSN: server.database,
    FULCRUM_VAULT_ENCRYPTION_KEY: '22'.repeat(32),
  })
  try {
    const { status, body: refusal } = await other.as(server.admin.token).get('/gaia-x-description')
    assert.equal(status, 503)
    assert.match(refusal.error, /another key of the vault/)
  } finally {
    await other.stop()
  }
})

test('an instance without a public address by https describes without signing, and serves no DID', async () => {
  const plain = await startTestServer()
  try {
    const { body } = await plain.admin.get('/gaia-x-description')
    assert.equal(body.did, undefined)
    assert.deepEqual(Object.keys(body.credentials[0]).toSorted(), ['document', 'type'])
    assert.equal(body.credentials[0].document.issuer, undefined)
    assert.equal((await fetch(`${plain.url}/.well-known/did.json`)).status, 404)
    assert.equal((await plain.admin.get('/gaia-x-signing-request')).body.did, undefined)
  } finally {
    await plain.stop()
  }
})

test('the operator of an instance is described along with it', async () => {
  const { id } = await server.participant('operator')
  const operated = await startTestServer({
    FULCRUM_PUBLIC_BASE_URL: PUBLIC,
    FULCRUM_DB_DSN: server.database,
    FULCRUM_CREDENTIAL_OPERATOR: id,
  })
  try {
    const { body } = await operated.as(server.admin.token).get('/gaia-x-description')
    assert.deepEqual(
      body.credentials.map(({ type }: { type: string }) => type),
      ['gx:LegalPerson', 'gx:ServiceOffering'],
    )
    assert.equal(body.credentials[0].document.credentialSubject['gx:legalName'], 'operator')
  } finally {
    await operated.stop()
  }
})
