/**
 * Extensions of a tenant's database. Those the admin creates belong to the admin, so the tenant can neither drop nor
 * change them. PostgreSQL itself lets a tenant add extensions marked "trusted"; they belong to the tenant and are
 * left alone here.
 */
import { ident, type Session, sqlState } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'

/** @throws DatabaseRefusal `invalid` naming what is not allowed */
export function checkExtensions(wanted: readonly string[], allowed: readonly string[]): void {
  const refused = wanted.filter((name) => !allowed.includes(name))
  if (refused.length > 0) throw new DatabaseRefusal('invalid', `extensions not offered: ${refused.join(', ')}`)
}

/** All extensions of the database but plpgsql; `ours`: those that the admin created. */
export async function installedExtensions(session: Session): Promise<{ all: string[]; ours: string[] }> {
  const rows = await session.query<{ extname: string; ours: boolean }>(
    `SELECT extname, extowner = current_user::regrole::oid AS ours FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1`,
  )
  return { all: rows.map((row) => row.extname), ours: rows.filter((row) => row.ours).map((row) => row.extname) }
}

/**
 * Creates the wanted extensions in schema `public`, where other databases' dumps expect them, and drops those of ours
 * that are not wanted. To be called in a transaction of the tenant's database, with names already checked.
 *
 * @throws DatabaseRefusal `conflict` if objects depend on one to be dropped; `unsupported` if the server lacks one
 */
export async function writeExtensions(session: Session, wanted: readonly string[]): Promise<void> {
  const { all, ours } = await installedExtensions(session)
  const gone = ours.filter((name) => !wanted.includes(name))
  if (gone.length > 0) await dropExtensions(session, gone)

  let missing = wanted.filter((name) => !all.includes(name) && name !== 'plpgsql')
  if (missing.length === 0) return
  const requires = await requirements(session, missing)
  while (missing.length > 0) {
    const ready = missing.filter((name) => !requires.get(name)?.some((other) => missing.includes(other)))
    if (ready.length === 0)
      throw new DatabaseRefusal('unsupported', `extensions need each other: ${missing.join(', ')}`)
    for (const name of ready) await createExtension(session, name)
    missing = missing.filter((name) => !ready.includes(name))
  }
}

export type ExtensionVersion = { name: string; version: string }

/**
 * Whether the server has what objects of another server's database may rely on: each extension in that version or a newer one.
 *
 * @throws DatabaseRefusal `unsupported` naming all that is missing
 */
export async function checkVersions(session: Session, wanted: readonly ExtensionVersion[]): Promise<void> {
  const names = wanted.map(({ name }) => name)
  const rows = await session.query<{ name: string; default: string; versions: string[] }>(
    `SELECT e.name, e.default_version AS default, array_agg(v.version) AS versions
     FROM pg_available_extensions e JOIN pg_available_extension_versions v ON v.name = e.name
     WHERE e.name = ANY ($1::name[]) GROUP BY 1, 2`,
    [names],
  )
  const missing = wanted.flatMap(({ name, version }) => {
    const here = rows.find((row) => row.name === name)
    if (!here) return [`${name} ${version} (this server does not have ${name})`]
    if (here.versions.includes(version) || isNewer(here.default, version)) return []
    return [`${name} ${version} (this server has ${here.default})`]
  })
  if (missing.length > 0)
    throw new DatabaseRefusal('unsupported', `the data need extensions that are not here: ${missing.join(', ')}`)
}

/** Versions are free text; most are numbers with dots. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  if (!a || !b || [...a, ...b].some(Number.isNaN)) return false
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0))
  return at < 0 ? a.length >= b.length : (a[at] ?? 0) > (b[at] ?? 0)
}

async function createExtension(session: Session, name: string): Promise<void> {
  try {
    await session.query(`CREATE EXTENSION IF NOT EXISTS ${ident(name)} WITH SCHEMA public`)
  } catch (error) {
    const state = sqlState(error)
    // required extension missing; insufficient privilege
    if (error instanceof Error && (state === '42704' || state === '42501'))
      throw new DatabaseRefusal('unsupported', `extension ${name} cannot be created: ${error.message}`, {
        cause: error,
      })
    throw error
  }
}

async function dropExtensions(session: Session, names: readonly string[]): Promise<void> {
  try {
    await session.query(`DROP EXTENSION ${names.map(ident).join(', ')} RESTRICT`)
  } catch (error) {
    if (sqlState(error) !== '2BP01') throw error
    throw new DatabaseRefusal('conflict', `objects of the database still use ${names.join(', ')}; drop them first`, {
      cause: error,
    })
  }
}

async function requirements(session: Session, names: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await session.query<{ name: string; requires: string[] | null }>(
    `SELECT e.name, v.requires::text[] AS requires
     FROM pg_available_extensions e
     JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
     WHERE e.name = ANY ($1::name[])`,
    [names],
  )
  const found = new Map(rows.map((row) => [row.name, row.requires ?? []]))
  const absent = names.filter((name) => !found.has(name))
  if (absent.length > 0) throw new DatabaseRefusal('unsupported', `the server does not have: ${absent.join(', ')}`)
  return found
}
