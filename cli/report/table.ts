/** Tables of reports. */
import { type Html, html } from './html.ts'

export type Column = string | { title: string; number: true }

/** Columns of numbers stand to the right. Without rows a sentence stands in its place. */
export function reportTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { caption, empty = 'There is nothing to show.' }: { caption?: string; empty?: string } = {},
): Html {
  if (rows.length === 0)
    return html`<p>${empty}</p>
`
  const classOf = (index: number) => (typeof columns[index] === 'object' ? 'number' : 'text')
  return html`<table>
${caption !== undefined && html`<caption>${caption}</caption>`}
<thead><tr>${columns.map(
    (column, index) =>
      html`<th scope="col" class="${classOf(index)}">${typeof column === 'string' ? column : column.title}</th>`,
  )}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${row.map((cell, index) => html`<td class="${classOf(index)}">${breakable(cell)}</td>`)}</tr>
`,
)}</tbody>
</table>
`
}

/** Digests, codes and ids may be broken, at their own seams first; words may not, so that no narrow column cuts them. */
function breakable(text: string): Html[] {
  return text.split(/(\S{25,})/u).flatMap((part, index) => {
    const pieces = index % 2 === 1 ? (part.match(/[^_/-]{1,16}[_/-]?|[_/-]/gu) ?? []) : [part]
    return pieces.map((piece, at) => html`${at > 0 && html`<wbr>`}${piece}`)
  })
}
