/** DORA's register of information as a report: how full it is, what has to be entered by hand, and its rows. */
import type { RegisterOfInformation, RegisterTemplate } from '@fulcrum/contract'
import { bullets, keyFigures, notice, paragraph, type Report, type Section } from './report/document.ts'
import type { Html } from './report/html.ts'
import { reportTable } from './report/table.ts'

/** As many fit beside each other on a page. */
const COLUMNS = 6

/** @param consumer  name of the one whose register it is */
export function registerReport(register: RegisterOfInformation, consumer: string, generatedAt: string): Report {
  const { asOf, templates } = register
  return {
    title: 'Register of information',
    subtitle: `${consumer} · as of ${asOf}`,
    generatedAt,
    sections: [
      { title: 'In short', blocks: inShort(templates) },
      { title: 'What is missing', blocks: [missingTable(templates)] },
      ...templates.map(templateSection),
      {
        title: 'What this rests on',
        blocks: [
          bullets([
            'Templates are those of Implementing Regulation (EU) 2024/2956, with plain names of their columns.',
            'Empty is what is not known. Costs are empty where one is unknown or two currencies would have to be added.',
            'It was calculated from what is known at its date. It is not legal advice.',
          ]),
        ],
      },
    ],
  }
}

function inShort(templates: readonly RegisterTemplate[]): Html[] {
  const rows = templates.reduce((sum, template) => sum + template.rows.length, 0)
  const cells = templates.flatMap((template) => template.rows.flat())
  const filled = cells.filter((cell) => cell !== '').length
  const missing = templates.reduce((sum, template) => sum + template.missing.length, 0)
  return [
    keyFigures([
      { label: 'Templates', value: `${templates.length}` },
      {
        label: 'Templates with nothing missing',
        value: `${templates.filter((one) => one.missing.length === 0).length}`,
      },
      { label: 'Rows', value: `${rows}` },
      { label: 'Cells filled', value: `${filled} of ${cells.length}` },
      { label: 'Points missing', value: `${missing}` },
    ]),
    ...(missing > 0 ? [notice('The register is not complete: what is missing is listed below.', 'warning')] : []),
    reportTable(
      ['Template', 'Title', { title: 'Rows', number: true }, { title: 'Missing', number: true }],
      templates.map((one) => [one.code, one.title, `${one.rows.length}`, `${one.missing.length}`]),
    ),
  ]
}

function missingTable(templates: readonly RegisterTemplate[]): Html {
  return reportTable(
    ['Template', 'To be entered or told'],
    templates.flatMap(({ code, missing }) => missing.map((what) => [code, what])),
    { empty: 'Nothing is missing.' },
  )
}

function templateSection({ code, title, columns, rows }: RegisterTemplate): Section {
  return { title: `${code} ${title}`, blocks: rows.length === 0 ? [paragraph('It has no rows.')] : wide(columns, rows) }
}

/** More columns than fit become several tables of the same rows; columns without any value are only named. */
function wide(columns: readonly string[], rows: RegisterTemplate['rows']): Html[] {
  const known = columns.flatMap((_, index) => (rows.some((row) => (row[index] ?? '') !== '') ? [index] : []))
  const empty = columns.filter((_, index) => !known.includes(index))
  const blocks: Html[] = []
  for (let first = 0; first < known.length; first += COLUMNS) {
    const shown = known.slice(first, first + COLUMNS)
    blocks.push(
      reportTable(
        [{ title: 'Row', number: true }, ...shown.map((index) => columns[index] ?? '')],
        rows.map((row, at) => [`${at + 1}`, ...shown.map((index) => row[index] ?? '')]),
      ),
    )
  }
  return [...blocks, ...(empty.length > 0 ? [paragraph(`Empty in every row: ${empty.join(', ')}.`)] : [])]
}
