/**
 * The configuration: environment variables and nothing else. Everything is read and checked once, at start; all mistakes are
 * reported together.
 */
import { isIP } from 'node:net'
import { LOCAL_STORE, readArtifactStores, type StoreConfig } from './artifact-stores-file.ts'
import { type CredentialsConfig, readCredentials } from './credentials-config.ts'
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
  /** False: this process leaves writing and signing the audit log to others. */
  readonly auditLog: boolean
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
  /** Where artifacts may lie, the server's own disk first. */
  readonly artifactStores: readonly StoreConfig[]
  /** How often vault copies are looked after; null: not by this process. */
  readonly vaultIntervalMs: number | null
  /** Whether this process drives migrations and evacuations. */
  readonly migrationDriver: boolean
  readonly sovereigntyIntervalMs: number
  /** The configuration of an installation can be fetched once only. */
  readonly installSingleUse: boolean
  /** Null: events are kept for ever. */
  readonly eventRetentionMs: number | null
  /** Null: metric entries are kept for ever. */
  readonly metricRetentionMs: number | null
  /** How long tokens and install commands are kept after they expired. */
  readonly tokenRetentionMs: number
  /** Dry runs and refused orders are kept so long. */
  readonly placementRetentionMs: number
  readonly cleanupIntervalMs: number
  /** How callers may sign in, in the order in which it is tried. */
  readonly authenticators: readonly Authenticator[]
  /** Null unless `oauth` is one of the authenticators or users of Keycloak are administered. */
  readonly oauth: OAuthConfig | null
  /** Serve the users of Keycloak. */
  readonly keycloakAdmin: boolean
  /** Origins of web pages that may call the API from a browser; `any`: every http and https origin. */
  readonly corsOrigins: 'any' | readonly string[]
  /** Null: no limit. */
  readonly rateLimitPerToken: RateLimit | null
  readonly rateLimitPerAddress: RateLimit | null
  /** Proxies, as addresses or CIDR blocks, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly credentials: CredentialsConfig
}

export type Authenticator = 'token' | 'oauth'

/** At most so many requests in each window. */
export type RateLimit = { readonly requests: number; readonly windowMs: number }

