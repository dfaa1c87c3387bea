/** What a service's properties say, read with care: a service type of another federation may differ from ours. */
import { JobFailure } from '@fulcrum/agent-sdk'
import type { AnyJson, JsonObject, Service } from '@fulcrum/contract'
import type { Plan } from './database/index.ts'

/**
 * Extensions that a tenant may have. They are created with the administrator's rights, so this list is the provider's and not
 * taken from the service type: each is safe in the hands of a tenant. The service type of the demo offers the same ones.
 */
export const ALLOWED_EXTENSIONS: readonly string[] = [
  'btree_gin',
  'btree_gist',
  'citext',
  'fuzzystrmatch',
  'hstore',
  'intarray',
  'ltree',
  'pg_trgm',
  'pgcrypto',
  'tablefunc',
  'unaccent',
  'uuid-ossp',
]

/** What a consumer ordered. */
export type Wish = { databaseName: string; plan: Plan; extensions: string[] }

/** One dump as it stands in the properties `backups`, `lastExport` and `finalBackup`. */
export type DumpEntry = { artifactId: string; sha256: string; sizeBytes: number; format: string; createdAt: string }

/** @throws JobFailure that names the property */
export function readWish(properties: JsonObject): Wish {
  const { databaseName, extensions = [] } = properties
  if (typeof databaseName !== 'string') throw new JobFailure('property databaseName must be a text')
  if (!Array.isArray(extensions) || !extensions.every((name) => typeof name === 'string'))
    throw new JobFailure('property extensions must be a list of names')
  return { databaseName, plan: readPlan(properties.plan), extensions }
}

/** @throws JobFailure; what the values may be is checked by the database operations */
function readPlan(plan: AnyJson | undefined): Plan {
  if (isObject(plan)) {
    const { name, connectionLimit, statementTimeoutMs, storageLimitMb } = plan
    if (
      typeof name === 'string' &&
      typeof connectionLimit === 'number' &&
      typeof statementTimeoutMs === 'number' &&
      typeof storageLimitMb === 'number'
    )
      return { name, connectionLimit, statementTimeoutMs, storageLimitMb }
  }
  throw new JobFailure(
    'property plan must be an object with name, connectionLimit, statementTimeoutMs and storageLimitMb: ask the provider to correct its option postgresql_plan',
  )
}

/** The backups that the service knows, newest first. */
export function backupsOf({ properties }: Service): DumpEntry[] {
  const backups = properties?.backups
  return Array.isArray(backups) ? backups.filter(isDumpEntry) : []
}

/** The port that the provider reserved for this service at its gateway. */
export function hostPortOf({ properties }: Service): number | undefined {
  return typeof properties?.hostPort === 'number' ? properties.hostPort : undefined
}

/** The text of a property, undefined when it is empty or absent. */
export function textOf({ properties }: Service, name: string): string | undefined {
  const value = properties?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isTerminal({ status, serviceType }: Service): boolean {
  return (serviceType?.lifecycleSchema.terminalStates ?? ['Deleted']).includes(status)
}

/** Whether the service has a database: its creation was completed, and its deletion was not. */
export function isLive(service: Service): boolean {
  return service.agentInstanceId !== undefined && !isTerminal(service)
}

function isDumpEntry(value: AnyJson): value is DumpEntry {
  return isObject(value) && typeof value.artifactId === 'string'
}

export function isObject(value: AnyJson | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
