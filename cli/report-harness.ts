/** For the tests of `--report`: runs a command, checks its file, and reads figures and rows out of the page. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fulcrum, root } from './command-harness.ts'

let count = 0
/** Runs a command with `--report` and reads the page: without markup of others, and for nobody but its owner. */
export async function reported(...args: string[]): Promise<string> {
  const file = join(root, `report-${++count}.html`)
  const { code, err } = await fulcrum(...args, '--report', file)
  assert.equal(code, 0, err)
  assert.match(err, /Wrote .*report-\d+\.html/)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await fulcrum(...args, '--report', file)
  assert.deepEqual([again.code, /--force replaces it/.test(again.err)], [2, true])
  assert.equal((await fulcrum(...args, '--report', file, '--force')).code, 0)
  const page = await readFile(file, 'utf8')
  assert.ok(!page.includes('<b>'), 'a name became markup')
  return page
}

/** Rows of tables, cells parted by |. */
export function rowsOf(page: string): string[] {
  return [...page.matchAll(/<tr>(<td.*?)<\/tr>/gs)].map(([, cells = '']) =>
    [...cells.replaceAll('<wbr>', '').matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, text]) => text).join('|'),
  )
}

/** Large figures: label and value. */
export function figuresOf(page: string): Record<string, string> {
  const pairs = [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)]
  return Object.fromEntries(pairs.map(([, label, value]) => [label, value]))
}
