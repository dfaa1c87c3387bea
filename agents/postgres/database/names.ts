/**
 * Physical names and marks on the server. Everything of a service is found again by a comment that holds its id;
 * only the admin can write these comments, because the tenant owns neither the database nor a role.
 */
import { DatabaseRefusal } from './refusal.ts'

export type Names = {
  /** The database, and the role with which the tenant logs in. */
  database: string
  login: string
  /** Owns schemas and objects; never logs in. The tenant's sessions act as this role. */
  owner: string
  /** Holds SECURITY DEFINER functions while the database is read-only; has no right on anything. */
  parked: string
  /** Logs in for one dump or restore; exists only that long. */
  worker: string
  /** The database in which a restore is made ready, and the one it replaced. */
  restoring: string
  replaced: string
}

const DATABASE_NAME = /^[a-z][a-z0-9_]{0,39}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The physical names for a tenant's wish. The longest, `…__restoring`, has 60 of PostgreSQL's 63 bytes.
 *
 * @param serviceId  a lower-case UUID; its first 8 digits go into the names
 * @throws DatabaseRefusal `invalid`
 */
export function namesFor(serviceId: string, databaseName: string): Names {
  checkServiceId(serviceId)
  if (!DATABASE_NAME.test(databaseName))
    throw new DatabaseRefusal('invalid', 'the database name must match ^[a-z][a-z0-9_]{0,39}$')
  return namesOf(`${databaseName}_${serviceId.slice(0, 8)}`)
}

/** All names of a service from its database's name. */
export function namesOf(database: string): Names {
  return {
    database,
    login: database,
    owner: `${database}_owner`,
    parked: `${database}_parked`,
    worker: `${database}_worker`,
    restoring: `${database}__restoring`,
    replaced: `${database}__replaced`,
  }
}

/** @throws DatabaseRefusal `invalid` if it is not a UUID in lower case */
export function checkServiceId(serviceId: string): void {
  if (!UUID.test(serviceId)) throw new DatabaseRefusal('invalid', 'the service id must be a UUID in lower case')
}

/** The comment on the database and on the login role; other objects have a word behind it. */
export const markOf = (serviceId: string) => `fulcrum service ${serviceId}`
