/**
 * The page about jurisdiction that the Data Act asks of every provider (Article 28): where its infrastructure is, who can reach it
 * from abroad, and what is done against it. Pure: published profiles in, the page out. What is not published is named.
 */
import type { JurisdictionOffering, JurisdictionPage, JurisdictionReach } from '@fulcrum/contract'
import {
  controlFrom,
  type Effect,
  LOCATION_ASPECTS,
  outside,
  type Profile,
  prove,
  reach,
  ZONE_GROUPS,
} from '@fulcrum/sovereignty'
import { timestamp } from '../platform/wire.ts'

export type OfferingFacts = Omit<
  JurisdictionOffering,
  'infrastructure' | 'fallbackOutside' | 'reach' | 'measures' | 'unknown'
> & { profile: Profile }

const EFFECTS: readonly Effect[] = ['data-access', 'cut-off', 'tariff']
const ABROAD = outside([{ groups: ['EEA'] }], ZONE_GROUPS)

/** Facts that the page speaks of, by JSON Pointer. */
const ASKED: readonly { path: string; known: (profile: Profile) => unknown }[] = [
  ...LOCATION_ASPECTS.map((aspect) => ({
    path: `/location/${aspect}`,
    known: ({ location }: Profile) => location?.[aspect],
  })),
  { path: '/location/fallbackOutside', known: ({ location }) => location?.fallbackOutside },
  { path: '/data/encryption', known: ({ data }) => data?.encryption },
  { path: '/data/keyHolder', known: ({ data }) => data?.keyHolder },
  { path: '/data/providerPlaintextAccess', known: ({ data }) => data?.providerPlaintextAccess },
  { path: '/operations/adminAccessCountries', known: ({ operations }) => operations?.adminAccessCountries },
  { path: '/operations/governmentRequests', known: ({ operations }) => operations?.governmentRequests },
  { path: '/supplyChain/subprocessors', known: ({ supplyChain }) => supplyChain?.subprocessors },
]

type Measure = { path: string; text: (profile: Profile, at: string) => string | false | undefined }

/** Technical, organisational and legal measures, each with the fact that it stands on. */
const MEASURES: readonly Measure[] = [
  {
    path: '/data/keyHolder',
    text: ({ data }) => {
      if (data?.keyHolder === undefined || data.keyHolder === 'provider') return false
      const where = data.kmsCountry === undefined ? '' : `, kept in ${data.kmsCountry}`
      return `Keys are held by ${data.keyHolder === 'customer' ? 'the customer' : 'a third party'}${where}`
    },
  },
  {
    path: '/data/providerPlaintextAccess',
    text: ({ data }) =>
      data?.providerPlaintextAccess === 'technically-impossible' &&
      'Access of the provider to content in clear is technically impossible',
  },
  {
    path: '/data/confidentialComputing',
    text: ({ data }) =>
      data?.confidentialComputing !== undefined &&
      data.confidentialComputing !== 'none' &&
      `Data is encrypted while it is processed (${data.confidentialComputing})`,
  },
  { path: '/data/accessLog', text: ({ data }) => data?.accessLog && "The provider's own accesses are logged" },
  {
    path: '/location/fallbackOutside',
    text: ({ location }) => location?.fallbackOutside === false && 'Nothing moves out of the named countries',
  },
  {
    path: '/operations/governmentRequests',
    text: ({ operations }) => {
      const { challenges, policyUri, transparencyReportUri } = operations?.governmentRequests ?? {}
      const parts = [
        challenges && 'requests of foreign authorities are challenged',
        policyUri && `policy: ${policyUri}`,
        transparencyReportUri && `transparency report: ${transparencyReportUri}`,
      ].filter((part) => typeof part === 'string')
      return parts.length > 0 && capital(parts.join('; '))
    },
  },
  {
    path: '/operations/staffClearance',
    text: ({ operations }) =>
      operations?.staffClearance !== undefined &&
      operations.staffClearance !== 'none' &&
      `Staff with access are ${operations.staffClearance === 'eu-citizen' ? 'citizens' : 'residents'} of the EU`,
  },
  {
    path: '/operations/disconnect',
    text: ({ operations }) => {
      const { supported, testedAt, autonomyDays } = operations?.disconnect ?? {}
      if (!supported) return false
      const lasts = autonomyDays === undefined ? '' : ` for ${autonomyDays} days`
      const tested = testedAt ? `; last tested on ${testedAt.slice(0, 10)}` : '; never tested'
      return `It runs on without its foreign suppliers${lasts}${tested}`
    },
  },
]

export function jurisdictionPage(
  provider: { id: string; name: string; profile: Profile },
  offerings: readonly OfferingFacts[],
  now: Date,
): JurisdictionPage {
  const { legal } = provider.profile
  const control = controlFrom(provider.profile, ABROAD)
  return {
    providerId: provider.id,
    providerName: provider.name,
    asOf: timestamp(now),
    ...(legal?.legalName !== undefined && { legalName: legal.legalName }),
    ...(legal?.registeredCountry !== undefined && { registeredCountry: legal.registeredCountry }),
    ...(legal?.headquartersCountry !== undefined && { headquartersCountry: legal.headquartersCountry }),
    governingLaw: [...(legal?.governingLaw ?? [])],
    courtVenue: [...(legal?.courtVenue ?? [])],
    foreignControl: control.state,
    foreignControllers: control.state === 'yes' ? [...control.countries] : [],
    offerings: offerings.map((offering) => offeringPage(offering, timestamp(now))),
  }
}

function offeringPage(offering: OfferingFacts, at: string): JurisdictionOffering {
  const { profile, agentId, agentName, serviceTypeId, serviceTypeName, profileVersions } = offering
  const { location } = profile
  return {
    agentId,
    agentName,
    serviceTypeId,
    serviceTypeName,
    profileVersions,
    infrastructure: Object.fromEntries(
      LOCATION_ASPECTS.flatMap((aspect) => {
        const countries = location?.[aspect]
        return countries ? [[aspect, [...countries]]] : []
      }),
    ),
    ...(location?.fallbackOutside !== undefined && { fallbackOutside: location.fallbackOutside }),
    reach: EFFECTS.map((effect): JurisdictionReach => {
      const { level, reasons } = reach(effect, profile, ABROAD, at)
      return { effect, level, reasons: [...reasons] }
    }),
    measures: MEASURES.flatMap(({ path, text }) => {
      const told = text(profile, at)
      return told ? [{ text: told, assurance: prove(profile, path, at).level }] : []
    }),
    unknown: ASKED.filter(({ known }) => known(profile) === undefined).map(({ path }) => path),
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
