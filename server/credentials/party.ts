/**
 * Of whom a credential speaks, and whether that is the participant it was handed in for. Labels are public documents: whoever finds
 * one could hand it in for itself, and could write the owner's name and numbers into its own profile. So what a participant says of
 * itself proves nothing here; see decision 0021.
 */
import type { Credential, DidDocument, Label } from '@fulcrum/sovereignty/credentials'
import { member } from '../platform/wire.ts'
import { isObject, typesOf } from './envelope.ts'
import {
  countryOf,
  each,
  isLegalPerson,
  isServiceOffering,
  type RegistrationNumber,
  registrationNumbersIn,
  term,
  textOf,
} from './gaia-x-terms.ts'

/** Somebody of whom a credential speaks. */
export type Party = {
  did: string | null
  registrationNumbers: readonly RegistrationNumber[]
  legalNames: readonly { name: string; country?: string }[]
}

/** What is known of a participant. */
export type Claimant = {
  participantId: string
  /** Numbers that verified credentials of notaries have stated. */
  proven: readonly RegistrationNumber[]
  /** What its published profile declares; counts only when an admin handed the credential in. */
  declared: { legalName?: string; country?: string; registrationNumbers: readonly RegistrationNumber[] }
  byAdmin: boolean
}

export type Binding = 'did' | 'registrationNumber' | 'legalName'

/**
 * A label speaks of whoever issued the service offerings that it was given for; a credential that somebody signs about itself of its
 * issuer; one of a notary of its subject.
 *
 * @param presented  the documents that a label was given for, their digests checked
 * @param notaries  DIDs of configured issuers, who speak of others
 */
export function partiesOf(
  { type, issuer, subject, document }: Credential,
  label: Label | null,
  presented: readonly unknown[],
  notaries: readonly string[],
): Party[] {
  if (label === null) {
    const did = notaries.includes(issuer) ? didIn(subject.id) : isSelfSigned(type) ? issuer : didIn(subject.id)
    return [partyOf(did, [document])]
  }
  const offerings = presented.filter((one) => isServiceOffering(typesOf(one)))
  const owners = offerings.length > 0 ? offerings : presented.filter((one) => isLegalPerson(typesOf(one)))
  const dids = [...new Set(owners.map(issuerOf))]
  return dids.map((did) =>
    partyOf(did, [...presented.filter((one) => issuerOf(one) === did), ...numbersFor(did, presented)]),
  )
}

/** How a party is the claimant; null when it is somebody else, or nobody can tell. */
export function bindingOf(party: Party, claimant: Claimant, document: DidDocument | null): Binding | null {
  if (party.did !== null && names(document, claimant.participantId)) return 'did'
  const own = [...claimant.proven, ...(claimant.byAdmin ? claimant.declared.registrationNumbers : [])]
  if (party.registrationNumbers.some((number) => own.some((known) => sameNumber(known, number))))
    return 'registrationNumber'
  const { legalName, country } = claimant.declared
  if (!claimant.byAdmin || legalName === undefined || country === undefined) return null
  return party.legalNames.some((one) => fold(one.name) === fold(legalName) && one.country === country)
    ? 'legalName'
    : null
}

/** How the document of a DID says that its owner is a participant here. */
export function participantUrn(participantId: string): string {
  return `urn:uuid:${participantId}`
}

function names(document: DidDocument | null, participantId: string): boolean {
  return each(member(document, 'alsoKnownAs')).some(
    (name) => typeof name === 'string' && name.toLowerCase() === participantUrn(participantId),
  )
}

function partyOf(did: string | null, documents: readonly unknown[]): Party {
  const subjects = documents.flatMap((one) => each(member(one, 'credentialSubject')))
  return {
    did,
    registrationNumbers: subjects.flatMap((subject) => [
      ...registrationNumbersIn(subject),
      ...each(term(subject, 'registrationNumber')).flatMap(registrationNumbersIn),
    ]),
    legalNames: documents
      .filter((one) => isLegalPerson(typesOf(one)))
      .flatMap((one) => each(member(one, 'credentialSubject')))
      .flatMap((subject) => {
        const name =
          textOf(term(subject, 'legalName')) ?? textOf(member(subject, 'schema:name')) ?? textOf(term(subject, 'name'))
        const country = countryOf(term(subject, 'legalAddress')) ?? countryOf(term(subject, 'headquartersAddress'))
        return name === undefined ? [] : [{ name, ...(country !== undefined && { country }) }]
      }),
  }
}

/** Documents of others to which a legal person of this issuer points as its registration numbers. */
function numbersFor(did: string | null, presented: readonly unknown[]): unknown[] {
  const pointed = presented
    .filter((one) => issuerOf(one) === did && isLegalPerson(typesOf(one)))
    .flatMap((one) => each(member(one, 'credentialSubject')))
    .flatMap((subject) => each(term(subject, 'registrationNumber')))
    .map((reference) => member(reference, 'id'))
  return presented.filter((one) => {
    const ids = [member(one, 'id'), ...each(member(one, 'credentialSubject')).map((subject) => member(subject, 'id'))]
    return issuerOf(one) !== did && ids.some((id) => typeof id === 'string' && pointed.includes(id))
  })
}

function issuerOf(document: unknown): string | null {
  const issuer = member(document, 'issuer')
  return didIn(isObject(issuer) ? issuer.id : issuer)
}

/** The DID at the front of an id. */
function didIn(id: unknown): string | null {
  return typeof id === 'string' && id.startsWith('did:') ? (id.split(/[#?/]/)[0] ?? null) : null
}

function isSelfSigned(types: readonly string[]): boolean {
  return isLegalPerson(types) || isServiceOffering(types)
}

/** Schemes whose numbers are the same in no two countries. */
const WORLDWIDE = ['leiCode', 'EUID', 'EORI', 'vatID']

function sameNumber(a: RegistrationNumber, b: RegistrationNumber): boolean {
  if (a.scheme !== b.scheme || bare(a.value) !== bare(b.value) || bare(a.value) === '') return false
  if (a.country !== undefined && b.country !== undefined) return a.country === b.country
  return WORLDWIDE.includes(a.scheme)
}

function bare(value: string): string {
  return value.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
