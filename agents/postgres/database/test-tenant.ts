/** A tenant of a test server: an id, a plan, and sessions as the tenant opens them. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type CreateInput, create } from './lifecycle.ts'
import type { Plan } from './located.ts'
import type { Provider } from './provider.ts'
import type { TestServer } from './test-server.ts'

export const SMALL: Plan = { name: 'small', connectionLimit: 5, statementTimeoutMs: 60_000, storageLimitMb: 64 }

/** No test waits longer than this for one operation. */
export const inTime = () => AbortSignal.timeout(60_000)

export function createInput(change: Partial<CreateInput> = {}): CreateInput {
  return {
    serviceId: randomUUID(),
    databaseName: 'shop',
    plan: SMALL,
    extensions: [],
    allowedExtensions: ['citext', 'cube', 'earthdistance', 'pg_trgm', 'hstore'],
    password: 'first password',
    ...change,
  }
}

export async function aTenant(provider: Provider, change: Partial<CreateInput> = {}) {
  const input = createInput(change)
  return { ...input, ...(await create(provider, input, inTime())) }
}

export type Tenant = Awaited<ReturnType<typeof aTenant>>

/** Runs `work` in a session of the tenant; `change` is for other databases, passwords, ports. */
export async function asTenant<T>(
  server: Pick<TestServer, 'admin'>,
  tenant: { database: string; username: string; password: string },
  work: (client: pg.Client) => Promise<T>,
  change: pg.ClientConfig = {},
): Promise<T> {
  const { host, port } = server.admin
  const { database, username: user, password } = tenant
  const client = new pg.Client({ host, port, database, user, password, ...change })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Runs one statement in a session of its own. */
export const run = (
  server: Pick<TestServer, 'admin'>,
  tenant: { database: string; username: string; password: string },
  sql: string,
  change: pg.ClientConfig = {},
) => asTenant(server, tenant, async (client) => (await client.query(sql)).rows, change)

/** Ten thousand small rows take about 10 MB. */
export const FILL = `CREATE TABLE filling AS SELECT n, repeat(md5(n::text), 32) AS text FROM generate_series(1, 10000) n`

/**
 * A client that takes two seconds from the question whether it may log in to its first statement, an INSERT into `t`. Resolves
 * when it is between the two.
 *
 * @returns its end, whether it could write or not
 */
export async function aSlowLogin(
  { admin }: Pick<TestServer, 'admin'>,
  tenant: { database: string; username: string; password: string },
): Promise<{ ended: Promise<unknown> }> {
  const insert = run({ admin }, tenant, 'INSERT INTO t VALUES (1)', { options: '-c post_auth_delay=2' })
  const ended = insert.catch(() => undefined)
  const look = `SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
                WHERE l.locktype = 'virtualxid' AND a.usesysid IS NULL AND l.pid <> pg_backend_pid()`
  const asAdmin = { database: 'postgres', username: admin.user, password: admin.password }
  for (const until = Date.now() + 10_000; (await run({ admin }, asAdmin, look)).length === 0; )
    if (Date.now() > until) throw new Error('the login does not show')
  return { ended }
}
