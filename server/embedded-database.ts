/**
 * The control plane's own PostgreSQL, for when no other is configured: started in the data directory, and started again when it
 * dies while we run.
 */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ManagedPostgres, startPostgres } from '@fulcrum/managed-postgres'
import { type ParsedConnection, parseDsn } from './platform/dsn.ts'
import type { Log } from './platform/log.ts'

const RETRY_MS = 1_000

/** @throws PostgresStartError when it cannot be started the first time */
export async function runEmbeddedDatabase(
  dataDir: string,
  log: Log,
): Promise<{ connection: ParsedConnection; stop: () => Promise<void> }> {
  const dir = path.join(dataDir, 'postgres')
  const start = () => startPostgres({ dir, log: (line) => log.debug({ line }, 'embedded database') })
  let server: ManagedPostgres = await start()
  let stopping = false

  const keepRunning = async () => {
    for (;;) {
      await server.exited
      if (stopping) return
      log.warn('the embedded database has ended by itself: starting it again')
      for (;;) {
        try {
          server = await start()
          break
        } catch (error) {
          log.error({ err: error }, 'the embedded database cannot be started: trying again')
          await sleep(RETRY_MS)
          if (stopping) return
        }
      }
    }
  }
  const running = keepRunning()
  return {
    connection: parseDsn(server.url),
    stop: async () => {
      stopping = true
      await server.stop()
      await running
    },
  }
}
