/** The agent's configuration, as the agent type describes it, and what only its own machine can tell it. */
import { join } from 'node:path'
import type { JsonObject } from '@fulcrum/contract'

export type Configuration = {
  /** Administrator's connection to the server, with its password: never to be logged. */
  serverDsn: string
  /** Where consumers find the server, or the gateway in front of it. */
  host: string
  port: number
  /** 1 to 3650. */
  finalBackupDays: number
  /** 1 to 100, for each database. */
  backupsKept: number
}

/** What the machine tells the agent, by environment variables. */
export type Place = {
  /** FULCRUM_POSTGRES_ROUTES_FILE: the file that the gateway reads; without it consumers reach the server directly. */
  routesFile?: string
  /** FULCRUM_POSTGRES_GATEWAY_HOST: address on which the gateway listens; default the configured host. */
  gatewayHost?: string
  /** FULCRUM_POSTGRES_BIN_DIR: where pg_dump and pg_restore are; default: where systems usually have them. */
  binDir?: string
  /** Directory of this agent alone for dumps that are being restored: `restore` beside the journal. */
  spoolDir?: string
}

/** @throws Error that names the property and never quotes the connection */
export function parseConfiguration(configuration: JsonObject): Configuration {
  const { host } = configuration
  if (typeof host !== 'string' || host === '') throw new Error('host must be the host name for consumers')
  return {
    serverDsn: parseDsn(configuration.serverDsn),
    host,
    port: wholeNumber(configuration, 'port', 1, 65_535),
    finalBackupDays: wholeNumber(configuration, 'finalBackupDays', 1, 3_650, 30),
    backupsKept: wholeNumber(configuration, 'backupsKept', 1, 100, 7),
  }
}

export function placeFromEnvironment(env: NodeJS.ProcessEnv): Place {
  const { FULCRUM_POSTGRES_ROUTES_FILE, FULCRUM_POSTGRES_GATEWAY_HOST, FULCRUM_POSTGRES_BIN_DIR } = env
  return {
    // The journal's lock keeps other processes away from it, and the default is the journal's.
    spoolDir: join(env.FULCRUM_AGENT_DATA_DIR || join('.fulcrum', 'agents', 'postgres'), 'restore'),
    ...(FULCRUM_POSTGRES_ROUTES_FILE ? { routesFile: FULCRUM_POSTGRES_ROUTES_FILE } : {}),
    ...(FULCRUM_POSTGRES_GATEWAY_HOST ? { gatewayHost: FULCRUM_POSTGRES_GATEWAY_HOST } : {}),
    ...(FULCRUM_POSTGRES_BIN_DIR ? { binDir: FULCRUM_POSTGRES_BIN_DIR } : {}),
  }
}

function parseDsn(value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  // A socket's directory would be no address for the gateway, and client programs would need another spelling of it.
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '' || url.username === '')
    throw new Error('serverDsn must look like postgresql://user:password@host:port/database')
  return url.href
}

function wholeNumber(from: JsonObject, name: string, least: number, most: number, otherwise?: number): number {
  const value = from[name] ?? otherwise
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`${name} must be a whole number from ${least} to ${most}`)
  return value
}
