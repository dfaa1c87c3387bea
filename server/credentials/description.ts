/**
 * Participants, offerings and this instance as Gaia-X credentials, from what is published. Terms as in the Loire release; not checked
 * against SHACL shapes, so that a clearing house may want more.
 */
import type { JsonObject } from '@fulcrum/contract'
import type { Profile } from '@fulcrum/sovereignty'

export type Described = { type: 'gx:LegalPerson' | 'gx:ServiceOffering'; document: JsonObject }

/** What all documents of one answer have in common. Times are RFC 3339. */
export type Signing = {
  /** Null: nobody signs, and the documents have no issuer. */
  issuer: string | null
  /** Address of the API that answers with them, without a slash at the end. */
  baseUrl: string
  validFrom: string
  validUntil: string
}

const CONTEXT = ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#']

const SCHEME_TERMS: Readonly<Record<string, string>> = {
  vatID: 'gx:vatID',
  leiCode: 'gx:leiCode',
  EUID: 'gx:EUID',
  EORI: 'gx:EORI',
  taxID: 'gx:taxID',
  local: 'gx:local',
}

/** The organisation; unknown facts are left out, the name is always there. */
export function legalPerson(
  participant: { id: string; name: string },
  { legal = {} }: Profile,
  signing: Signing,
): Described {
  const numbers = (legal.registrationNumbers ?? []).flatMap(({ scheme, value, country }) => {
    const name = SCHEME_TERMS[scheme]
    return name === undefined ? [] : [{ [name]: value, ...(country !== '' && { 'gx:countryCode': country }) }]
  })
  const address = (country: string | undefined) => country !== undefined && { 'gx:countryCode': country }
  return described('gx:LegalPerson', personId(participant.id, signing), signing, {
    'gx:legalName': legal.legalName ?? participant.name,
    ...(numbers.length > 0 && { 'gx:registrationNumber': numbers }),
    ...(legal.registeredCountry !== undefined && { 'gx:legalAddress': address(legal.registeredCountry) }),
    ...(legal.headquartersCountry !== undefined && { 'gx:headquartersAddress': address(legal.headquartersCountry) }),
  })
}

export type Offered = { agentId: string; serviceTypeId: string; name: string; profile: Profile }

export function serviceOffering(
  participantId: string,
  { agentId, serviceTypeId, name, profile }: Offered,
  signing: Signing,
): Described {
  const { legal = {}, supplyChain = {}, portability = {}, technology = {} } = profile
  const id = `${signing.baseUrl}/participants/${participantId}/offerings/${agentId}/${serviceTypeId}`
  return described('gx:ServiceOffering', id, signing, {
    'gx:name': name,
    'gx:providedBy': { id: `${personId(participantId, signing)}#cs` },
    ...(legal.governingLaw && { 'gx:legalDocuments': { 'gx:governingLawCountries': [...legal.governingLaw] } }),
    ...(supplyChain.subprocessors && {
      'gx:subContractors': supplyChain.subprocessors.map(({ name: subcontractor, registeredCountry }) => ({
        'gx:name': subcontractor,
        ...(registeredCountry !== undefined && { 'gx:countryCode': registeredCountry }),
      })),
    }),
    ...(portability.exportFormats && {
      'gx:dataAccountExport': {
        'gx:requestType': 'API',
        'gx:accessType': 'digital',
        'gx:formatType': [...portability.exportFormats],
      },
    }),
    ...(technology.standards && { 'gx:standards': [...technology.standards] }),
  })
}

/** This control plane itself, provided by its operator. */
export function platformOffering(operatorId: string | null, signing: Signing): Described {
  return described('gx:ServiceOffering', `${signing.baseUrl}/gaia-x-description/platform`, signing, {
    'gx:name': 'Fulcrum',
    'gx:description': 'Control plane for cloud resources of independent providers',
    'gx:licence': 'Apache-2.0',
    'gx:apiDescription': `${signing.baseUrl}/openapi.json`,
    ...(operatorId !== null && { 'gx:providedBy': { id: `${personId(operatorId, signing)}#cs` } }),
  })
}

function personId(participantId: string, { baseUrl }: Signing): string {
  return `${baseUrl}/participants/${participantId}/legal-person`
}

function described(type: Described['type'], id: string, signing: Signing, facts: JsonObject): Described {
  const { issuer, validFrom, validUntil } = signing
  return {
    type,
    document: {
      '@context': CONTEXT,
      id,
      type: ['VerifiableCredential', type],
      ...(issuer !== null && { issuer }),
      validFrom,
      validUntil,
      credentialSubject: { id: `${id}#cs`, type, ...facts },
    },
  }
}
