/**
 * Replacing a tenant's content by a dump, its own or somebody else's. The dump is taken as hostile: it is read into a
 * new database with the tenant's rights and under the plan's storage limit; only a complete one takes the old one's place.
 *
 *     new database "…__restoring"  →  worker restores into it  →  one transaction:  …  →  …__replaced
 *                                                                                   …__restoring  →  …
 *     ended before the transaction: the old content;  after it: the new.  Leftovers go with the next restore.
 */
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { authorityOfArchive, restoreArchive } from './archive.ts'
import { writeAuthority } from './authority.ts'
import { createDatabase, dropDatabaseNow, dropLeftovers, furnishDatabase } from './content.ts'
import { type Content, withContentSession } from './content-digest.ts'
import type { DumpFormat, Tools } from './dump.ts'
import { checkVersions, type ExtensionVersion, installedExtensions } from './extensions.ts'
import { type Located, locate, type Plan } from './located.ts'
import { markOf, type Names } from './names.ts'
import { isCompletePlainDump, restorePlainDump } from './plain-restore.ts'
import {
  ident,
  literal,
  noDatabase,
  type Provider,
  type Session,
  withAdmin,
  withDatabase,
  withServiceLock,
} from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'
import { writeDatabaseSettings } from './roles.ts'
import { withSpool } from './spool.ts'
import { limitBytesOf, settleAccess } from './storage.ts'
import { withWorker } from './worker.ts'

/** A dump may have this many times the plan's storage limit: uncompressed rows are longer than stored ones. */
const DUMP_PER_LIMIT = 4

/** How often the size of the new database is looked at while a restore fills it, in milliseconds. */
const SIZE_CHECK_MS = 500

/**
 * Replaces the content of a database by a dump. The tenant works with the old content until the new one is complete;
 * then its sessions are ended. Extensions, password, limits and whether the service is stopped stay as they are.
 *
 * @param dump  of `pg_dump --format=custom`, or a plain one with `--inserts`, in UTF-8
 * @throws DatabaseRefusal `not-found`; `invalid` if the dump is none, does not fit the plan, or contains what a tenant may not
 *   do. The content is the old one then.
 */
export async function restore(
  provider: Provider,
  serviceId: string,
  dump: Readable,
  tools: Tools,
  signal: AbortSignal,
): Promise<void> {
  await replace(provider, serviceId, dump, tools, signal, null)
}

/**
 * The same for a dump of `portableDump`, made by this or another server: owners, grants, default privileges and policies hold for
 * the roles of this service.
 *
 * @param extensions  with the versions that the source had
 * @returns what the database has now, seen before anybody could write to it
 * @throws DatabaseRefusal as `restore`; `unsupported` if this server has an extension not at all or only older
 */
export async function restorePortable(
  provider: Provider,
  serviceId: string,
  dump: Readable,
  tools: Tools,
  signal: AbortSignal,
  extensions: readonly ExtensionVersion[],
): Promise<Content> {
  const content = await replace(provider, serviceId, dump, tools, signal, extensions)
  if (!content) throw new Error('the restored content was not looked at')
  return content
}

async function replace(
  provider: Provider,
  serviceId: string,
  dump: Readable,
  tools: Tools,
  signal: AbortSignal,
  portable: readonly ExtensionVersion[] | null,
): Promise<Content | null> {
  // A sender may fail while the locks are awaited, when nothing reads yet; reading finds it out then.
  dump.on('error', () => {})
  return withServiceLock(
    provider,
    serviceId,
    signal,
    async (admin) => {
      const { plan } = await present(admin, serviceId)
      if (portable) await checkVersions(admin, portable)
      return withSpool(provider, dump, limitBytesOf(plan) * DUMP_PER_LIMIT, signal, async (file) => {
        const format = await formatOf(file, tools)
        const rights = portable ? ('with rights' as const) : ('without' as const)
        const names = await withServiceLock(provider, serviceId, signal, (session) =>
          prepare(provider, session, serviceId, signal),
        )
        let content: Content | null
        try {
          const authority = await fill(provider, admin, { names, serviceId, plan, file, format, tools, rights }, signal)
          content = portable ? await settleContent(provider, admin, names, serviceId, authority, signal) : null
        } catch (error) {
          await withAdmin(provider, AbortSignal.timeout(60_000), (session) => dropDatabaseNow(session, names.restoring))
          throw error
        }
        await withServiceLock(provider, serviceId, signal, (session) => swap(provider, session, serviceId, signal))
        return content
      })
    },
    'content',
  )
}

/** Makes an empty database beside the one in use, with the same extensions. */
async function prepare(provider: Provider, admin: Session, serviceId: string, signal: AbortSignal): Promise<Names> {
  const { located } = await present(admin, serviceId)
  const { names } = located
  await dropLeftovers(admin, located)
  const extensions = await withDatabase(provider, names.database, signal, installedExtensions)
  await createDatabase(admin, names, names.restoring, `${markOf(serviceId)} restoring`)
  await furnishDatabase(provider, names, names.restoring, extensions.ours, signal)
  return names
}

