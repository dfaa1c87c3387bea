/**
 * `npm run vectors:sovereignty -- FILE`: evaluates a file of vectors with these rules, prints what differs, and ends with
 * `N passed, N failed`; exit code 1 when something failed.
 */
import { readFileSync } from 'node:fs'
import { evaluateVectors } from './vector-file.ts'

const file = process.argv[2]
if (file === undefined) {
  process.stderr.write('usage: npm run vectors:sovereignty -- FILE\n')
  process.exit(2)
}
const results = await evaluateVectors(JSON.parse(readFileSync(file, 'utf8')))
const failed = results.filter(({ difference }) => difference !== null)
for (const { name, difference } of failed) process.stdout.write(`${name}: ${difference}\n`)
process.stdout.write(`${results.length - failed.length} passed, ${failed.length} failed\n`)
process.exitCode = failed.length > 0 ? 1 : 0
