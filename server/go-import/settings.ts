/** From the words of a command line and the environment to what an import needs. */
import path from 'node:path'
import { defaultDataDir } from '@fulcrum/managed-postgres'
import { ConfigError, readConfig } from '../platform/config.ts'
import { type ParsedConnection, parseDsn } from '../platform/dsn.ts'
import { ImportRefusal } from './report.ts'

export type ImportSettings = {
  readonly source: ParsedConnection
  /** Null: metric entries are in the same database. */
  readonly sourceMetrics: ParsedConnection | null
  readonly target: ImportTarget
  readonly vaultKey: Buffer | null
  /** Do everything and then undo it. */
  readonly dryRun: boolean
  /** Import nothing when a row would have to be mended or skipped. */
  readonly strict: boolean
  /** Into a database that holds other data. */
  readonly merge: boolean
}

export type ImportTarget =
  | { readonly kind: 'database'; readonly connection: ParsedConnection; readonly named: string }
  | { readonly kind: 'embedded'; readonly dataDir: string }

export type ImportWords = {
  readonly fromGo: string
  readonly fromGoMetrics?: string | undefined
  readonly to?: string | undefined
  readonly dryRun?: boolean | undefined
  readonly strict?: boolean | undefined
  readonly merge?: boolean | undefined
}

/**
 * @param environment  FULCRUM_METRIC_DB_DSN, FULCRUM_DB_DSN and FULCRUM_DATA_DIR stand in for words that are not given;
 *   FULCRUM_VAULT_ENCRYPTION_KEY is the key of both sides
 * @throws ImportRefusal `usage`, which never repeats a connection string
 */
export function readImportSettings(
  words: ImportWords,
  environment: Readonly<Record<string, string | undefined>>,
): ImportSettings {
  const dsn = (text: string, name: string) => {
    try {
      return parseDsn(text)
    } catch (error) {
      throw new ImportRefusal('usage', `${name} ${error instanceof Error ? error.message : 'cannot be read'}.`)
    }
  }
  const { vaultKey, dataDir, database } = readOurs(environment)
  const metrics = words.fromGoMetrics ?? environment.FULCRUM_METRIC_DB_DSN
  const embedded = { kind: 'embedded', dataDir: path.resolve(dataDir) } as const
  const configured = database && ({ kind: 'database', connection: database, named: 'FULCRUM_DB_DSN' } as const)
  return {
    source: dsn(words.fromGo, '--from-go'),
    sourceMetrics: metrics
      ? dsn(metrics, words.fromGoMetrics === undefined ? 'FULCRUM_METRIC_DB_DSN' : '--from-go-metrics')
      : null,
    target:
      words.to === undefined
        ? (configured ?? embedded)
        : { kind: 'database', connection: dsn(words.to, '--to'), named: '--to' },
    vaultKey,
    dryRun: words.dryRun ?? false,
    strict: words.strict ?? false,
    merge: words.merge ?? false,
  }
}

/** Only what an import needs: a mistake in another variable is the server's business. */
function readOurs(environment: Readonly<Record<string, string | undefined>>) {
  try {
    return readConfig({
      FULCRUM_DATA_DIR: environment.FULCRUM_DATA_DIR || defaultDataDir(),
      FULCRUM_DB_DSN: environment.FULCRUM_DB_DSN,
      FULCRUM_VAULT_ENCRYPTION_KEY: environment.FULCRUM_VAULT_ENCRYPTION_KEY,
    })
  } catch (error) {
    if (error instanceof ConfigError) throw new ImportRefusal('usage', `${error.problems.join('; ')}.`)
    throw error
  }
}
