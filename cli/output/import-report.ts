/** What an import of a Go control plane tells a person: a table of all tables, then one line for each kind of finding. */
import type { Finding, ImportReport } from '@fulcrum/server/go-import'
import { table } from './table.ts'
import { paint, printable } from './terminal.ts'

/** Of each kind of finding so many ids are shown. */
const SHOWN_IDS = 3

const HEADER = ['TABLE', 'SOURCE', 'NEW', 'CHANGED', 'SAME', 'NEWER HERE', 'NOT IMPORTED', 'MADE UP']

export function importReportText({ tables, findings }: ImportReport): string {
  const rows = tables.map((one) => [
    one.table,
    ...[one.source, one.added, one.changed, one.unchanged, one.kept, one.notImported, one.placeholders].map(String),
  ])
  return table(HEADER, rows) + kinds(findings).map(line).join('')
}

function kinds(findings: readonly Finding[]): Finding[][] {
  const found = Map.groupBy(findings, ({ table: name, treatment, text }) => JSON.stringify([name, treatment, text]))
  return [...found.values()]
}

function line(kind: readonly Finding[]): string {
  const [first] = kind
  if (!first) return ''
  const count = kind.reduce((sum, one) => sum + one.count, 0)
  const ids = kind.flatMap(({ id }) => id ?? [])
  const shown = ids.slice(0, SHOWN_IDS).join(', ') + (count > SHOWN_IDS ? ', …' : '')
  const flaw = first.treatment === 'skipped' || first.treatment === 'mended'
  const treatment = paint(flaw ? 'yellow' : 'dim', first.treatment)
  return `${treatment}  ${first.table}: ${count} × ${printable(first.text)}${ids.length > 0 ? ` (${shown})` : ''}\n`
}
