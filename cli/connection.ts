/** How to connect to a service, from its properties. The password never is a part of it. */
import type { JsonObject, Service } from '@fulcrum/contract'

export type PostgresAddress = { host: string; port: string; database: string; user: string; sslmode?: string }

/** The address when the properties have host, port, database and username. */
export function postgresAddress(properties: JsonObject | undefined): PostgresAddress | undefined {
  const { host, port, database, username, sslmode } = properties ?? {}
  if (typeof host !== 'string' || typeof database !== 'string' || typeof username !== 'string') return undefined
  if (typeof port !== 'number' && typeof port !== 'string') return undefined
  return { host, port: String(port), database, user: username, ...(typeof sslmode === 'string' && { sslmode }) }
}

/** Connection string of libpq (PostgreSQL manual, "Connection Strings"): keyword=value. */
export function conninfo(address: PostgresAddress): string {
  const { host, port, database, user, sslmode } = address
  return Object.entries({ host, port, dbname: database, user, ...(sslmode && { sslmode }) })
    .map(([keyword, value]) => `${keyword}=${quoted(value)}`)
    .join(' ')
}

/** A command to paste into a shell; values of others are quoted so that they stay values. */
export function connectionHint(service: Service): string | undefined {
  const address = postgresAddress(service.properties)
  if (address === undefined) return undefined
  const text = conninfo(address)
  return /["$`\\!]/.test(text) ? `psql '${text.replaceAll("'", "'\\''")}'` : `psql "${text}"`
}

function quoted(value: string): string {
  return /^[\w.:/@%+-]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, '\\$&')}'`
}
