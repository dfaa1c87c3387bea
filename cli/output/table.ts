/** Plain tables: aligned columns, two spaces between, nothing else, so that they can be cut with awk. */
import { paint, printable } from './terminal.ts'

/**
 * @param header  column titles
 * @param rows  cells as text; may hold anything, control characters are taken out
 * @returns lines with an end each; the last column is not padded
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable))
  const widths = header.map((title, column) => Math.max(title.length, ...clean.map((row) => width(row[column] ?? ''))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd()
  return [paint('bold', line(header)), ...clean.map(line)].map((text) => `${text}\n`).join('')
}

/** Name and value under each other, values aligned. */
export function pairs(entries: readonly (readonly [string, string])[], indent = ''): string {
  const widest = Math.max(0, ...entries.map(([name]) => width(name)))
  return entries
    .map(([name, value]) => `${indent}${name}:${' '.repeat(widest - width(name) + 2)}${value}`.trimEnd())
    .map((text) => `${text}\n`)
    .join('')
}

/** Columns that a text takes: wide East Asian and emoji characters take two, combining marks none. */
function width(text: string): number {
  let columns = 0
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return columns
}
