/**
 * From a service's first database to its end. Each operation names a state and brings the server there from whatever
 * an earlier call, finished or not, has left.
 */
import { createDatabase, dropDatabaseNow, dropLeftovers, furnishDatabase } from './content.ts'
import { checkExtensions } from './extensions.ts'
import { type Located, locate, type Plan } from './located.ts'
import { checkServiceId, markOf, namesFor } from './names.ts'
import { ident, literal, noDatabase, type Provider, type Session, withServiceLock } from './provider.ts'
import { awaitLogins, checkPlan, endSessions, writeDatabaseSettings, writePlan, writeRoles } from './roles.ts'
import { scramVerifier } from './scram.ts'
import { settleAccess } from './storage.ts'

export type CreateInput = {
  serviceId: string
  /** The tenant's wish, ^[a-z][a-z0-9_]{0,39}$; the physical name has 8 digits of the id behind it. */
  databaseName: string
  plan: Plan
  extensions: readonly string[]
  /** The provider's list. Its extensions are created with the admin's rights: take only those that are safe for that. */
  allowedExtensions: readonly string[]
  password: string
}

export type UpdateInput = {
  serviceId: string
  plan: Plan
  extensions: readonly string[]
  allowedExtensions: readonly string[]
}

/**
 * Creates the database and its login role, or brings existing ones to what is asked: password, plan, extensions, started.
 * The name of an existing database stays.
 *
 * @throws DatabaseRefusal `invalid`, `conflict` if a foreign database or role has the name, `unsupported`
 */
export async function create(
  provider: Provider,
  input: CreateInput,
  signal: AbortSignal,
): Promise<{ database: string; username: string }> {
  const { serviceId, plan, extensions } = input
  const wished = namesFor(serviceId, input.databaseName)
  checkPlan(plan)
  checkExtensions(extensions, input.allowedExtensions)
  const verifier = await scramVerifier(input.password)

  return withServiceLock(provider, serviceId, signal, async (admin) => {
    const before = await locate(admin, serviceId)
    const names = before?.names ?? wished
    await writeRoles(admin, names, serviceId, { plan, verifier })
    if (before) await dropLeftovers(admin, before)
    if (!before?.database) await createDatabase(admin, names, names.database, markOf(serviceId))
    await furnishDatabase(provider, names, names.database, extensions, signal)
    await writeDatabaseSettings(admin, names.login, names.database, plan)
    await settleAccess(provider, admin, await present(admin, serviceId), plan, signal)
    await admin.query(`ALTER ROLE ${ident(names.login)} LOGIN`)
    return { database: names.database, username: names.login }
  })
}

/**
 * Changes plan and extensions while the tenant works. Extensions come first: if one cannot be dropped, nothing has changed.
 *
 * @throws DatabaseRefusal `invalid`, `not-found`, `conflict` if objects depend on an extension, `unsupported`
 */
export async function update(provider: Provider, input: UpdateInput, signal: AbortSignal): Promise<void> {
  const { serviceId, plan, extensions } = input
  checkPlan(plan)
  checkExtensions(extensions, input.allowedExtensions)
  await withServiceLock(provider, serviceId, signal, async (admin) => {
    const { names } = await present(admin, serviceId)
    await furnishDatabase(provider, names, names.database, extensions, signal)
    await admin.transaction(async () => {
      await writePlan(admin, names, serviceId, plan)
      await writeDatabaseSettings(admin, names.login, names.database, plan)
    })
    await settleAccess(provider, admin, await present(admin, serviceId), plan, signal)
  })
}

/**
 * Refuses logins and ends all sessions; the data stay. When this returns nobody can write any more, also not a client that was
 * logging in meanwhile: what is exported now is the last state.
 *
 * @throws DatabaseRefusal `not-found`
 */
export async function stop(provider: Provider, serviceId: string, signal: AbortSignal): Promise<void> {
  await withServiceLock(provider, serviceId, signal, async (admin) => {
    const { names } = await present(admin, serviceId)
    await admin.query(`ALTER ROLE ${ident(names.login)} NOLOGIN`)
    await awaitLogins(admin)
    await endSessions(admin, names.login)
  })
}

/**
 * Allows logins again, read-only if the database is above its limit.
 *
 * @throws DatabaseRefusal `not-found`
 */
export async function start(provider: Provider, serviceId: string, signal: AbortSignal): Promise<void> {
  await withServiceLock(provider, serviceId, signal, async (admin) => {
    const located = await present(admin, serviceId)
    if (located.plan) await settleAccess(provider, admin, located, located.plan, signal)
    await admin.query(`ALTER ROLE ${ident(located.names.login)} LOGIN`)
  })
}

/**
 * Gives the login role a new password. The old one is refused at once and the sessions it opened are ended.
 *
 * @throws DatabaseRefusal `invalid`, `not-found`
 */
export async function rotateCredentials(
  provider: Provider,
  serviceId: string,
  newPassword: string,
  signal: AbortSignal,
): Promise<void> {
  const verifier = await scramVerifier(newPassword)
  await withServiceLock(provider, serviceId, signal, async (admin) => {
    const { names } = await present(admin, serviceId)
    await admin.query(`ALTER ROLE ${ident(names.login)} PASSWORD ${literal(verifier)}`)
    await awaitLogins(admin)
    await endSessions(admin, names.login)
  })
}

/**
 * Removes databases, objects and roles of the service, whoever is connected. Nothing happens if there are none.
 *
 * @throws DatabaseRefusal `invalid` if the id is not a UUID
 */
export async function dropDatabase(provider: Provider, serviceId: string, signal: AbortSignal): Promise<void> {
  checkServiceId(serviceId)
  await withServiceLock(provider, serviceId, signal, async (admin) => {
    const located = await locate(admin, serviceId)
    if (!located) return
    const { names } = located
    if (located.login) {
      await admin.query(`ALTER ROLE ${ident(names.login)} NOLOGIN`)
      await endSessions(admin, names.login)
    }
    await dropLeftovers(admin, located)
    if (located.database) await dropDatabaseNow(admin, names.database)
    // Roles go last: as long as one is left, a repeated call finds the service by it.
    const marked = await admin.query<{ rolname: string }>(
      `SELECT r.rolname FROM pg_roles r JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass
       WHERE c.description = $1 OR starts_with(c.description, $1 || ' ')`,
      [markOf(serviceId)],
    )
    if (marked.length > 0) await admin.query(`DROP ROLE ${marked.map((role) => ident(role.rolname)).join(', ')}`)
  })
}

async function present(admin: Session, serviceId: string): Promise<Located> {
  const located = await locate(admin, serviceId)
  if (!located?.database || !located.login) return noDatabase(serviceId)
  return located
}
