/** What every feature works with. One value, made once at start, handed to the routes and workers. */
import type { Config } from './config.ts'
import type { Db } from './db.ts'
import type { ParsedConnection } from './dsn.ts'
import type { Authenticate } from './identity.ts'
import type { Log } from './log.ts'
import type { Signals } from './signals.ts'

export type Platform = {
  /** Of this program. */
  readonly version: string
  readonly config: Config
  readonly db: Db
  /** Where PostgreSQL is: a name, an address, or the directory of its socket. */
  readonly database: Pick<ParsedConnection, 'host' | 'port'>
  readonly signals: Signals
  readonly log: Log
  /** The server's clock. Code that decides gets the time as an argument; only the edges ask for it. */
  readonly now: () => Date
  readonly authenticate: Authenticate
}
