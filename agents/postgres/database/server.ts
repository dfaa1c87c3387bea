/** What holds for the whole server: no database lets everybody in. */
import { ident, type Provider, withAdmin } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'

/** PostgreSQL 15: the first in which not everybody may create objects in `public`. */
const OLDEST_VERSION = 150_000

/**
 * Takes the right to connect from PUBLIC on every database, so that a tenant reaches its own alone. PostgreSQL gives that
 * right with each new database and has no setting against it: call this at every start and with every reconciliation, so that
 * databases made by others since then are closed, too. Owners, superusers and roles with a grant of their own
 * keep their access.
 *
 * @returns the databases that were open and no longer are
 * @throws DatabaseRefusal `unsupported` if the server is too old, the admin lacks a right, or a database that it may
 *   not change stays open
 */
export async function prepareServer(provider: Provider, signal: AbortSignal): Promise<{ closed: string[] }> {
  return withAdmin(provider, signal, async (admin) => {
    const [server] = await admin.query<{ version: number; able: boolean }>(
      `SELECT current_setting('server_version_num')::int AS version, rolsuper OR (rolcreaterole AND rolcreatedb) AS able
       FROM pg_roles WHERE rolname = current_user`,
    )
    if (!server || server.version < OLDEST_VERSION)
      throw new DatabaseRefusal('unsupported', 'the server must be PostgreSQL 15 or later')
    if (!server.able)
      throw new DatabaseRefusal('unsupported', 'the admin must be a superuser or have CREATEROLE and CREATEDB')

    const open = await admin.query<{ datname: string; mine: boolean }>(
      `SELECT datname, pg_has_role(datdba, 'USAGE') AS mine FROM pg_database d
       WHERE datallowconn AND EXISTS (SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                                      WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY'))`,
    )
    const closed: string[] = []
    for (const { datname } of open.filter((row) => row.mine)) {
      await admin.query(`REVOKE ALL ON DATABASE ${ident(datname)} FROM PUBLIC`)
      closed.push(datname)
    }
    const left = open.filter((row) => !row.mine).map((row) => row.datname)
    if (left.length > 0)
      throw new DatabaseRefusal(
        'unsupported',
        `a superuser must run REVOKE CONNECT, TEMPORARY ON DATABASE … FROM PUBLIC for: ${left.join(', ')}`,
      )
    return { closed }
  })
}
