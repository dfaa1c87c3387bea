import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Credential, Label } from '@fulcrum/sovereignty/credentials'
import { evidenceOf } from './evidence.ts'

const NOTARY = 'did:web:notary.example'
const credential = (type: string, subject: Record<string, unknown> = {}, issuer = 'did:web:p.example'): Credential => ({
  type: ['VerifiableCredential', type],
  issuer,
  id: null,
  validFrom: null,
  validUntil: null,
  subject,
  document: {},
})
const label = (level: Label['level'], criteria: string[]) =>
  evidenceOf(
    { credential: credential('gx:LabelCredential'), label: { level, rulesVersion: 'r', criteria, credentials: [] } },
    [],
  )
const plain = (type: string, subject: Record<string, unknown>, issuer?: string) =>
  evidenceOf({ credential: credential(type, subject, issuer), label: null }, [NOTARY])

test('a label proves itself, and certified criteria of the two highest levels prove their paths', () => {
  const criteria = ['P5.1.4', 'P5.2.1', 'P1.1.2']
  assert.deepEqual(
    label('L3', criteria).map(({ part, level, assertsPaths }) => [part, level, assertsPaths]),
    [
      ['label', 'credential-verified', ['/assessments/gaia-x']],
      ['criteria', 'auditor-attested', ['/data/providerPlaintextAccess', '/legal']],
    ],
  )
  assert.deepEqual(
    label('L1', criteria).map(({ part }) => part),
    ['label'],
  )
  assert.deepEqual(label('L1', criteria)[0]?.facts, {
    assessments: { 'gaia-x': { level: 'L1', rulesVersion: 'r', criteria } },
  })
})

test('numbers of a configured notary are proved and stated, of anybody else declared', () => {
  const subject = { 'gx:vatID': 'EL123', 'gx:leiCode': 'X' }
  const [proved] = plain('gx:VatID', subject, NOTARY)
  assert.equal(proved?.level, 'credential-verified')
  assert.deepEqual(proved?.facts?.legal?.registrationNumbers, [
    { scheme: 'vatID', value: 'EL123', country: 'GR' },
    { scheme: 'leiCode', value: 'X', country: '' },
  ])
  const [declared] = plain('gx:VatID', subject)
  assert.deepEqual([declared?.level, declared?.facts], ['self-declared', null])
  assert.deepEqual(plain('gx:VatID', {}, NOTARY), [])
})

test('what a provider signs about itself declares what it states, and nothing else', () => {
  const person = { 'gx:legalName': 'N', 'gx:legalAddress': { 'gx:countryCode': 'NO-03' }, 'gx:other': 1 }
  assert.deepEqual(
    plain('gx:LegalPerson', person).map(({ level, assertsPaths }) => [level, assertsPaths]),
    [['self-declared', ['/legal/legalName', '/legal/registeredCountry']]],
  )
  const offering = {
    'gx:legalDocuments': [{ 'gx:governingLawCountries': ['AT'] }],
    'gx:dataPortability': {},
    subContractors: [],
  }
  assert.deepEqual(plain('gx:ServiceOffering', offering)[0]?.assertsPaths, [
    '/legal/governingLaw',
    '/supplyChain/subprocessors',
    '/portability',
  ])
  assert.deepEqual(plain('gx:Unknown', { 'gx:legalName': 'N' }), [])
})
