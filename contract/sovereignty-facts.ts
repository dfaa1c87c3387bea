/**
 * The facts of a sovereignty profile. Every member is optional: what is not known is left out. Members that are not described
 * here are refused, because a misspelt fact would be an unknown one.
 */
import { type Static, type TProperties, Type } from 'typebox'

/** ISO 3166-1 alpha-2, checked against the list of countries as well. */
export const COUNTRY_PATTERN = '^[A-Z]{2}$'
/** RFC 3339 time, or a date. */
export const FACT_TIME_PATTERN =
  '^\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2}))?$'

const MAX_ITEMS = 500

const Country = Type.String({ pattern: COUNTRY_PATTERN, description: 'ISO 3166-1 alpha-2; Greece is GR.' })
const Countries = Type.Array(Country, { maxItems: 250 })
const FactTime = Type.String({ pattern: FACT_TIME_PATTERN, description: 'RFC 3339 time, or a date.' })
const FactTimeOrNever = Type.Union([FactTime, Type.Null()], { description: 'null: never.' })
const Text = Type.String({ minLength: 1, maxLength: 300 })
const Uri = Type.String({
  maxLength: 2000,
  pattern: '^https://[^\\s]+$',
  description: 'An https link; it is never fetched.',
})
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, hex.' })
const Pct = Type.Number({ minimum: 0, maximum: 100 })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Days = Type.Integer({ minimum: 0, maximum: 36_500 })
const Texts = Type.Array(Text, { maxItems: MAX_ITEMS })

/** All members optional, others refused. */
function section<P extends TProperties>(members: P) {
  return Type.Partial(Type.Object(members), { additionalProperties: false })
}
/** These members, others refused. */
function record<P extends TProperties>(members: P) {
  return Type.Object(members, { additionalProperties: false })
}
function items<P extends TProperties>(members: P) {
  return Type.Array(record(members), { maxItems: MAX_ITEMS })
}

const Legal = section({
  legalName: Text,
  registrationNumbers: items({
    scheme: Type.Enum(['vatID', 'leiCode', 'EUID', 'EORI', 'taxID', 'local']),
    value: Type.String({ minLength: 1, maxLength: 100 }),
    country: Country,
  }),
  registeredCountry: Country,
  headquartersCountry: Country,
  mainEstablishmentCountry: Country,
  governingLaw: Countries,
  courtVenue: Countries,
})

const Control = section({
  owners: items({
    name: Type.Optional(Text),
    country: Country,
    capitalPct: Type.Optional(Pct),
    votingPct: Type.Optional(Pct),
    vetoRights: Type.Optional(Type.Boolean()),
    boardMajorityRight: Type.Optional(Type.Boolean()),
    publicAuthority: Type.Optional(Type.Boolean()),
  }),
  ultimateControllerCountries: Countries,
  changeOfControl: Type.Enum(['statutory', 'consent', 'notice', 'none']),
})

const Extraterritorial = items({
  jurisdiction: Country,
  instrument: Type.Enum([
    ...(['CLOUD-ACT', 'FISA-702', 'EO-12333', 'EXPORT-CONTROL', 'SANCTIONS'] as const),
    ...(['CN-NIL', 'CN-DSL', 'IPA-UK', 'RU-YAROVAYA', 'OTHER'] as const),
  ]),
  effects: Type.Array(Type.Enum(['data-access', 'cut-off', 'tariff', 'vuln-disclosure']), { minItems: 1, maxItems: 4 }),
  basis: Type.Optional(Type.Enum(['seat', 'parent', 'affiliate', 'staff', 'supplier', 'market-presence'])),
})

const Location = section({
  storage: Countries,
  processing: Countries,
  backup: Countries,
  telemetry: Countries,
  support: Countries,
  controlPlane: Countries,
  keys: Countries,
  sites: items({
    id: Text,
    country: Country,
    subdivision: Type.Optional(Type.String({ pattern: '^[A-Z]{2}-[A-Z0-9]{1,3}$', description: 'ISO 3166-2.' })),
    geo: Type.Optional(
      Type.Tuple([Type.Number({ minimum: -90, maximum: 90 }), Type.Number({ minimum: -180, maximum: 180 })], {
        description: 'Latitude and longitude in degrees.',
      }),
    ),
  }),
  fallbackOutside: Type.Boolean({ description: 'Whether something may go elsewhere when these places fail.' }),
})

const Data = section({
  encryption: Type.Enum(['none', 'provider-managed', 'byok', 'hyok', 'client-side']),
  keyHolder: Type.Enum(['provider', 'customer', 'third-party']),
  kmsCountry: Country,
  providerPlaintextAccess: Type.Enum(['possible', 'possible-logged', 'technically-impossible']),
  confidentialComputing: Type.Enum(['sev-snp', 'tdx', 'cca', 'none']),
  accessLog: Type.Boolean(),
  deletionProof: Type.Boolean(),
})

