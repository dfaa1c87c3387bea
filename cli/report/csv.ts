/** Tables as CSV (RFC 4180) that spreadsheets open as they are. */
import { stringify } from 'csv-stringify/sync'

/**
 * A byte order mark tells spreadsheets that it is UTF-8. Texts that begin as a formula would are made texts: names come from other
 * parties, and nobody's formula may run at whoever opens the file.
 */
export function csv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return stringify([columns, ...rows], { bom: true, record_delimiter: 'windows', escape_formulas: true })
}
