/**
 * What is known about a provider, one of its agents or one of its offerings: facts, and the evidence behind them. Every fact is
 * optional, because an unknown fact is no good fact: rules say what they make of it. Paths such as `/control/owners` are JSON
 * Pointers into this shape.
 */

/** ISO 3166-1 alpha-2; Greece is GR. */
export type Country = string

/** From nothing to an auditor's word, in this order. */
export const ASSURANCES = ['none', 'self-declared', 'credential-verified', 'auditor-attested'] as const
export type Assurance = (typeof ASSURANCES)[number]

export const LOCATION_ASPECTS = [
  'storage',
  'processing',
  'backup',
  'telemetry',
  'support',
  'controlPlane',
  'keys',
] as const
export type LocationAspect = (typeof LOCATION_ASPECTS)[number]

export const OBJECTIVES = ['SOV-1', 'SOV-2', 'SOV-3', 'SOV-4', 'SOV-5', 'SOV-6', 'SOV-7', 'SOV-8'] as const
export type Objective = (typeof OBJECTIVES)[number]

export type Owner = {
  name?: string
  country: Country
  /** 0 to 100. */
  capitalPct?: number
  votingPct?: number
  vetoRights?: boolean
  boardMajorityRight?: boolean
  publicAuthority?: boolean
}

export type Component = {
  name: string
  kind?: 'software' | 'firmware' | 'hardware' | 'service'
  supplier?: string
  supplierCountry?: Country
  controllerCountry?: Country
  criticality?: 'critical' | 'important' | 'minor'
  substitutable?: 'easy' | 'difficult' | 'none'
  /** How long it runs on without its supplier. */
  survivesDays?: number
  /** Its share of the cost of what is sold, 0 to 1. */
  costShare?: number
  /** SPDX. */
  license?: string
  escrow?: boolean
}

export type Subprocessor = {
  name: string
  registeredCountry?: Country
  controllerCountry?: Country
  role?: string
  dataAccess?: 'none' | 'metadata' | 'encrypted' | 'plaintext'
}

export type Effect = 'data-access' | 'cut-off' | 'tariff'

export type Instrument = {
  jurisdiction: Country
  instrument: string
  effects: readonly (Effect | 'vuln-disclosure')[]
  basis?: 'seat' | 'parent' | 'affiliate' | 'staff' | 'supplier' | 'market-presence'
}

export type Certification = {
  scheme: string
  level?: string
  scope?: string
  number?: string
  issuer?: string
  validUntil?: string
  evidenceId?: string
}

export type Assessment = {
  version?: string
  rulesVersion?: string
  level?: string
  badge?: string
  jurisdiction?: string
  seals?: Partial<Record<Objective, number>>
  declaredScore?: number
  verifiedScore?: number
  /** Ids of the criteria that were met; catalogues with criteria only. */
  criteria?: readonly string[]
  evidenceIds?: readonly string[]
}

export type EvidenceKind =
  | 'self-declaration'
  | 'verifiable-credential'
  | 'certificate'
  | 'audit-report'
  | 'contract'
  | 'registry-lookup'
  | 'measurement'

export type Evidence = {
  id: string
  kind: EvidenceKind
  /** JSON Pointers; each covers everything below it. `/` covers the whole profile. */
  assertsPaths: readonly string[]
  /** JSON Pointers that it does not speak of although `assertsPaths` covers them. */
  exceptPaths?: readonly string[]
  issuer?: { name: string; did?: string }
  issuedAt?: string
  validFrom?: string
  validUntil?: string
  mediaType?: string
  uri?: string
  sha256?: string
  verification: {
    status: 'unverified' | 'verified' | 'failed' | 'expired' | 'revoked' | 'stale'
    level: Assurance
    checkedAt?: string
    method?: string
    checks?: readonly { code: string; ok: boolean; detail?: string }[]
  }
}

export type Profile = {
  id: string
  legal?: {
    legalName?: string
    registrationNumbers?: readonly { scheme: string; value: string; country: Country }[]
    registeredCountry?: Country
    headquartersCountry?: Country
    mainEstablishmentCountry?: Country
    governingLaw?: readonly Country[]
    courtVenue?: readonly Country[]
  }
  control?: {
    owners?: readonly Owner[]
    ultimateControllerCountries?: readonly Country[]
    changeOfControl?: 'statutory' | 'consent' | 'notice' | 'none'
  }
  extraterritorial?: readonly Instrument[]
  location?: { readonly [A in LocationAspect]?: readonly Country[] } & {
    sites?: readonly { id: string; country: Country; subdivision?: string; geo?: readonly [number, number] }[]
    fallbackOutside?: boolean
  }
  data?: {
    encryption?: 'none' | 'provider-managed' | 'byok' | 'hyok' | 'client-side'
    keyHolder?: 'provider' | 'customer' | 'third-party'
    kmsCountry?: Country
    providerPlaintextAccess?: 'possible' | 'possible-logged' | 'technically-impossible'
    confidentialComputing?: 'sev-snp' | 'tdx' | 'cca' | 'none'
    accessLog?: boolean
    deletionProof?: boolean
  }
  operations?: {
    adminAccessCountries?: readonly Country[]
    socCountries?: readonly Country[]
    staffClearance?: 'none' | 'eu-resident' | 'eu-citizen'
    disconnect?: { supported?: boolean; testedAt?: string | null; autonomyDays?: number }
    governmentRequests?: { policyUri?: string; challenges?: boolean; transparencyReportUri?: string }
  }
  supplyChain?: {
    subprocessors?: readonly Subprocessor[]
    components?: readonly Component[]
    sbom?: readonly { format: 'cyclonedx' | 'spdx'; version?: string; uri?: string; sha256?: string }[]
    provenance?: readonly { predicateType: string; level?: number; uri?: string; sha256?: string }[]
    auditRight?: boolean
  }
  technology?: {
    /** 0 to 1. */
    openSourceShare?: number
    apiKind?: 'open-standard' | 'documented' | 'closed'
    standards?: readonly string[]
  }
  portability?: {
    noticePeriodDays?: number
    transitionDays?: number
    retrievalDays?: number
    switchingCharges?: 'none' | 'cost-based' | 'above-cost'
    exportFormats?: readonly string[]
    importFormats?: readonly string[]
    exportAction?: string
    importAction?: string
    exportTestedAt?: string | null
    throughput?: { exportMiBps: number; importMiBps: number; measuredAt: string }
  }
  security?: { certifications?: readonly Certification[] }
  environment?: {
    climate?: 'cool' | 'warm'
    pue?: number
    wue?: number
    renewablePct?: number
    carbonGramPerKWh?: number
  }
  commercial?: { currency?: string; priceLockUntil?: string; indexation?: 'none' | 'cpi' | 'supplier' | 'fx' }
  assessments?: { readonly [framework: string]: Assessment }
  evidences?: readonly Evidence[]
}