const Operations = section({
  adminAccessCountries: Countries,
  socCountries: Countries,
  staffClearance: Type.Enum(['none', 'eu-resident', 'eu-citizen']),
  disconnect: section({ supported: Type.Boolean(), testedAt: FactTimeOrNever, autonomyDays: Days }),
  governmentRequests: section({ policyUri: Uri, challenges: Type.Boolean(), transparencyReportUri: Uri }),
})

const SupplyChain = section({
  subprocessors: items({
    name: Text,
    registeredCountry: Type.Optional(Country),
    controllerCountry: Type.Optional(Country),
    role: Type.Optional(Text),
    dataAccess: Type.Optional(Type.Enum(['none', 'metadata', 'encrypted', 'plaintext'])),
  }),
  components: items({
    name: Text,
    kind: Type.Optional(Type.Enum(['software', 'firmware', 'hardware', 'service'])),
    supplier: Type.Optional(Text),
    supplierCountry: Type.Optional(Country),
    controllerCountry: Type.Optional(Country),
    criticality: Type.Optional(Type.Enum(['critical', 'important', 'minor'])),
    substitutable: Type.Optional(Type.Enum(['easy', 'difficult', 'none'])),
    survivesDays: Type.Optional(Days),
    costShare: Type.Optional(Share),
    license: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'SPDX.' })),
    escrow: Type.Optional(Type.Boolean()),
  }),
  sbom: items({
    format: Type.Enum(['cyclonedx', 'spdx']),
    version: Type.Optional(Text),
    uri: Type.Optional(Uri),
    sha256: Type.Optional(Digest),
  }),
  provenance: items({
    predicateType: Text,
    level: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
    uri: Type.Optional(Uri),
    sha256: Type.Optional(Digest),
  }),
  auditRight: Type.Boolean(),
})

const Technology = section({
  openSourceShare: Share,
  apiKind: Type.Enum(['open-standard', 'documented', 'closed']),
  standards: Texts,
})

const Portability = section({
  noticePeriodDays: Days,
  transitionDays: Days,
  retrievalDays: Days,
  switchingCharges: Type.Enum(['none', 'cost-based', 'above-cost']),
  exportFormats: Texts,
  importFormats: Texts,
  exportAction: Type.String({ minLength: 1, maxLength: 100 }),
  importAction: Type.String({ minLength: 1, maxLength: 100 }),
  exportTestedAt: FactTimeOrNever,
  throughput: record({
    exportMiBps: Type.Number({ exclusiveMinimum: 0, maximum: 1e9 }),
    importMiBps: Type.Number({ exclusiveMinimum: 0, maximum: 1e9 }),
    measuredAt: FactTime,
  }),
})

const Security = section({
  certifications: items({
    scheme: Text,
    level: Type.Optional(Text),
    scope: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
    number: Type.Optional(Text),
    issuer: Type.Optional(Text),
    validUntil: Type.Optional(FactTime),
    evidenceId: Type.Optional(Type.String({ maxLength: 100 })),
  }),
})

const Environment = section({
  climate: Type.Enum(['cool', 'warm']),
  pue: Type.Number({ minimum: 1, maximum: 10 }),
  wue: Type.Number({ minimum: 0, maximum: 100, description: 'Litres per kWh.' }),
  renewablePct: Pct,
  carbonGramPerKWh: Type.Number({ minimum: 0, maximum: 5000 }),
})

const Commercial = section({
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }),
  priceLockUntil: FactTime,
  indexation: Type.Enum(['none', 'cpi', 'supplier', 'fx']),
})

const Seal = Type.Optional(Type.Integer({ minimum: 0, maximum: 4 }))

const Assessments = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]{1,39}$' }),
  section({
    version: Text,
    rulesVersion: Text,
    level: Text,
    badge: Text,
    jurisdiction: Text,
    seals: record({
      ...{ 'SOV-1': Seal, 'SOV-2': Seal, 'SOV-3': Seal, 'SOV-4': Seal },
      ...{ 'SOV-5': Seal, 'SOV-6': Seal, 'SOV-7': Seal, 'SOV-8': Seal },
    }),
    declaredScore: Pct,
    verifiedScore: Pct,
    criteria: Texts,
    evidenceIds: Type.Array(Type.String({ maxLength: 100 }), { maxItems: MAX_ITEMS }),
  }),
  { additionalProperties: false, description: 'By framework: gaia-x, ec-csf, cispe, cada-ual, bsi-c3a, …' },
)

export const SovereigntyFacts = section({
  legal: Legal,
  control: Control,
  extraterritorial: Extraterritorial,
  location: Location,
  data: Data,
  operations: Operations,
  supplyChain: SupplyChain,
  technology: Technology,
  portability: Portability,
  security: Security,
  environment: Environment,
  commercial: Commercial,
  assessments: Assessments,
})
export type SovereigntyFacts = Static<typeof SovereigntyFacts>