export type OAuthConfig = {
  /** The issuer's identifier, as its discovery document and its tokens name it; no trailing slash. */
  readonly issuer: string
  /** The server and the realm, where the issuer is a Keycloak. */
  readonly keycloak: { readonly url: string; readonly realm: string } | null
  readonly clientId: string
  readonly clientSecret: string | null
  /** Null: tokens must be made for `clientId`, as audience or as authorized party. */
  readonly audience: string | null
  readonly validateIssuer: boolean
  readonly jwksCacheMs: number
  readonly clockSkewMs: number
  /** Certificates of the issuer are not checked: for tests only. */
  readonly insecureSkipVerify: boolean
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
 * FULCRUM_ARTIFACT_STORES, FULCRUM_VAULT_INTERVAL, FULCRUM_MIGRATION_DRIVER, FULCRUM_SOVEREIGNTY_INTERVAL, FULCRUM_INSTALL_SINGLE_USE, FULCRUM_AUDIT_LOG, the retention of events, metrics, tokens and placement decisions, FULCRUM_OAUTH_ISSUER, _AUDIENCE and _CLOCK_SKEW,
 * FULCRUM_CORS_ORIGINS, the rate limits, FULCRUM_TRUSTED_PROXIES and FULCRUM_CREDENTIAL_*. Maintenance is on by default, because a server without it
 * leaves jobs of dead agents open for ever.
 *
 * @throws ConfigError
 */
export function readConfig(environment: Environment): Config {
  const problems: string[] = []
  const { read, readGiven } = reader(environment, problems)

  const port = read('FULCRUM_PORT', '3000', portNumber)
  const host = read('FULCRUM_HOST', '127.0.0.1', nonEmpty)
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
    database: readGiven('FULCRUM_DB_DSN', parseDsn),
    poolSize: read('FULCRUM_DB_POOL_SIZE', '8', integer(1, 200)),
    bootstrapAdminToken: readGiven('FULCRUM_BOOTSTRAP_ADMIN_TOKEN', bearerValue),
    vaultKey: readGiven('FULCRUM_VAULT_ENCRYPTION_KEY', hexKey),
    apiServer: read('FULCRUM_API_SERVER', 'true', bool),
    auditLog: read('FULCRUM_AUDIT_LOG', 'true', bool),
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
    artifactStores: readGiven('FULCRUM_ARTIFACT_STORES', (file) => readArtifactStores(file, environment)) ?? [
      LOCAL_STORE,
    ],
    migrationDriver: read('FULCRUM_MIGRATION_DRIVER', 'true', bool),
    vaultIntervalMs: read('FULCRUM_VAULT_INTERVAL', '10s', orOff(duration)),
    sovereigntyIntervalMs: read('FULCRUM_SOVEREIGNTY_INTERVAL', '15s', duration),
    installSingleUse: read('FULCRUM_INSTALL_SINGLE_USE', 'false', bool),
    eventRetentionMs: read('FULCRUM_EVENT_RETENTION_INTERVAL', 'off', orOff(duration)),
    metricRetentionMs: read('FULCRUM_METRIC_RETENTION_INTERVAL', '9000h', orOff(duration)),
    tokenRetentionMs: read('FULCRUM_TOKEN_RETENTION_INTERVAL', '720h', duration),
    placementRetentionMs: read('FULCRUM_PLACEMENT_RETENTION_INTERVAL', '720h', duration),
    cleanupIntervalMs: read('FULCRUM_CLEANUP_INTERVAL', '1h', duration),
    authenticators: read('FULCRUM_AUTHENTICATORS', 'token', listOf(oneOf('token', 'oauth'))),
    oauth: null,
    keycloakAdmin: read('FULCRUM_KEYCLOAK_ADMIN', 'false', bool),
    corsOrigins: read('FULCRUM_CORS_ORIGINS', '*', corsOrigins),
    rateLimitPerToken: read('FULCRUM_RATE_LIMIT_PER_TOKEN', '120000/1m', orOff(rateLimit)),
    rateLimitPerAddress: read('FULCRUM_RATE_LIMIT_PER_ADDRESS', '240000/1m', orOff(rateLimit)),
    trustedProxies: readGiven('FULCRUM_TRUSTED_PROXIES', listOf(addressOrBlock)) ?? [],
    credentials: readCredentials({ read, readGiven }, { listOf, duration }),
  }
  const withOAuth = {
    ...config,
    oauth: readOAuth({ ...config, authenticators: config.authenticators ?? [] }, { read, readGiven }, problems),
  }
  if (config.port === config.healthPort && config.port !== 0)
    problems.push('FULCRUM_PORT and FULCRUM_HEALTH_PORT are the same')
  if (problems.length > 0) throw new ConfigError(problems)
  return withOAuth
}

type Reader = ReturnType<typeof reader>

