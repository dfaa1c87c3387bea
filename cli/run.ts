/** Runs the command line: builds the tree of commands, runs one, and turns what was thrown into an exit code. */
import { CommanderError } from 'commander'
import { EXIT, explain } from './errors.ts'
import { note } from './output/terminal.ts'
import manifest from './package.json' with { type: 'json' }
import { buildProgram } from './program.ts'

export async function run(): Promise<void> {
  // A reader such as head may close early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    throw error
  })
  try {
    await buildProgram(manifest.version).parseAsync()
  } catch (error) {
    process.exitCode = await report(error)
  }
}

async function report(error: unknown): Promise<number> {
  // The parser has already said what was wrong; with code 0 it printed help or the version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const { code, lines } = await explain(error)
  for (const line of lines) note(line)
  if (process.env.FULCRUM_DEBUG === '1' && error instanceof Error) note(error.stack ?? String(error))
  return code
}
