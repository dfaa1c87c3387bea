/** What of a service is on the server now. Everything is found by its mark, never by what the caller remembers. */
import { markOf, type Names, namesOf } from './names.ts'
import type { Session } from './provider.ts'

export type Plan = {
  name: string
  /** Sessions of the tenant at once, 1 to 10,000. */
  connectionLimit: number
  /** 0: no limit. A default for the tenant's sessions: PostgreSQL lets everybody change it in a session. */
  statementTimeoutMs: number
  /** In MiB, 16 to 2^30; an empty database has 8. */
  storageLimitMb: number
}

export type Located = {
  names: Names
  /** The plan last written, or null if a creation ended before that. */
  plan: Plan | null
  login: { canLogin: boolean; connectionLimit: number; actsAsOwner: boolean } | null
  /** The content the tenant uses; `opened` is false while its creation has not come to the end. */
  database: { oid: string; opened: boolean; tenantMayConnect: boolean } | null
  /** Databases that a creation or a restore left behind. */
  leftovers: string[]
}

const OWNER_WORD = ' owner '

/** The comment on the owner role. It carries the plan, because the tenant can change neither a role's comment nor what is in it. */
export const ownerMark = (serviceId: string, plan: Plan | null) =>
  `${markOf(serviceId)}${OWNER_WORD}${JSON.stringify(plan)}`

/** What `ownerMark` wrote: the plan, or null if there was none. */
export const ownerPlan = (serviceId: string, comment: string) =>
  readPlan(comment.slice(markOf(serviceId).length + OWNER_WORD.length))

type RoleRow = { rolname: string; rolcanlogin: boolean; rolconnlimit: number; description: string }
type DatabaseRow = { oid: string; datname: string; datallowconn: boolean; description: string | null }

/** Finds a service, or null if nothing of it is on the server. */
export async function locate(session: Session, serviceId: string): Promise<Located | null> {
  const mark = markOf(serviceId)
  const roles = await session.query<RoleRow>(
    `SELECT r.rolname, r.rolcanlogin, r.rolconnlimit, c.description
     FROM pg_roles r JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass
     WHERE c.description = $1 OR starts_with(c.description, $1 || ' ')`,
    [mark],
  )
  const owner = roles.find((role) => role.description.startsWith(mark + OWNER_WORD))
  const databases = await session.query<DatabaseRow>(
    `SELECT d.oid::text, d.datname, d.datallowconn, c.description
     FROM pg_database d LEFT JOIN pg_shdescription c ON c.objoid = d.oid AND c.classoid = 'pg_database'::regclass
     WHERE c.description = $1 OR starts_with(c.description, $1 || ' ') OR d.datdba = (SELECT oid FROM pg_roles WHERE rolname = $2)`,
    [mark, owner?.rolname ?? ''],
  )
  const database = databases.find((row) => row.description === mark)
  const login = roles.find((role) => role.description === mark)
  const physical = login?.rolname ?? database?.datname ?? owner?.rolname.replace(/_owner$/, '')
  if (physical === undefined) return null

  const names = namesOf(physical)
  const [access] = await session.query<{ acts: boolean; connects: boolean }>(
    `WITH login AS (SELECT oid FROM pg_roles WHERE rolname = $2)
     SELECT EXISTS (SELECT FROM pg_auth_members JOIN login ON member = login.oid
                    WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = $1)) AS acts,
            EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a JOIN login ON a.grantee = login.oid
                    WHERE d.oid = $3::oid AND a.privilege_type = 'CONNECT') AS connects`,
    [names.owner, names.login, database?.oid ?? '0'],
  )
  return {
    names,
    plan: owner ? ownerPlan(serviceId, owner.description) : null,
    login: login
      ? { canLogin: login.rolcanlogin, connectionLimit: login.rolconnlimit, actsAsOwner: access?.acts === true }
      : null,
    database: database
      ? { oid: database.oid, opened: database.datallowconn, tenantMayConnect: access?.connects === true }
      : null,
    leftovers: databases.filter((row) => row !== database).map((row) => row.datname),
  }
}

function readPlan(text: string): Plan | null {
  // The comment is the admin's own, so its shape is known; a hand-edited one is taken as "no plan".
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const { name, connectionLimit, statementTimeoutMs, storageLimitMb } = { ...value } as Record<string, unknown> // fields of unknown type
    if (typeof name !== 'string' || typeof connectionLimit !== 'number') return null
    if (typeof statementTimeoutMs !== 'number' || typeof storageLimitMb !== 'number') return null
    return { name, connectionLimit, statementTimeoutMs, storageLimitMb }
  } catch {
    return null
  }
}
