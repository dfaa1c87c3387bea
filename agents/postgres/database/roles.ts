/**
 * A tenant's roles.
 *
 *     login  --member, NOINHERIT, SET role-->  owner     (owns schemas and objects, never logs in)
 *     parked                                             (no right on anything; see access.ts)
 *     admin                                              (owns the database itself)
 *
 * The admin keeps the database: its owner could raise the connection limit, let other roles in, drop it, and write
 * the comment by which a service is found. NOINHERIT: a session that leaves the owner role can create nothing, so
 * whatever the tenant makes belongs to the owner role.
 */
import { ownerMark, type Plan } from './located.ts'
import { markOf, type Names } from './names.ts'
import { ident, literal, type Session } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'

/**
 * Creates what is missing of the roles and writes password, limit and plan, in one transaction, so that a role of
 * ours never stands without its mark. A new login role cannot log in yet.
 *
 * @throws DatabaseRefusal `conflict` if a role that is not this service's has one of the names
 */
export async function writeRoles(
  admin: Session,
  names: Names,
  serviceId: string,
  wanted: { plan: Plan; verifier: string },
): Promise<void> {
  await admin.transaction(async () => {
    const mark = markOf(serviceId)
    await ensureRole(admin, names.owner, mark, 'NOLOGIN NOINHERIT')
    await ensureRole(admin, names.parked, mark, 'NOLOGIN NOINHERIT')
    await ensureRole(admin, names.login, mark, 'NOLOGIN NOINHERIT')
    await admin.query(`COMMENT ON ROLE ${ident(names.parked)} IS ${literal(`${mark} parked`)}`)
    await admin.query(`COMMENT ON ROLE ${ident(names.login)} IS ${literal(mark)}`)
    await admin.query(`ALTER ROLE ${ident(names.login)} PASSWORD ${literal(wanted.verifier)}`)
    await writePlan(admin, names, serviceId, wanted.plan)
    // A superuser needs no membership to act for a role; another admin does.
    if (!admin.isSuperuser)
      await admin.query(`GRANT ${[names.owner, names.parked, names.login].map(ident).join(', ')} TO CURRENT_USER`)
  })
}

/** Writes the limits of the login role and keeps the plan on the owner role. To be called in a transaction. */
export async function writePlan(admin: Session, names: Names, serviceId: string, plan: Plan): Promise<void> {
  const login = ident(names.login)
  await admin.query(`COMMENT ON ROLE ${ident(names.owner)} IS ${literal(ownerMark(serviceId, plan))}`)
  await admin.query(`ALTER ROLE ${login} CONNECTION LIMIT ${whole(plan.connectionLimit)}`)
  await admin.query(`ALTER ROLE ${login} SET statement_timeout = ${whole(plan.statementTimeoutMs)}`)
}

/** The statement timeout once more for the one database: it wins over what the tenant sets on the role itself. */
export async function writeDatabaseSettings(
  admin: Session,
  login: string,
  database: string,
  plan: Plan,
): Promise<void> {
  await admin.query(
    `ALTER ROLE ${ident(login)} IN DATABASE ${ident(database)} SET statement_timeout = ${whole(plan.statementTimeoutMs)}`,
  )
}

/**
 * Ends all sessions of a role and waits until none is left, at most 15 seconds. Call it when new ones are refused already.
 *
 * @throws Error if some stay
 */
export async function endSessions(admin: Session, role: string): Promise<void> {
  let quiet = 0
  for (const until = Date.now() + 15_000; Date.now() < until; ) {
    const [row] = await admin.query<{ ended: string }>(
      `SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity WHERE usename = $1`,
      [role],
    )
    // Twice: a session that was logging in during the first look shows in the second.
    quiet = row?.ended === '0' ? quiet + 1 : 0
    if (quiet === 2) return
    await admin.query('SELECT pg_sleep(0.03)')
  }
  throw new Error(`sessions of role ${role} did not end within 15 seconds`)
}

/** So long a login that had begun may take; a client that says nothing is then cut off. In milliseconds. */
const LOGIN_PATIENCE_MS = 5_000
/** Above PostgreSQL's default authentication_timeout of 60 s, for an admin who may not cut off others. */
const LONGEST_LOGIN_MS = 70_000

/**
 * Waits until every login that had begun before this call is a session that can be seen, or has failed. A new server process asks
 * whether its role may log in before it shows in pg_stat_activity: one that asked just before the answer became no would be missed
 * by whoever ends the sessions. Its transaction, however, shows in pg_locks.
 *
 * @throws Error if some login does not come to an end
 */
export async function awaitLogins(admin: Session): Promise<void> {
  const begun = await loginsUnderWay(admin)
  const started = performance.now()
  for (let left = begun; left.length > 0; ) {
    const waitedMs = performance.now() - started
    if (waitedMs > LONGEST_LOGIN_MS) throw new Error('a login that had begun does not come to an end')
    if (waitedMs > LOGIN_PATIENCE_MS && admin.isSuperuser)
      await admin.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [left.map(({ pid }) => pid)])
    await admin.query('SELECT pg_sleep(0.02)')
    const now = new Set((await loginsUnderWay(admin)).map(({ transaction }) => transaction))
    left = left.filter(({ transaction }) => now.has(transaction))
  }
}

/** Server processes that have begun a transaction and do not show yet, which they do at the end of a login. */
async function loginsUnderWay(admin: Session): Promise<{ pid: number; transaction: string }[]> {
  return admin.query(
    `SELECT l.pid, l.virtualtransaction AS transaction FROM pg_locks l
     WHERE l.locktype = 'virtualxid' AND l.granted AND l.virtualtransaction = l.virtualxid
       AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND a.usesysid IS NOT NULL)
       AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND a.backend_type NOT IN ('client backend'))`,
  )
}

/** @throws DatabaseRefusal `invalid` naming the field */
export function checkPlan(plan: Plan): void {
  const within = (field: string, value: number, min: number, max: number) => {
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw new DatabaseRefusal('invalid', `plan ${field} must be a whole number from ${min} to ${max}`)
  }
  if (!/^[\w .-]{1,100}$/.test(plan.name))
    throw new DatabaseRefusal('invalid', 'plan name must be 1 to 100 letters, digits, blanks or _.-')
  within('connectionLimit', plan.connectionLimit, 1, 10_000)
  within('statementTimeoutMs', plan.statementTimeoutMs, 0, 2_147_483_647)
  within('storageLimitMb', plan.storageLimitMb, 16, 2 ** 30)
}

async function ensureRole(admin: Session, role: string, mark: string, attributes: string): Promise<void> {
  const [found] = await admin.query<{ description: string | null }>(
    `SELECT c.description FROM pg_roles r
     LEFT JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass WHERE r.rolname = $1`,
    [role],
  )
  if (!found) {
    await admin.query(`CREATE ROLE ${ident(role)} ${attributes}`)
    return
  }
  if (found.description !== mark && !found.description?.startsWith(`${mark} `))
    throw new DatabaseRefusal('conflict', `the role ${role} exists already and does not belong to this service`)
}

const whole = (value: number) => String(Math.trunc(value))
