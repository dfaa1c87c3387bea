/** What a verified credential is evidence of: paths of the profile, how well they are proved, and facts that it states itself. */
import type { Assurance, Profile } from '@fulcrum/sovereignty'
import { type Credential, certifiedPaths, type Label } from '@fulcrum/sovereignty/credentials'
import {
  countryOf,
  each,
  isLegalPerson,
  isRegistrationType,
  isServiceOffering,
  registrationNumbersIn,
  term,
  textOf,
} from './gaia-x-terms.ts'

export type EvidenceDraft = {
  /** Which part of the credential this is; each has one piece of evidence. */
  part: 'label' | 'criteria' | 'registration' | 'declaration'
  assertsPaths: readonly string[]
  level: Assurance
  /** These replace what the profile declares. */
  facts: Pick<Profile, 'legal' | 'assessments'> | null
}

/**
 * A label proves itself, and the facts behind its certified criteria as an auditor's word. A notary's credential proves registration
 * numbers. What providers sign about themselves stays a declaration, as does a notary's that nobody configured.
 *
 * @param notaries  DIDs of configured issuers
 */
export function evidenceOf(
  { credential, label }: { credential: Credential; label: Label | null },
  notaries: readonly string[],
): EvidenceDraft[] {
  if (label !== null) return evidenceOfLabel(label)
  const { type, issuer, subject } = credential
  if (isRegistrationType(type)) {
    const numbers = registrationNumbersIn(subject).map((number) => ({ country: '', ...number }))
    if (numbers.length === 0) return []
    const trusted = notaries.includes(issuer)
    return [
      {
        part: 'registration',
        assertsPaths: ['/legal/registrationNumbers'],
        level: trusted ? 'credential-verified' : 'self-declared',
        facts: trusted ? { legal: { registrationNumbers: numbers.map(withCountry) } } : null,
      },
    ]
  }
  const paths = declaredPaths(type, subject)
  return paths.length === 0 ? [] : [{ part: 'declaration', assertsPaths: paths, level: 'self-declared', facts: null }]
}

function evidenceOfLabel(label: Label): EvidenceDraft[] {
  const { level, rulesVersion, criteria } = label
  const certified = certifiedPaths(label)
  return [
    {
      part: 'label',
      assertsPaths: ['/assessments/gaia-x'],
      level: 'credential-verified',
      facts: { assessments: { 'gaia-x': { level, rulesVersion, criteria } } },
    },
    ...(certified.length === 0
      ? []
      : [{ part: 'criteria' as const, assertsPaths: certified, level: 'auditor-attested' as const, facts: null }]),
  ]
}

/** VAT numbers begin with their country; of others without one nothing is said. */
function withCountry({ scheme, value, country }: { scheme: string; value: string; country: string }) {
  const known = country !== '' ? country : scheme === 'vatID' ? value.slice(0, 2).toUpperCase() : ''
  return { scheme, value, country: known === 'EL' ? 'GR' : known }
}

function declaredPaths(types: readonly string[], subject: Readonly<Record<string, unknown>>): string[] {
  const has = (name: string) => term(subject, name) !== undefined
  const paths: string[] = []
  if (isLegalPerson(types)) {
    if (has('legalName') || has('name') || textOf(subject['schema:name']) !== undefined) paths.push('/legal/legalName')
    if (countryOf(term(subject, 'legalAddress')) !== undefined) paths.push('/legal/registeredCountry')
    if (countryOf(term(subject, 'headquartersAddress')) !== undefined) paths.push('/legal/headquartersCountry')
    if (has('registrationNumber')) paths.push('/legal/registrationNumbers')
  }
  if (isServiceOffering(types)) {
    const laws = each(term(subject, 'legalDocuments')).some(
      (document) => term(document, 'governingLawCountries') !== undefined,
    )
    if (laws || has('governingLawCountries')) paths.push('/legal/governingLaw')
    if (has('subContractors')) paths.push('/supplyChain/subprocessors')
    if (has('dataPortability') || has('dataAccountExport')) paths.push('/portability')
    if (has('cryptographicSecurityStandards')) paths.push('/data/encryption')
  }
  return paths
}
