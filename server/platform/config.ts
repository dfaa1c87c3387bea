/**
 * The configuration: environment variables and nothing else. Everything is read and checked once, at start; all mistakes are
 * reported together.
 */
import { type ParsedConnection, parseDsn } from './dsn.ts'

export type Config = {
  readonly host: string
  readonly port: number
  readonly healthPort: number
  /** Prefix of URLs that the server hands out, without a trailing slash. */
  readonly publicBaseUrl: string
  readonly dataDir: string
  /** Null: run the embedded PostgreSQL in the data directory. */
  readonly database: ParsedConnection | null
  readonly poolSize: number
  readonly bootstrapAdminToken: string | null
  /** AES-256 key of the vault, 32 bytes; null: secrets cannot be used. */
  readonly vaultKey: Buffer | null
  readonly apiServer: boolean
  readonly jobMaintenance: boolean
  readonly agentMaintenance: boolean
  readonly jobMaintenanceIntervalMs: number
  readonly jobTimeoutMs: number
  readonly jobRetentionMs: number
  readonly agentHealthTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly logFormat: 'json' | 'text'
  readonly bodyLimitBytes: number
  readonly artifactLimitBytes: number
  /** The configuration of an installation can be fetched once only. */
  readonly installSingleUse: boolean
}

/** All that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Names and defaults: contract, API.md section 4. Ours beyond it: FULCRUM_DATA_DIR, FULCRUM_HOST,
 * FULCRUM_BOOTSTRAP_ADMIN_TOKEN, FULCRUM_DB_POOL_SIZE, FULCRUM_BODY_LIMIT, FULCRUM_ARTIFACT_LIMIT,
 * FULCRUM_INSTALL_SINGLE_USE. Maintenance is on by default, because a server without it leaves jobs of dead agents open for ever.
 *
 * @throws ConfigError
 */
export function readConfig(environment: Environment): Config {
  const problems: string[] = []
  const read = reader(environment, problems)

  const port = read('FULCRUM_PORT', '3000', portNumber)
  const host = read('FULCRUM_HOST', '127.0.0.1', nonEmpty)
  const dsn = environment.FULCRUM_DB_DSN
  const config: Config = {
    host,
    port,
    healthPort: read('FULCRUM_HEALTH_PORT', '8081', portNumber),
    publicBaseUrl: read(
      'FULCRUM_PUBLIC_BASE_URL',
      `http://${host?.includes(':') ? `[${host}]` : (host ?? 'localhost')}:${port ?? 0}`,
      baseUrl,
    ),
    dataDir: read('FULCRUM_DATA_DIR', '.fulcrum', nonEmpty),
    database: dsn ? read('FULCRUM_DB_DSN', dsn, parseDsn) : null,
    poolSize: read('FULCRUM_DB_POOL_SIZE', '8', integer(1, 200)),
    bootstrapAdminToken: environment.FULCRUM_BOOTSTRAP_ADMIN_TOKEN
      ? read('FULCRUM_BOOTSTRAP_ADMIN_TOKEN', '', bearerValue)
      : null,
    vaultKey: environment.FULCRUM_VAULT_ENCRYPTION_KEY ? read('FULCRUM_VAULT_ENCRYPTION_KEY', '', hexKey) : null,
    apiServer: read('FULCRUM_API_SERVER', 'true', bool),
    jobMaintenance: read('FULCRUM_JOB_MAINTENANCE', 'true', bool),
    agentMaintenance: read('FULCRUM_AGENT_MAINTENANCE', 'true', bool),
    jobMaintenanceIntervalMs: read('FULCRUM_JOB_MAINTENANCE_INTERVAL', '1m', duration),
    jobTimeoutMs: read('FULCRUM_JOB_TIMEOUT_INTERVAL', '15m', duration),
    jobRetentionMs: read('FULCRUM_JOB_RETENTION_INTERVAL', '720h', duration),
    agentHealthTimeoutMs: read('FULCRUM_AGENT_HEALTH_TIMEOUT', '5m', duration),
    shutdownTimeoutMs: read('FULCRUM_SHUTDOWN_TIMEOUT', '30s', duration),
    logLevel: read('FULCRUM_LOG_LEVEL', 'info', oneOf('debug', 'info', 'warn', 'error')),
    logFormat: read('FULCRUM_LOG_FORMAT', 'json', oneOf('json', 'text')),
    bodyLimitBytes: read('FULCRUM_BODY_LIMIT', '1MiB', size),
    artifactLimitBytes: read('FULCRUM_ARTIFACT_LIMIT', '10GiB', size),
    installSingleUse: read('FULCRUM_INSTALL_SINGLE_USE', 'false', bool),
  }
  if (config.port === config.healthPort && config.port !== 0)
    problems.push('FULCRUM_PORT and FULCRUM_HEALTH_PORT are the same')
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Reads one value; a mistake is noted and the default stands in, so that reading goes on and finds the others. */
function reader(environment: Environment, problems: string[]) {
  return <T>(name: string, fallback: string, parse: (text: string) => T): T => {
    try {
      return parse(environment[name] || fallback)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
      // never used: the caller throws when there is a problem
      return undefined as T
    }
  }
}

function nonEmpty(text: string): string {
  if (text.trim() === '') throw new Error('must not be empty')
  return text
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max)
      throw new Error(`must be a whole number from ${min} to ${max}`)
    return value
  }
}

/** 0 takes any free port. */
const portNumber = integer(0, 65_535)

function baseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new Error('must be an http or https URL')
  return text.replace(/\/+$/, '')
}

function bearerValue(text: string): string {
  if (!/^[\x21-\x7e]{16,200}$/.test(text)) throw new Error('must be 16 to 200 printable characters without spaces')
  return text
}

function hexKey(text: string): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error('must be 64 hexadecimal digits (32 bytes)')
  return Buffer.from(text, 'hex')
}

function bool(text: string): boolean {
  if (['true', '1', 't', 'TRUE', 'True', 'T'].includes(text)) return true
  if (['false', '0', 'f', 'FALSE', 'False', 'F'].includes(text)) return false
  throw new Error('must be true or false')
}

function oneOf<const T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`)
    return word
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Durations are written as in the Go control plane: `30s`, `5m`, `1h30m`. Result in milliseconds, above 0. */
function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0)
  if (parts.map(([whole]) => whole).join('') !== text || total <= 0)
    throw new Error('must be a duration such as 30s, 5m or 1h30m')
  return total
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function size(text: string): number {
  const match = /^(\d+)(KiB|MiB|GiB)?$/.exec(text)
  const bytes = match ? Number(match[1]) * (UNIT_BYTES[match[2] ?? ''] ?? 0) : 0
  if (bytes < 1) throw new Error('must be a size such as 512KiB, 1MiB or 10GiB')
  return bytes
}
