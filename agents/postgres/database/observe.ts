/** Reading a service's state and figures. Nothing here changes the server or waits for an operation in progress. */
import { installedExtensions } from './extensions.ts'
import { locate, type Plan } from './located.ts'
import { noDatabase, type Provider, type Session, withAdmin, withDatabase } from './provider.ts'
import { limitBytesOf } from './storage.ts'

export type Description =
  | { exists: false }
  | {
      exists: true
      database: string
      username: string
      sizeBytes: number
      /** Null if a creation ended before the plan was written. */
      plan: Plan | null
      storageLimitBytes: number | null
      connectionLimit: number
      /** Sessions of the tenant now. */
      connections: number
      /** False while the service is stopped, or if its creation has not come to the end. */
      loginAllowed: boolean
      readOnly: boolean
      /** All but plpgsql, those that the tenant added itself included. */
      extensions: string[]
    }

export type DatabaseMetrics = {
  sizeBytes: number
  connections: number
  /** Commits and rollbacks since the database's statistics began; a restore begins them anew. */
  transactions: number
  /** 0 to 1; null before the first block was read. */
  cacheHitRatio: number | null
}

/** What the server has of a service; `exists: false` also for one whose creation has no database yet. */
export async function describe(provider: Provider, serviceId: string, signal: AbortSignal): Promise<Description> {
  return withAdmin(provider, signal, async (admin) => {
    const located = await locate(admin, serviceId)
    if (!located?.database?.opened || !located.login) return { exists: false }
    const { names, plan, login } = located
    const { sizeBytes, connections } = await figures(admin, serviceId, names.database, names.login)
    const extensions = await withDatabase(provider, names.database, signal, installedExtensions)
    return {
      exists: true,
      database: names.database,
      username: names.login,
      sizeBytes,
      plan,
      storageLimitBytes: plan ? limitBytesOf(plan) : null,
      connectionLimit: login.connectionLimit,
      connections,
      loginAllowed: login.canLogin && located.database.tenantMayConnect,
      readOnly: !login.actsAsOwner,
      extensions: extensions.all,
    }
  })
}

/**
 * A service's figures for now.
 *
 * @throws DatabaseRefusal `not-found`
 */
export async function metrics(provider: Provider, serviceId: string, signal: AbortSignal): Promise<DatabaseMetrics> {
  return withAdmin(provider, signal, async (admin) => {
    const names = (await locate(admin, serviceId))?.names
    return names ? figures(admin, serviceId, names.database, names.login) : noDatabase(serviceId)
  })
}

async function figures(admin: Session, serviceId: string, database: string, login: string): Promise<DatabaseMetrics> {
  const [row] = await admin.query<{ size: string; sessions: string; transactions: string; ratio: number | null }>(
    `SELECT pg_database_size(datid) AS size, xact_commit + xact_rollback AS transactions,
            (SELECT count(*) FROM pg_stat_activity a WHERE a.usename = $2) AS sessions,
            blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS ratio
     FROM pg_stat_database WHERE datname = $1`,
    [database, login],
  )
  if (!row) return noDatabase(serviceId)
  return {
    sizeBytes: Number(row.size),
    connections: Number(row.sessions),
    transactions: Number(row.transactions),
    cacheHitRatio: row.ratio,
  }
}
