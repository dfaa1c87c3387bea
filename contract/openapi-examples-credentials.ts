/** Examples of Gaia-X credentials, by the names of their shapes; a part of `openapi-examples.ts`. */
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const CREDENTIAL = 'd4c3b2a1-0f1e-4d2c-8b3a-495867768520'
const DID = 'did:web:cloud.example'
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

const check = { code: 'FORMAT', ok: true }

export const CREDENTIAL_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  CredentialState: 'verified',
  CredentialCheck: check,
  Credential: {
    id: CREDENTIAL,
    participantId: PROVIDER,
    agentId: AGENT,
    serviceTypeId: SERVICE_TYPE,
    state: 'verified',
    checks: [check, { code: 'SUBJECT', ok: true, detail: 'did' }],
    issuer: 'did:web:compliance.example',
    types: ['VerifiableCredential', 'gx:LabelCredential'],
    subjectId: 'https://compliance.example/vc/1#cs',
    labelLevel: 'L2',
    rulesVersion: 'CD25.03',
    criteria: ['P5.2.1'],
    validFrom: '2026-11-01T00:00:00Z',
    validUntil: '2027-01-30T00:00:00Z',
    evidenceIds: ['d4c3b2a1-0f1e-4d2c-8b3a-495867768521'],
    attempts: 0,
    checkedAt: '2026-11-24T08:15:02Z',
    nextCheckAt: '2026-11-25T08:15:02Z',
    createdAt: '2026-11-24T08:15:00Z',
    updatedAt: '2026-11-24T08:15:02Z',
  },
  CredentialImport: { participantId: PROVIDER, url: 'https://cloud.example/gaia-x/label.vp' },
  GaiaXDescription: {
    did: DID,
    credentials: [
      {
        type: 'gx:LegalPerson',
        document: {
          '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
          type: ['VerifiableCredential', 'gx:LegalPerson'],
          issuer: DID,
          credentialSubject: { 'gx:legalName': 'Nordkraft Cloud AS' },
        },
        jwt: 'eyJhbGciOiJFUzI1NiIsInR5cCI6InZjK2p3dCJ9.eyJ0eXBlIjpbXX0.c2lnbmF0dXJl',
      },
    ],
  },
  CredentialSigningRequest: {
    did: DID,
    publicKeyJwk: KEY,
    pem: '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
  },
}