/** The issuer is named directly, or as a realm of a Keycloak as in the Go control plane. */
function readOAuth(
  { authenticators, keycloakAdmin }: Config,
  { read, readGiven }: Reader,
  problems: string[],
): OAuthConfig | null {
  if (!authenticators.includes('oauth') && !keycloakAdmin) return null
  const url = readGiven('FULCRUM_OAUTH_KEYCLOAK_URL', baseUrl)
  const realm = readGiven('FULCRUM_OAUTH_REALM', nonEmpty)
  const keycloak = url && realm ? { url, realm } : null
  const issuer = readGiven('FULCRUM_OAUTH_ISSUER', baseUrl)
  const clientSecret = readGiven('FULCRUM_OAUTH_CLIENT_SECRET', nonEmpty)
  if (!keycloak && (keycloakAdmin || !issuer))
    problems.push(
      keycloakAdmin
        ? 'FULCRUM_KEYCLOAK_ADMIN needs FULCRUM_OAUTH_KEYCLOAK_URL and FULCRUM_OAUTH_REALM'
        : 'FULCRUM_AUTHENTICATORS with oauth needs FULCRUM_OAUTH_ISSUER, or FULCRUM_OAUTH_KEYCLOAK_URL and FULCRUM_OAUTH_REALM',
    )
  if (keycloakAdmin && clientSecret === null) problems.push('FULCRUM_KEYCLOAK_ADMIN needs FULCRUM_OAUTH_CLIENT_SECRET')
  return {
    issuer: issuer ?? (keycloak ? `${keycloak.url}/realms/${keycloak.realm}` : ''),
    keycloak,
    clientId: read('FULCRUM_OAUTH_CLIENT_ID', '', nonEmpty),
    clientSecret,
    audience: readGiven('FULCRUM_OAUTH_AUDIENCE', nonEmpty),
    validateIssuer: read('FULCRUM_OAUTH_VALIDATE_ISSUER', 'true', bool),
    jwksCacheMs: read('FULCRUM_OAUTH_JWKS_CACHE_TTL', '600', seconds),
    clockSkewMs: read('FULCRUM_OAUTH_CLOCK_SKEW', '30s', duration),
    insecureSkipVerify: read('FULCRUM_OAUTH_INSECURE_SKIP_VERIFY', 'false', bool),
  }
}

/** `off` as null. */
function orOff<T>(parse: (text: string) => T): (text: string) => T | null {
  return (text) => (text === 'off' ? null : parse(text))
}

function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => [...new Set(text.split(',').map((part) => parse(part.trim())))]
}

/** Reads one value; a mistake is noted and the default stands in, so that reading goes on and finds the others. */
function reader(environment: Environment, problems: string[]) {
  const read = <T>(name: string, fallback: string, parse: (text: string) => T): T => {
    try {
      return parse(environment[name] || fallback)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
      // never used: the caller throws when there is a problem
      return undefined as T
    }
  }
  /** Null when the variable is not set. */
  const readGiven = <T>(name: string, parse: (text: string) => T): T | null =>
    environment[name] ? read(name, '', parse) : null
  return { read, readGiven }
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

/** A whole number of seconds, as the Go control plane writes this one; result in milliseconds. 0, its default, keeps ours. */
function seconds(text: string): number {
  const value = integer(0, 86_400)(text)
  return (value === 0 ? 600 : value) * 1_000
}

/** `1000/1m`: so many requests in each window. */
function rateLimit(text: string): RateLimit {
  const [, requests, window] = /^(\d+)\/(.+)$/.exec(text) ?? []
  if (requests === undefined || window === undefined || Number(requests) < 1)
    throw new Error('must be a number of requests in a time, such as 1000/1m, or off')
  return { requests: Number(requests), windowMs: duration(window) }
}

/** `*`, `none` or a list of origins such as https://console.example. */
function corsOrigins(text: string): 'any' | readonly string[] {
  if (text === '*') return 'any'
  if (text === 'none') return []
  return listOf((part) => {
    if (!URL.canParse(part) || new URL(part).origin !== part)
      throw new Error('must be *, none or a list of origins such as https://console.example')
    return part
  })(text)
}

function addressOrBlock(text: string): string {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  if (version === 0 || rest.length > 0 || (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= most)))
    throw new Error('must be a list of addresses or CIDR blocks such as 10.0.0.0/8')
  return text
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function size(text: string): number {
  const match = /^(\d+)(KiB|MiB|GiB)?$/.exec(text)
  const bytes = match ? Number(match[1]) * (UNIT_BYTES[match[2] ?? ''] ?? 0) : 0
  if (bytes < 1) throw new Error('must be a size such as 512KiB, 1MiB or 10GiB')
  return bytes
}
