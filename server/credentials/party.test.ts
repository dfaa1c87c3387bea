import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Credential, Label } from '@fulcrum/sovereignty/credentials'
import { bindingOf, type Claimant, type Party, partiesOf } from './party.ts'

const PARTICIPANT = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const OWNER = 'did:web:owner.example'
const NOTARY = 'did:web:notary.example'

const document = (type: string, issuer: string, subject: Record<string, unknown> = {}, id = `${issuer}/${type}`) => ({
  id,
  type: ['VerifiableCredential', type],
  issuer,
  credentialSubject: subject,
})
const credential = (type: string, issuer: string, subject: Record<string, unknown> = {}): Credential => ({
  type: ['VerifiableCredential', type],
  issuer,
  id: null,
  validFrom: null,
  validUntil: null,
  subject,
  document: document(type, issuer, subject),
})
const LABEL: Label = { level: 'L2', rulesVersion: 'CD25.03', criteria: [], credentials: [] }
const label = (presented: readonly unknown[]) =>
  partiesOf(credential('gx:LabelCredential', 'did:web:ch.example'), LABEL, presented, [NOTARY])

describe('a credential speaks', () => {
  test('of its issuer, where somebody signs about itself', () => {
    assert.deepEqual(partiesOf(credential('gx:ServiceOffering', OWNER), null, [], [NOTARY])[0]?.did, OWNER)
  })

  test('of its subject, where a notary signs, or anybody about something else', () => {
    const subject = { id: `${OWNER}#cs`, 'gx:vatID': 'ATU1' }
    for (const issuer of [NOTARY, 'did:web:anybody.example']) {
      const [party] = partiesOf(credential('gx:VatID', issuer, subject), null, [], [NOTARY])
      assert.equal(party?.did, OWNER)
      assert.deepEqual(party?.registrationNumbers, [{ scheme: 'vatID', value: 'ATU1' }])
    }
    // an address is nobody
    assert.equal(
      partiesOf(credential('gx:VatID', NOTARY, { id: 'https://x.example' }), null, [], [NOTARY])[0]?.did,
      null,
    )
  })

  test('being a label, of whoever offers, with the numbers that its legal person points to; not of who is along', () => {
    const person = { 'gx:legalName': 'Owner AS', 'gx:registrationNumber': { id: 'https://n.example/vat#cs' } }
    const [party, ...more] = label([
      document('gx:VirtualMachineServiceOffering', OWNER),
      document('gx:LegalPerson', OWNER, person),
      document('gx:VatID', NOTARY, { id: 'https://n.example/vat#cs', 'gx:vatID': 'ATU1' }),
      document('gx:LegalPerson', 'did:web:along.example', { 'gx:registrationNumber': { 'gx:leiCode': 'MINE' } }),
      document('gx:LeiCode', NOTARY, { id: 'https://n.example/other#cs', 'gx:leiCode': 'OTHER' }),
    ])
    assert.deepEqual(more, [])
    assert.equal(party?.did, OWNER)
    assert.deepEqual(party?.registrationNumbers, [{ scheme: 'vatID', value: 'ATU1' }])
    assert.deepEqual(party?.legalNames, [{ name: 'Owner AS' }])
  })

  test('being a label of nothing that offers, of its legal persons; of nothing at all, of nobody', () => {
    assert.deepEqual(
      label([document('gx:LegalPerson', OWNER)]).map(({ did }) => did),
      [OWNER],
    )
    assert.deepEqual(label([]), [])
  })
})

describe('a party is a participant', () => {
  const party = (more: Partial<Party> = {}): Party => ({ did: OWNER, registrationNumbers: [], legalNames: [], ...more })
  const claimant = (more: Partial<Claimant> = {}): Claimant => ({
    participantId: PARTICIPANT,
    proven: [],
    declared: { registrationNumbers: [] },
    byAdmin: false,
    ...more,
  })
  const number = { scheme: 'leiCode', value: '5493001KJTIIGC8Y1R12' }

  test('when its DID document names it, and no other', () => {
    const told = (alsoKnownAs: unknown) => ({ id: OWNER, alsoKnownAs })
    assert.equal(bindingOf(party(), claimant(), told([`urn:uuid:${PARTICIPANT}`])), 'did')
    assert.equal(bindingOf(party(), claimant(), told([`urn:uuid:${PARTICIPANT.toUpperCase()}`])), 'did')
    for (const other of [[], ['urn:uuid:0'], [PARTICIPANT], undefined, 5])
      assert.equal(bindingOf(party(), claimant(), told(other)), null)
    assert.equal(bindingOf(party(), claimant(), null), null)
    assert.equal(bindingOf(party({ did: null }), claimant(), told([`urn:uuid:${PARTICIPANT}`])), null)
  })

  test('when it has a number that was confirmed; a declared one counts for an admin alone', () => {
    const held = party({ registrationNumbers: [{ ...number, value: '5493 001k-jtiigc8y1r12' }] })
    assert.equal(bindingOf(held, claimant({ proven: [number] }), null), 'registrationNumber')
    const declared = { registrationNumbers: [number] }
    assert.equal(bindingOf(held, claimant({ declared }), null), null)
    assert.equal(bindingOf(held, claimant({ declared, byAdmin: true }), null), 'registrationNumber')
  })

  test('numbers of one country need it, and differ between countries', () => {
    const local = (country?: string) => ({ scheme: 'local', value: '12', ...(country !== undefined && { country }) })
    const binding = (one?: string, two?: string) =>
      bindingOf(party({ registrationNumbers: [local(one)] }), claimant({ proven: [local(two)] }), null)
    assert.equal(binding('AT', 'AT'), 'registrationNumber')
    assert.deepEqual([binding('AT', 'DE'), binding('AT'), binding()], [null, null, null])
    const empty = { scheme: 'leiCode', value: '-' }
    assert.equal(bindingOf(party({ registrationNumbers: [empty] }), claimant({ proven: [empty] }), null), null)
  })

  test('by name and country for an admin alone', () => {
    const named = party({ legalNames: [{ name: 'NORDKRAFT  Cloud AS ', country: 'NO' }] })
    const declared = { legalName: 'Nordkraft Cloud AS', country: 'NO', registrationNumbers: [] }
    assert.equal(bindingOf(named, claimant({ declared, byAdmin: true }), null), 'legalName')
    assert.equal(bindingOf(named, claimant({ declared }), null), null)
    assert.equal(bindingOf(named, claimant({ declared: { ...declared, country: 'SE' }, byAdmin: true }), null), null)
  })
})
