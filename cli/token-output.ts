/** Printing a token that was just made: the only moment at which its value is known. */
import type { Token } from '@fulcrum/contract'
import { age, parseDurationMs, serialize, toFormat } from './output/format.ts'
import { note, print, printable } from './output/terminal.ts'

/** The clear value alone on stdout, so that it can go into a file; about it on stderr. */
export async function printToken(token: Token, output: string): Promise<void> {
  const format = toFormat(output)
  if (format === 'json' || format === 'yaml') return print(await serialize(format, token))
  if (format === 'name') return print(printable(token.name))
  note(
    `Token ${printable(token.name)} (${token.role}), id ${token.id}, expires ${age(token.expireAt)}. Shown this once:`,
  )
  if (token.value !== undefined) print(token.value)
}

/** The time a duration from now. @throws CliError (usage) */
export function expiry(duration: string): string {
  return new Date(Date.now() + parseDurationMs(duration)).toISOString()
}
