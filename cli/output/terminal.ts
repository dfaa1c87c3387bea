/** The terminal: data goes to stdout, everything said to a person to stderr. */

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
const CODES: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 }

/** Colour only for a person at a terminal who did not say NO_COLOR (no-color.org). */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const wanted = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  return wanted ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text
}

/** Says something to the person; not part of the result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Writes a part of the result. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** May questions be asked? */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Names and messages come from other parties: nothing in them may steer the terminal. Line ends become spaces. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
}
