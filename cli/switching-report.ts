/** The record of a switching as a report: clocks, entries, what can be taken along, and what is still missing (Data Act, Article 25). */
import type { SwitchingAsset, SwitchingEntry, SwitchingRecord } from '@fulcrum/contract'
import { amounts } from './output/exposure.ts'
import { size } from './output/format.ts'
import { bullets, keyFigures, notice, paragraph, type Report } from './report/document.ts'
import type { Html } from './report/html.ts'
import { reportTable } from './report/table.ts'
import type { NameOf } from './report-names.ts'

const DESTINATIONS = {
  provider: 'another provider',
  'on-premises': 'own premises',
  erase: 'nowhere: all is to be erased',
} as const
const KINDS = {
  'exportable-data': 'exported data',
  'digital-asset': 'configuration',
  'excluded-internal': 'kept by the provider',
} as const
const OVERDUE = {
  transition: 'The transition should have been completed by now.',
  erasure: 'The provider should have erased the data by now.',
} as const

export function switchingReport(record: SwitchingRecord, nameOf: NameOf, generatedAt: string): Report {
  return {
    title: 'Switching under the Data Act',
    subtitle: `${nameOf(record.consumerId)} leaves ${nameOf(record.providerId)} · switching ${record.id} · at ${record.updatedAt}`,
    generatedAt,
    sections: [
      { title: 'In short', blocks: inShort(record, nameOf) },
      { title: 'Clocks', blocks: [clockTable(record, generatedAt.slice(0, 10))] },
      { title: 'What is missing', blocks: [missingList(record, nameOf)] },
      { title: 'Entries', blocks: [entryTable(record.entries)] },
      { title: 'Charges', blocks: [chargeTable(record.entries)] },
      { title: 'Services', blocks: [serviceTable(record, nameOf)] },
      { title: 'What can be taken along', blocks: [assetTable(record.assets, nameOf)] },
      {
        title: 'What this rests on',
        blocks: [
          bullets([
            'Regulation (EU) 2023/2854. Months are counted by the calendar, in UTC; holidays move nothing.',
            'Entries are what the parties said; none is ever changed.',
            'It is a record, not legal advice.',
          ]),
        ],
      },
    ],
  }
}

function inShort(record: SwitchingRecord, nameOf: NameOf): Html[] {
  const { state, serviceIds, destination, destinationProviderId, clocks, assets, overdue } = record
  const exported = assets.filter(({ kind }) => kind === 'exportable-data')
  const bytes = exported.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return [
    ...overdue.map((what) => notice(OVERDUE[what], 'warning')),
    ...(state === 'disputed' ? [notice('A dispute is open.', 'warning')] : []),
    keyFigures([
      { label: 'State', value: state },
      { label: 'Services', value: `${serviceIds.length}` },
      {
        label: 'To',
        value: destinationProviderId === undefined ? DESTINATIONS[destination] : nameOf(destinationProviderId),
      },
      { label: 'Transition ends', value: clocks.transitionEndsOn },
      { label: 'Data can be fetched until', value: clocks.retrievalEndsOn, detail: 'at least' },
      {
        label: 'Exported data',
        value: size(bytes),
        detail: exported.length === 1 ? '1 artifact' : `${exported.length} artifacts`,
      },
    ]),
  ]
}

function clockTable({ requestedOn, noticeMonths, contractRef, clocks }: SwitchingRecord, today: string): Html {
  const days = [
    ['First day of the notice', requestedOn],
    [`Last day of the notice of ${noticeMonths} ${noticeMonths === 1 ? 'month' : 'months'}`, clocks.noticeEndsOn],
    ['Last day to call the transition unfeasible', clocks.unfeasibleUntil],
    ['Last day of the transition', clocks.transitionEndsOn],
    ['Data can be fetched until at least', clocks.retrievalEndsOn],
    ['Switching costs nothing from', clocks.noChargesFrom],
  ] as const
  return reportTable(
    ['Clock', 'Day', 'On the day of this report'],
    days.map(([what, day]) => [what, day, day < today ? 'past' : day === today ? 'today' : 'to come']),
    { caption: `Contract: ${contractRef ?? 'not told'}` },
  )
}

function missingList(record: SwitchingRecord, nameOf: NameOf): Html {
  const { contractRef, serviceIds, destination, assets, entries, state } = record
  const exported = assets.filter(({ kind }) => kind === 'exportable-data')
  const has = (kind: SwitchingEntry['kind']) => entries.some((entry) => entry.kind === kind)
  const missing: string[] = []
  if (contractRef === undefined) missing.push('How the contract is found was not told.')
  if (destination !== 'erase')
    for (const id of serviceIds.filter((one) => !exported.some(({ serviceId }) => serviceId === one)))
      missing.push(`No data of ${nameOf(id)} has been exported.`)
  for (const { serviceId, path, sha256, importedAt } of exported) {
    if (sha256 === undefined) missing.push(`The data of ${nameOf(serviceId)} at ${path} has no digest.`)
    if (destination === 'provider' && importedAt === undefined)
      missing.push(`The data of ${nameOf(serviceId)} at ${path} has not been taken in by another provider.`)
  }
  if (destination !== 'erase' && !has('completion'))
    missing.push('The customer has not said that its data is elsewhere.')
  if (state !== 'erased' && !has('erasure')) missing.push('The provider has not said that the data is erased.')
  else if (!entries.some(({ kind, proofSha256 }) => kind === 'erasure' && proofSha256 !== undefined))
    missing.push('The erasure is not proved by the digest of a document.')
  return missing.length > 0 ? bullets(missing) : paragraph('Nothing is missing.')
}

function entryTable(entries: readonly SwitchingEntry[]): Html {
  return reportTable(
    ['Entered', 'By', 'Kind', 'What', 'Until', 'Proof'],
    entries.map(({ at, by, kind, text, endsOn, earlyErasure, proofSha256 }) => [
      at,
      by,
      kind,
      [text, earlyErasure ? 'The data may be erased at once.' : undefined]
        .filter((part) => part !== undefined)
        .join(' '),
      endsOn ?? '',
      proofSha256 ?? '',
    ]),
    { empty: 'Nobody has entered anything.' },
  )
}

function chargeTable(entries: readonly SwitchingEntry[]): Html {
  return reportTable(
    ['Entered', 'For', { title: 'Charge', number: true }, { title: 'Direct cost', number: true }],
    entries.flatMap(({ at, text, charge, directCost }) =>
      charge
        ? [
            [
              at,
              text ?? '',
              `${amounts(charge.amount)} ${charge.currency}`,
              directCost === undefined ? 'not told' : `${amounts(directCost)} ${charge.currency}`,
            ],
          ]
        : [],
    ),
    { empty: 'Nothing was charged.' },
  )
}

function serviceTable({ serviceIds }: SwitchingRecord, nameOf: NameOf): Html {
  return reportTable(
    ['Service', 'Id'],
    serviceIds.map((id) => [nameOf(id), id]),
  )
}

function assetTable(assets: readonly SwitchingAsset[], nameOf: NameOf): Html {
  return reportTable(
    ['Service', 'What', 'Format', { title: 'Size', number: true }, 'Exported', 'Taken in', 'SHA-256', 'Where'],
    assets.map(({ serviceId, kind, format, sizeBytes, exportedAt, importedAt, sha256, path }) => [
      nameOf(serviceId),
      KINDS[kind],
      format,
      size(sizeBytes),
      exportedAt ?? '',
      importedAt ?? '',
      sha256 ?? '',
      path,
    ]),
    { empty: 'There is nothing to be taken along.' },
  )
}