/** @returns the statements of the dump about roles, which were not run if the dump comes with rights */
async function fill(
  provider: Provider,
  admin: Session,
  job: {
    names: Names
    serviceId: string
    plan: Plan
    file: string
    format: DumpFormat
    tools: Tools
    rights: 'with rights' | 'without'
  },
  signal: AbortSignal,
): Promise<string[]> {
  const { names, serviceId, plan, file, tools, rights } = job
  const extensions = await withDatabase(provider, names.restoring, signal, installedExtensions)
  const worker = { names, serviceId, database: names.restoring, purpose: 'write' } as const
  return withWorker(provider, admin, worker, signal, async (target) => {
    const full = new AbortController()
    const done = new AbortController()
    const watch = watchSize(provider, names.restoring, limitBytesOf(plan), full, done.signal)
    let authority: string[] = []
    try {
      const ending = AbortSignal.any([signal, full.signal])
      if (job.format === 'pg_dump-plain')
        authority = await restorePlainDump(file, target, extensions.all, ending, rights)
      else if (tools !== 'bundled') {
        await restoreArchive(tools.pgRestore, file, target, names.owner, extensions.all, ending, rights)
        if (rights === 'with rights') authority = await authorityOfArchive(tools.pgRestore, file, ending)
      }
    } finally {
      done.abort()
      await watch
    }
    await checkSize(provider, names.restoring, limitBytesOf(plan))
    return authority
  })
}

/** Gives the new content its rights and looks at it as a whole, while no tenant can reach it. */
async function settleContent(
  provider: Provider,
  admin: Session,
  names: Names,
  serviceId: string,
  authority: readonly string[],
  signal: AbortSignal,
): Promise<Content> {
  const worker = { names, serviceId, database: names.restoring, purpose: 'read' } as const
  return withWorker(provider, admin, worker, signal, async (target) => {
    await withDatabase(provider, names.restoring, signal, (session) =>
      writeAuthority(authority, target, session, names, signal),
    )
    return withContentSession(target, names, signal, (session) => session.content())
  })
}

/** Puts the new content in the old one's place. Both renames are one transaction. */
async function swap(provider: Provider, admin: Session, serviceId: string, signal: AbortSignal): Promise<void> {
  const { located, plan } = await present(admin, serviceId)
  const { names, login } = located
  const [current, restoring, replaced] = [ident(names.database), ident(names.restoring), ident(names.replaced)]
  await admin.transaction(async () => {
    await renameInUse(provider, admin, names, signal)
    await admin.query(`ALTER DATABASE ${restoring} RENAME TO ${current}`)
    await admin.query(`COMMENT ON DATABASE ${replaced} IS ${literal(`${markOf(serviceId)} replaced`)}`)
    await admin.query(`COMMENT ON DATABASE ${current} IS ${literal(markOf(serviceId))}`)
    await writeDatabaseSettings(admin, names.login, names.database, plan)
    // A read-only tenant gets its right to connect together with the grants, below.
    if (login?.actsAsOwner) await admin.query(`GRANT CONNECT ON DATABASE ${current} TO ${ident(names.login)}`)
  })
  await dropDatabaseNow(admin, names.replaced)
  await settleAccess(provider, admin, (await present(admin, serviceId)).located, plan, signal)
}

/**
 * Renames the database in use. RENAME locks it against new sessions and then waits five seconds for the present ones to
 * go; another connection ends them meanwhile. Thus no state in which the tenant is shut out can outlast a crash.
 */
async function renameInUse(provider: Provider, admin: Session, names: Names, signal: AbortSignal): Promise<void> {
  let renamed = false
  const rename = admin
    .query(`ALTER DATABASE ${ident(names.database)} RENAME TO ${ident(names.replaced)}`)
    .finally(() => {
      renamed = true
    })
  const ending = withAdmin(provider, signal, async (other) => {
    while (!renamed) {
      await other.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [names.database])
      await pause(50)
    }
  })
  await Promise.all([rename, ending])
}

async function watchSize(
  provider: Provider,
  database: string,
  limitBytes: number,
  full: AbortController,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    await checkSize(provider, database, limitBytes).catch((error: unknown) => {
      // A failed look is no reason to stop: the last one, at the end, counts.
      if (error instanceof DatabaseRefusal) full.abort(error)
    })
    await pause(SIZE_CHECK_MS, undefined, { signal: done }).catch(() => {})
  }
}

/** @throws DatabaseRefusal `invalid` if the database is bigger than the limit */
async function checkSize(provider: Provider, database: string, limitBytes: number): Promise<void> {
  const { rows } = await provider.pool.query<{ bytes: string }>('SELECT pg_database_size($1::name) AS bytes', [
    database,
  ])
  if (Number(rows[0]?.bytes) > limitBytes)
    throw new DatabaseRefusal('invalid', `the dump needs more than the plan's ${limitBytes / 2 ** 20} MiB`)
}

/** @throws DatabaseRefusal `invalid` if it is no whole dump; `unsupported` if the tools cannot read it */
async function formatOf(file: string, tools: Tools): Promise<DumpFormat> {
  if (await isCompletePlainDump(file)) return 'pg_dump-plain'
  if ((await firstBytes(file)) !== 'PGDMP')
    throw new DatabaseRefusal('invalid', 'this is no dump of pg_dump --format=custom, and no complete one of --inserts')
  if (tools === 'bundled')
    throw new DatabaseRefusal(
      'unsupported',
      'a dump of pg_dump --format=custom needs the program pg_restore of PostgreSQL',
    )
  return 'pg_dump-custom'
}

async function firstBytes(file: string): Promise<string> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 0)
  return buffer.toString('latin1', 0, bytesRead)
}

async function present(admin: Session, serviceId: string): Promise<{ located: Located; plan: Plan }> {
  const located = await locate(admin, serviceId)
  if (!located?.database?.opened || !located.login || !located.plan) return noDatabase(serviceId)
  return { located, plan: located.plan }
}
