/** Which services have something on the server, found by their marks. */
import { markOf } from './names.ts'
import { type Provider, withAdmin } from './provider.ts'

export type Marked = {
  serviceId: string
  /** Null when only roles, or databases of unfinished operations, are there. */
  database: string | null
}

/** All services of which a database or a role is on the server, by id. */
export async function inventory(provider: Provider, signal: AbortSignal): Promise<Marked[]> {
  return withAdmin(provider, signal, async (admin) => {
    const rows = await admin.query<{ id: string; database: string | null }>(
      `WITH marked AS (
         SELECT d.datname, c.description FROM pg_database d
         JOIN pg_shdescription c ON c.objoid = d.oid AND c.classoid = 'pg_database'::regclass
         UNION ALL
         SELECT NULL, c.description FROM pg_roles r
         JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass)
       SELECT substring(description FROM $1) AS id, max(datname::text) FILTER (WHERE description ~ ($1 || '$')) AS database
       FROM marked WHERE description ~ $1 GROUP BY 1 ORDER BY 1`,
      [`^${markOf('')}([0-9a-f-]{36})`],
    )
    return rows.map(({ id, database }) => ({ serviceId: id, database }))
  })
}
