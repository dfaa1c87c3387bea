import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf, NO_CLAIMS } from './claims.ts'

test('claims are read where they are of the right kind, and nothing is made of others', () => {
  const claims = claimsOf({
    type: ['VerifiableCredential', 'gx:LabelCredential'],
    issuer: { id: 'did:web:a' },
    validFrom: '1960-01-01T00:00:00Z',
    validUntil: '+275760-09-13T00:00:00Z',
    credentialSubject: {
      id: 's',
      'gx:labelLevel': 'L1',
      'gx:rulesVersion': 'CD25.03',
      'gx:validatedCriteria': ['https://x/#P1.1.1'],
      'gx:compliantCredentials': [{ id: 'a', type: 'b', 'gx:digestSRI': 'c' }],
    },
  })
  assert.deepEqual(claims, {
    issuer: 'did:web:a',
    types: ['VerifiableCredential', 'gx:LabelCredential'],
    subjectId: 's',
    labelLevel: 'L1',
    rulesVersion: 'CD25.03',
    criteria: ['P1.1.1'],
    validFrom: new Date('1960-01-01T00:00:00Z'),
    validUntil: null,
  })
  assert.deepEqual(claimsOf(null), NO_CLAIMS)
  assert.deepEqual(
    claimsOf({ type: 5, issuer: 5, validFrom: 5, validUntil: '-200000-01-01T00:00:00Z', credentialSubject: [1] }),
    NO_CLAIMS,
  )
})
