/** Making and removing the databases of a service: the one in use and those in which a restore is prepared. */
import { reserveLargeObjects } from './access.ts'
import { writeExtensions } from './extensions.ts'
import type { Located } from './located.ts'
import type { Names } from './names.ts'
import { ident, literal, type Provider, type Session, sqlState, withDatabase } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'

/**
 * Creates an empty database to which nobody but the admin may connect. CREATE DATABASE cannot be part of a transaction:
 * until the next one has marked it, the owner role owns it and it takes no connections, by which `locate` knows it as a leftover.
 *
 * @throws DatabaseRefusal `conflict` if a database that is not this service's has the name
 */
export async function createDatabase(admin: Session, names: Names, database: string, mark: string): Promise<void> {
  const name = ident(database)
  const owner = ident(names.owner)
  try {
    await admin.query(
      `CREATE DATABASE ${name} OWNER ${owner} TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false`,
    )
  } catch (error) {
    if (sqlState(error) !== '42P04') throw error
    throw new DatabaseRefusal('conflict', `the database ${database} exists already and does not belong to this service`)
  }
  await admin.transaction(async () => {
    await admin.query(`ALTER DATABASE ${name} OWNER TO CURRENT_USER`)
    await admin.query(`COMMENT ON DATABASE ${name} IS ${literal(mark)}`)
    await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    await admin.query(`GRANT CREATE, TEMPORARY ON DATABASE ${name} TO ${owner}`)
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
  })
}

/** Gives `public` and the large objects to the owner role and brings the extensions to what is wanted; all or nothing. */
export async function furnishDatabase(
  provider: Provider,
  names: Names,
  database: string,
  extensions: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const owner = ident(names.owner)
  await withDatabase(provider, database, signal, (session) =>
    session.transaction(async () => {
      const [found] = await session.query<{ owner: string }>(
        `SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'public'`,
      )
      if (!found) await session.query(`CREATE SCHEMA public AUTHORIZATION ${owner}`)
      else if (found.owner !== names.owner) await session.query(`ALTER SCHEMA public OWNER TO ${owner}`)
      await reserveLargeObjects(session, names)
      await writeExtensions(session, extensions)
    }),
  )
}

/** Drops what creations and restores that ended early have left. */
export async function dropLeftovers(admin: Session, located: Located): Promise<void> {
  for (const database of located.leftovers) await dropDatabaseNow(admin, database)
}

/** Drops a database although sessions use it. */
export async function dropDatabaseNow(admin: Session, database: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${ident(database)} WITH (FORCE)`)
}
