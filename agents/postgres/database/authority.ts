/**
 * Owners, grants, default privileges and policies of a dump name the roles of the service that it was made of. Here they are
 * translated into the roles of the service that takes the content over.
 *
 *     role that owns most objects, `shop_1a2b3c4d_owner`  →  owner
 *     the same without `_owner`                           →  login
 *     PUBLIC, predefined roles of the server              →  the same
 *     any other role                                      →  the statement is left out: it would let strangers in
 */
import type pg from 'pg'
import type { Names } from './names.ts'
import { ident, literal, type Session, type Target, withClient } from './provider.ts'
import { refusing } from './refusal.ts'
import { withoutComments } from './sql-statements.ts'

const ROLE = String.raw`"(?:[^"]|"")+"|[\w$\u0080-\uffff]+`
const OWNERSHIP = new RegExp(String.raw`^ALTER [A-Z][\s\S]* OWNER TO (${ROLE})$`, 'u')
const GRANT = new RegExp(
  String.raw`^((?:ALTER DEFAULT PRIVILEGES FOR ROLE (${ROLE}) (?:IN SCHEMA (?:${ROLE}) )?)?(?:GRANT|REVOKE) [\s\S]* (?:TO|FROM)) (${ROLE})( WITH GRANT OPTION)?$`,
  'u',
)
const POLICY = new RegExp(
  String.raw`^(CREATE POLICY [\s\S]*?) TO ((?:${ROLE})(?:, (?:${ROLE}))*)((?: USING \(| WITH CHECK \()[\s\S]*)?$`,
  'u',
)
const SESSION = /^(?:SET SESSION AUTHORIZATION |RESET SESSION AUTHORIZATION)/

/** Whether a statement of a dump says who may do something, so that it has to be translated. */
export function isAuthority(statement: string): boolean {
  const bare = withoutComments(statement)
  return OWNERSHIP.test(bare) || GRANT.test(bare) || /^CREATE POLICY /.test(bare) || SESSION.test(bare)
}

/**
 * Carries out the statements that say who may do what, in their order, owners first.
 *
 * @param target  as a worker that has the rights of owner and login role
 * @param admin  in the same database
 * @returns how many statements were left out because they are about roles that the content cannot bring along
 * @throws DatabaseRefusal `invalid` with PostgreSQL's reason
 */
export async function writeAuthority(
  statements: readonly string[],
  target: Target,
  admin: Session,
  names: Names,
  signal: AbortSignal,
): Promise<number> {
  const bare = statements.map(withoutComments)
  const [predefined, schemas] = [await predefinedRoles(admin), await tenantSchemas(admin)]
  const translate = translator(bare, names, predefined)
  const owners = bare.filter((statement) => OWNERSHIP.test(statement))
  const others = bare.filter((statement) => !OWNERSHIP.test(statement) && !SESSION.test(statement))
  const ofLogin = owners.flatMap((statement) => {
    const translated = translate(statement)
    return translated?.endsWith(` OWNER TO ${ident(names.login)}`) ? [translated] : []
  })
  const rights = others.map(translate)

  const write = async (client: pg.Client) => {
    if (ofLogin.length > 0) {
      // Who gets an object must be able to make one there; what the dump says of that comes after the owners.
      const places = schemas.map(ident).join(', ')
      await admin.query(`GRANT CREATE ON SCHEMA ${places} TO ${ident(names.login)}`)
      for (const statement of ofLogin) await client.query(statement)
      await admin.query(`REVOKE CREATE ON SCHEMA ${places} FROM ${ident(names.login)}`)
    }
    for (const statement of rights) if (statement !== null) await client.query(statement)
  }
  await withClient(target, signal, (client) =>
    write(client).catch(refusing('the rights in the dump cannot be restored')),
  )
  return rights.filter((statement) => statement === null).length
}

/** @returns null for a statement about a role that the content cannot bring along */
function translator(statements: readonly string[], names: Names, predefined: ReadonlySet<string>) {
  const owner = mostFrequent(statements.flatMap((statement) => OWNERSHIP.exec(statement)?.[1] ?? []).map(unquoted))
  const login = owner?.endsWith('_owner') ? owner.slice(0, -'_owner'.length) : null
  const roleOf = (quoted: string): string | null => {
    const role = unquoted(quoted)
    if (role === owner || role === `${login}_parked`) return ident(names.owner)
    if (role === login) return ident(names.login)
    if (quoted === 'PUBLIC' || predefined.has(role)) return quoted
    return null
  }
  return (statement: string): string | null => {
    const [ownership, newOwner] = OWNERSHIP.exec(statement) ?? []
    if (ownership !== undefined && newOwner !== undefined) {
      const role = roleOf(newOwner)
      return role === null ? null : `${statement.slice(0, -newOwner.length)}${role}`
    }
    const [granted, head = '', forRole, grantee = '', option = ''] = GRANT.exec(statement) ?? []
    if (granted !== undefined) {
      const role = roleOf(grantee)
      const of = forRole === undefined ? '' : roleOf(forRole)
      if (role === null || of === null) return null
      return `${forRole === undefined ? head : head.replace(`FOR ROLE ${forRole}`, `FOR ROLE ${of}`)} ${role}${option}`
    }
    const [policy, what, to = '', rest = ''] = POLICY.exec(statement) ?? []
    if (policy === undefined) return statement
    const roles = (to.match(new RegExp(ROLE, 'gu')) ?? []).map(roleOf)
    return roles.includes(null) ? null : `${what} TO ${roles.join(', ')}${rest}`
  }
}

function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null
}

const unquoted = (role: string) => (role.startsWith('"') ? role.slice(1, -1).replaceAll('""', '"') : role)

/** PostgreSQL keeps names with `pg_` to itself. */
async function predefinedRoles(admin: Session): Promise<Set<string>> {
  const rows = await admin.query<{ rolname: string }>(`SELECT rolname FROM pg_roles WHERE rolname ~ '^pg_'`)
  return new Set(rows.map(({ rolname }) => rolname))
}

async function tenantSchemas(admin: Session): Promise<string[]> {
  const rows = await admin.query<{ nspname: string }>(
    `SELECT nspname FROM pg_namespace WHERE nspname !~ ${literal('^pg_')} AND nspname <> 'information_schema' ORDER BY 1`,
  )
  return rows.map(({ nspname }) => nspname)
}
