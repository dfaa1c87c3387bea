/**
 * A supervisor for tests to kill: starts PostgreSQL with the options in its first argument (JSON) and stays.
 * Prints one line of JSON: what was started, or the error's name and message.
 */
import { type StartOptions, startPostgres } from './start-postgres.ts'

// the argument is written by the tests beside this file
const options = JSON.parse(process.argv[2] ?? '') as StartOptions
try {
  const { pid, adopted, url } = await startPostgres(options)
  console.log(JSON.stringify({ pid, adopted, url }))
  setInterval(() => {}, 1_000)
} catch (error) {
  console.log(JSON.stringify(error instanceof Error ? { name: error.name, message: error.message } : {}))
}
