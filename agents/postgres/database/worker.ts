/**
 * The worker role: with it a dump or a restore logs in, never with the admin's. What a hostile database or dump makes such a
 * session run has the tenant's rights on the tenant's database and nothing else.
 */
import { randomBytes } from 'node:crypto'
import { markOf, type Names } from './names.ts'
import { ident, literal, type Provider, type Session, type Target, withDatabase } from './provider.ts'
import { endSessions } from './roles.ts'
import { scramVerifier } from './scram.ts'

/** Longest time for taking the role away after an operation, in milliseconds. */
const CLEANUP_MS = 60_000

/**
 * Runs `work` while the worker may log in to one database.
 *
 * `read`: it has the rights of owner and login role itself and passes row security, so that a dump is complete or fails.
 * `write`: it acts as the owner role, so that what it creates belongs to that.
 *
 * The caller holds the service's content lock.
 */
export async function withWorker<T>(
  provider: Provider,
  admin: Session,
  job: { names: Names; serviceId: string; database: string; purpose: 'read' | 'write' },
  signal: AbortSignal,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const { names, database, purpose } = job
  const password = randomBytes(24).toString('base64url')
  const verifier = await scramVerifier(password)
  await removeWorker(provider, admin, names, database, signal)
  try {
    await admin.transaction(async () => {
      const worker = ident(names.worker)
      await admin.query(`CREATE ROLE ${worker} NOLOGIN ${purpose === 'read' ? 'INHERIT' : 'NOINHERIT'}`)
      await admin.query(`COMMENT ON ROLE ${worker} IS ${literal(`${markOf(job.serviceId)} worker`)}`)
      await admin.query(`GRANT ${ident(names.owner)} TO ${worker}`)
      if (purpose === 'read') await admin.query(`GRANT ${ident(names.login)} TO ${worker}`)
      if (!admin.isSuperuser) await admin.query(`GRANT ${worker} TO CURRENT_USER`)
      if (purpose === 'write') await admin.query(`ALTER ROLE ${worker} SET role = ${ident(names.owner)}`)
      else if (admin.isSuperuser) await admin.query(`ALTER ROLE ${worker} BYPASSRLS`)
      await admin.query(`GRANT CONNECT ON DATABASE ${ident(database)} TO ${worker}`)
      await admin.query(`ALTER ROLE ${worker} LOGIN PASSWORD ${literal(verifier)}`)
    })
    return await work(provider.target(database, names.worker, password))
  } finally {
    const cleanup = AbortSignal.timeout(CLEANUP_MS)
    await withDatabase(provider, provider.adminDatabase, cleanup, (session) =>
      removeWorker(provider, session, names, database, cleanup),
    )
  }
}

/** Ends the worker's sessions and drops it; what it owns in `database` goes to the owner role. */
async function removeWorker(
  provider: Provider,
  admin: Session,
  names: Names,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const worker = ident(names.worker)
  const found = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [names.worker])
  if (found.length === 0) return
  await admin.query(`ALTER ROLE ${worker} NOLOGIN`)
  await endSessions(admin, names.worker)
  const usable = await admin.query('SELECT FROM pg_database WHERE datname = $1 AND datallowconn', [database])
  if (usable.length > 0)
    await withDatabase(provider, database, signal, (session) =>
      session.transaction(async () => {
        await session.query(`REASSIGN OWNED BY ${worker} TO ${ident(names.owner)}`)
        await session.query(`DROP OWNED BY ${worker}`)
      }),
    )
  // Rights on other databases, left by a worker whose removal ended early.
  await admin.query(`DROP OWNED BY ${worker}`)
  await admin.query(`DROP ROLE IF EXISTS ${worker}`)
}
