/**
 * Whether a tenant may write. The state is the login role's membership in the owner role and its right to connect:
 *
 *     read-write   member, may connect
 *     read-only    no member, may connect: reads by grants on this database's objects
 *     in between   no member, may not connect: the change has not come to the end; repeat it
 *
 * Being no member alone is not enough: a tenant could have left doors open while it was one (grants to PUBLIC or to the
 * login role, functions that run as the owner, large objects). Going read-only closes them while nobody is connected.
 * pg_read_all_data is no way to let the tenant read, because it opens pg_authid with all tenants' password verifiers.
 */
import type { Located } from './located.ts'
import type { Names } from './names.ts'
import { ident, type Provider, type Session, withDatabase } from './provider.ts'
import { awaitLogins, endSessions } from './roles.ts'

/** Functions that write large objects; by default everybody may call them, whatever else the role may do. */
const LARGE_OBJECT_WRITERS = [
  'lo_creat(integer)',
  'lo_create(oid)',
  'lo_from_bytea(oid, bytea)',
  'lo_put(oid, bigint, bytea)',
  'lowrite(integer, bytea)',
  'lo_truncate(integer, integer)',
  'lo_truncate64(integer, bigint)',
  'lo_unlink(oid)',
]

/**
 * Lets the owner role alone write large objects. The functions are the bootstrap superuser's: with another admin nothing
 * changes, and a read-only tenant can still add large objects.
 */
export async function reserveLargeObjects(session: Session, names: Names): Promise<void> {
  if (!session.isSuperuser) return
  const functions = LARGE_OBJECT_WRITERS.map((signature) => `pg_catalog.${signature}`).join(', ')
  await session.query(`REVOKE EXECUTE ON FUNCTION ${functions} FROM PUBLIC`)
  await session.query(`GRANT EXECUTE ON FUNCTION ${functions} TO ${ident(names.owner)}`)
}

/** Makes the database read-write for the tenant and ends its read-only sessions. Nothing happens if it is already. */
export async function openForWriting(
  provider: Provider,
  admin: Session,
  located: Located,
  signal: AbortSignal,
): Promise<boolean> {
  if (located.login?.actsAsOwner && located.database?.tenantMayConnect) return false
  const { names } = located
  const [database, login, owner, parked] = quoted(names)
  await withDatabase(provider, names.database, signal, (session) =>
    session.transaction(async () => {
      await session.query(`REASSIGN OWNED BY ${parked}, ${login} TO ${owner}`)
      await session.query(`DROP OWNED BY ${login}`)
    }),
  )
  await admin.transaction(async () => {
    await admin.query(`GRANT ${owner} TO ${login}`)
    await admin.query(`ALTER ROLE ${login} SET role = ${owner}`)
    await admin.query(`GRANT CONNECT ON DATABASE ${database} TO ${login}`)
  })
  await endSessions(admin, names.login)
  return true
}

/** Makes the database read-only for the tenant; its sessions are ended. Nothing happens if it is already. */
export async function closeForWriting(
  provider: Provider,
  admin: Session,
  located: Located,
  signal: AbortSignal,
): Promise<boolean> {
  if (!located.login?.actsAsOwner && located.database?.tenantMayConnect) return false
  const { names } = located
  const [database, login, owner] = quoted(names)
  await admin.transaction(async () => {
    await admin.query(`REVOKE ${owner} FROM ${login}`)
    await admin.query(`ALTER ROLE ${login} RESET role`)
    await admin.query(`REVOKE CONNECT ON DATABASE ${database} FROM ${login}`)
  })
  await awaitLogins(admin)
  await endSessions(admin, names.login)
  await withDatabase(provider, names.database, signal, (session) =>
    session.transaction(async () => {
      await session.query(`REASSIGN OWNED BY ${login} TO ${owner}`)
      await session.query(`DROP OWNED BY ${login}`)
      await parkDefinerFunctions(session, names)
      for (const schema of await tenantSchemas(session)) await grantReading(session, schema, login)
    }),
  )
  await admin.query(`GRANT CONNECT ON DATABASE ${database} TO ${login}`)
  return true
}

/**
 * SECURITY DEFINER functions run with their owner's rights. Owned by the parked role they run with none; REASSIGN OWNED
 * gives them back. (Taking EXECUTE away would not do: an aggregate calls its functions by its own owner's rights.)
 */
async function parkDefinerFunctions(session: Session, names: Names): Promise<void> {
  const functions = await session.query<{ signature: string; schema: string }>(
    `SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS signature, n.nspname AS schema
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prosecdef AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [names.owner],
  )
  const parked = ident(names.parked)
  for (const { signature, schema } of functions) {
    // Only a superuser may hand a function to a role that may not create in its schema.
    if (!session.isSuperuser) await session.query(`GRANT CREATE ON SCHEMA ${ident(schema)} TO ${parked}`)
    await session.query(`ALTER ROUTINE ${signature} OWNER TO ${parked}`)
    if (!session.isSuperuser) await session.query(`REVOKE CREATE ON SCHEMA ${ident(schema)} FROM ${parked}`)
  }
}

/** Reading for the login role, and nothing but reading for PUBLIC. Row security stays in force: it may show the tenant less. */
async function grantReading(session: Session, schema: string, login: string): Promise<void> {
  const place = `SCHEMA ${ident(schema)}`
  await session.query(`REVOKE CREATE ON ${place} FROM PUBLIC`)
  await session.query(
    `REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN ${place} FROM PUBLIC`,
  )
  await session.query(`REVOKE USAGE, UPDATE ON ALL SEQUENCES IN ${place} FROM PUBLIC`)
  await session.query(`GRANT USAGE ON ${place} TO ${login}`)
  await session.query(`GRANT SELECT ON ALL TABLES IN ${place} TO ${login}`)
  await session.query(`GRANT SELECT ON ALL SEQUENCES IN ${place} TO ${login}`)
  await session.query(`GRANT EXECUTE ON ALL ROUTINES IN ${place} TO ${login}`)
}

async function tenantSchemas(session: Session): Promise<string[]> {
  const rows = await session.query<{ nspname: string }>(
    `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`,
  )
  return rows.map((row) => row.nspname)
}

const quoted = (names: Names) =>
  [ident(names.database), ident(names.login), ident(names.owner), ident(names.parked)] as const
