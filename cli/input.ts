/** Files named on the command line; `-` is standard input. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

export async function readInput(path: string): Promise<string> {
  return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')
}
