/** The page about a provider's jurisdiction as a report (Data Act, Article 28). */
import type { JurisdictionOffering, JurisdictionPage } from '@fulcrum/contract'
import { bullets, keyFigures, notice, paragraph, type Report, type Section } from './report/document.ts'
import type { Html } from './report/html.ts'
import { reportTable } from './report/table.ts'

const UNKNOWN = 'not published'
const CONTROL = {
  yes: 'Holders outside the European Economic Area control it',
  no: 'Nobody outside the European Economic Area controls it',
  unknown: 'Whether anybody outside the European Economic Area controls it is not known',
} as const

export function jurisdictionReport(page: JurisdictionPage, generatedAt: string): Report {
  return {
    title: 'Jurisdictions of a provider',
    subtitle: `${page.legalName ?? page.providerName} · as of ${page.asOf}`,
    generatedAt,
    sections: [
      { title: 'In short', blocks: inShort(page) },
      {
        title: 'The provider',
        blocks: [
          reportTable(
            ['What', 'As published'],
            factsOf(page).map(([what, known]) => [what, known ?? UNKNOWN]),
          ),
        ],
      },
      { title: 'Reach from outside the European Economic Area', blocks: [reachTable(page)] },
      ...page.offerings.map(offeringSection),
      { title: 'What is not published', blocks: [unknownTable(page)] },
      {
        title: 'What this rests on',
        blocks: [
          bullets([
            'Facts are those that the provider published; how well a measure is proved stands beside it.',
            'A fact that is not published counts as unknown, never as favourable.',
            'It was calculated from what is known at its date. It is not legal advice.',
          ]),
        ],
      },
    ],
  }
}

function inShort(page: JurisdictionPage): Html[] {
  const { foreignControl, foreignControllers, offerings } = page
  const exposed = offerings.filter(({ reach }) => reach.some(({ level }) => level === 'exposed'))
  const unclear = offerings.filter(({ reach }) => reach.some(({ level }) => level === 'unknown'))
  const missing = unpublished(page)
  const by = foreignControllers.length > 0 ? `: ${foreignControllers.join(', ')}` : ''
  return [
    foreignControl === 'no'
      ? paragraph(`${CONTROL.no}.`)
      : notice(`${CONTROL[foreignControl]}${foreignControl === 'yes' ? by : ''}.`, 'warning'),
    keyFigures([
      { label: 'Registered in', value: page.registeredCountry ?? UNKNOWN },
      { label: 'Headquarters in', value: page.headquartersCountry ?? UNKNOWN },
      { label: 'Controlled from outside', value: foreignControl === 'yes' ? by.slice(2) || 'yes' : foreignControl },
      { label: 'Offerings exposed', value: `${exposed.length} of ${offerings.length}` },
      { label: 'Offerings with unknown reach', value: `${unclear.length} of ${offerings.length}` },
      { label: 'Facts not published', value: `${missing.length}` },
    ]),
  ]
}

/** Undefined is what the provider has not published. */
function factsOf(page: JurisdictionPage): [string, string | undefined][] {
  return [
    ['Name', page.providerName],
    ['Legal name', page.legalName],
    ['Registered in', page.registeredCountry],
    ['Headquarters in', page.headquartersCountry],
    ['Governing law', page.governingLaw.join(', ') || undefined],
    ['Courts', page.courtVenue.join(', ') || undefined],
  ]
}

function titleOf({ serviceTypeName, agentName }: JurisdictionOffering): string {
  return `${serviceTypeName} at ${agentName}`
}

function reachTable({ offerings }: JurisdictionPage): Html {
  return reportTable(
    ['Offering', 'Effect', 'Level', 'Why'],
    offerings.flatMap((offering) =>
      offering.reach.map(({ effect, level, reasons }) => [titleOf(offering), effect, level, reasons.join(', ')]),
    ),
    { empty: 'There are no offerings.' },
  )
}

function offeringSection(offering: JurisdictionOffering): Section {
  const { infrastructure, fallbackOutside, measures, profileVersions } = offering
  const fallback = { true: 'It may move out of these countries.', false: 'It does not move out of these countries.' }
  const versions = profileVersions.map(({ profileId, version }) => `version ${version} of profile ${profileId}`)
  return {
    title: titleOf(offering),
    blocks: [
      reportTable(
        ['Infrastructure', 'Countries'],
        Object.entries(infrastructure).map(([what, countries]) => [
          WORDS[what] ?? what,
          countries.join(', ') || UNKNOWN,
        ]),
        { empty: 'Where its infrastructure is, is not published.' },
      ),
      paragraph(
        fallbackOutside === undefined
          ? 'Whether it may move out of these countries is not published.'
          : fallback[`${fallbackOutside}`],
      ),
      reportTable(
        ['Against access and cut-off from abroad', 'Proved by'],
        measures.map(({ text, assurance }) => [text, PROOFS[assurance]]),
        { empty: 'No measures against access or cut-off from abroad are published.' },
      ),
      paragraph(`Published facts: ${versions.join(', ') || 'none'}.`),
    ],
  }
}

const WORDS: Readonly<Record<string, string>> = { controlPlane: 'control plane' }
const PROOFS = {
  none: 'nothing',
  'self-declared': 'the word of the provider',
  'credential-verified': 'a verified credential',
  'auditor-attested': 'an auditor',
} as const

function unpublished(page: JurisdictionPage): string[][] {
  return [
    ...factsOf(page).flatMap(([what, known]) => (known === undefined ? [['the provider', what]] : [])),
    ...page.offerings.flatMap((offering) => offering.unknown.map((pointer) => [titleOf(offering), pointer])),
  ]
}

function unknownTable(page: JurisdictionPage): Html {
  return reportTable(['Of', 'Fact'], unpublished(page), { empty: 'Every fact that was needed is published.' })
}
