/**
 * `npm start`: everything on one machine. The server with its embedded database, and the demo federation: for each agent a
 * PostgreSQL of its provider, the agent, and the gateway to the databases. Ctrl-C ends all of it in order.
 *
 *     <data>/postgres, artifacts, vault.key   the server's
 *     <data>/demo/*.log, *.pid                logs of the processes, and which they are
 *     <data>/demo/admin-token, tokens/        who may call the API
 *     <data>/demo/agents/<name>/              a provider's PostgreSQL, the agent's journal, the gateway's routes
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { FulcrumError } from '@fulcrum/client'
import { defaultDataDir, PostgresStartError } from '@fulcrum/managed-postgres'
import { Demo, StartError } from './demo.ts'
import { readFederation } from './federation.ts'

const EXIT_FAILURE = 1

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { federation: { type: 'string' } } })
  const file = values.federation ?? process.env.FULCRUM_DEMO_FILE ?? path.join(import.meta.dirname, 'federation.yaml')
  const dataDir = path.resolve(process.env.FULCRUM_DATA_DIR ?? defaultDataDir())
  const say = (line: string) => process.stdout.write(`${line}\n`)

  const demo = new Demo({ federation: readFederation(file), dataDir, say })
  let stopping = false
  const stop = (code: number) => {
    // a second signal ends at once; what is left is found by the next start
    if (stopping) process.exit(EXIT_FAILURE)
    stopping = true
    demo.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`${explain(error)}\n`)
        process.exit(EXIT_FAILURE)
      },
    )
  }
  process.on('SIGINT', () => {
    say('\nStopping …')
    stop(0)
  })
  process.on('SIGTERM', () => stop(0))
  try {
    await demo.start()
  } catch (error) {
    if (stopping) return
    process.stderr.write(`${explain(error)}\n`)
    stop(error instanceof StartError ? error.exitCode : EXIT_FAILURE)
    return
  }
  say(demo.welcome())
  void demo.failed.then((reason) => {
    process.stderr.write(`${reason}\n`)
    if (!stopping) stop(EXIT_FAILURE)
  })
}

/** One line that a person can act on. */
function explain(error: unknown): string {
  if (error instanceof PostgresStartError) return `A PostgreSQL does not start: ${error.message}`
  if (error instanceof FulcrumError) return `The federation cannot be loaded: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(EXIT_FAILURE)
})
