/**
 * A digest of everything that a tenant has in its database: `fulcrum-postgresql-content-1`. It is the same wherever the content is
 * the same, whatever the server's version from 15 on, the physical order of rows, and the names of the service's roles.
 *
 *     rows         of each table their number and the sum, modulo 2^128, of the first 128 bits of SHA-256 of each row as text
 *     sequences    value, and whether it was given out
 *     objects      of each kind names, facts and definitions
 *     privileges   owners, grants and default privileges, by roles of the service: owner, login, public
 *     largeObjects id, size, SHA-256
 *     extensions   names
 *
 * Each part is the SHA-256 of its sorted lines, the digest that of the parts. Grants to roles of others are no part: they cannot move.
 * A sum of digests finds every accident; it is no proof against somebody who constructs rows to deceive.
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { SequenceValue } from './archive-toc.ts'
import { canonicalSql } from './canonical-sql.ts'
import {
  CATALOG,
  type CatalogRow,
  DEFAULT_PRIVILEGES,
  EXTENSIONS,
  LARGE_OBJECTS,
  SEQUENCES,
  TABLES,
} from './content-catalog.ts'
import type { Names } from './names.ts'
import { type Target, withClient } from './provider.ts'

export const CONTENT_ALGORITHM = 'fulcrum-postgresql-content-1'

export type Content = {
  algorithm: typeof CONTENT_ALGORITHM
  /** Hex. */
  digest: string
  tables: number
  rows: number
  sequences: number
  largeObjects: number
  /** With the version that the source has; the version is no part of the digest. */
  extensions: { name: string; version: string }[]
  /** The digest of each part, to see where two contents differ. */
  parts: Record<string, string>
}

/** A session that sees one moment of a database, and can let others see the same. */
export type ContentSession = {
  /** For `pg_dump --snapshot`. */
  snapshot: string
  /** Everything that was committed before this moment is in the snapshot; the server's clock. */
  takenAt: Date
  /**
   * @param sequences  their values; they are outside of snapshots, so that a dump's own are to be given. Absent: as they are now
   */
  content(sequences?: () => Promise<readonly SequenceValue[]>): Promise<Content>
}

/** How values become text, whatever the server's defaults; nothing of the tenant's is found by name. */
const SETTINGS = [
  `SET search_path = pg_catalog`,
  `SET datestyle = 'ISO, YMD'`,
  `SET timezone = 'UTC'`,
  `SET intervalstyle = 'postgres'`,
  `SET extra_float_digits = 3`,
  `SET bytea_output = 'hex'`,
  `SET xmlbinary = 'base64'`,
  `SET lc_monetary = 'C'`,
  `SET lc_numeric = 'C'`,
  `SET lc_time = 'C'`,
  `SET quote_all_identifiers = off`,
  // rather fail than take a part of the rows for all
  `SET row_security = off`,
  `SET jit = off`,
  `SELECT set_config(name, '0', false) FROM pg_settings
   WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`,
  `SET lock_timeout = '60s'`,
]

/** Part of a large object that is read at once, in bytes. */
const PIECE_BYTES = 16 * 2 ** 20
/** So many sequences are read by one statement. */
const SEQUENCES_AT_ONCE = 200

/**
 * Opens a snapshot of a database, with the rights of the worker role.
 *
 * @param target  as the worker that reads
 * @param names  of the service: whose roles owner and login are
 */
export async function withContentSession<T>(
  target: Target,
  names: Names,
  signal: AbortSignal,
  work: (session: ContentSession) => Promise<T>,
): Promise<T> {
  return withClient(target, signal, async (client) => {
    for (const setting of SETTINGS) await client.query(setting)
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await client.query<{ snapshot: string; at: Date }>(
      'SELECT pg_export_snapshot() AS snapshot, statement_timestamp() AS at',
    )
    const [taken] = rows
    if (!taken) throw new Error('there is no snapshot')
    return await work({
      snapshot: taken.snapshot,
      takenAt: taken.at,
      content: (sequences) => contentOf(client, names, sequences),
    })
  })
}

async function contentOf(
  client: pg.Client,
  names: Names,
  sequences: (() => Promise<readonly SequenceValue[]>) | undefined,
): Promise<Content> {
  const query = async <Row extends pg.QueryResultRow>(text: string) => (await client.query<Row>(text)).rows
  const roleOf = await roles(client, names)
  const parts: Record<string, string[]> = { objects: [], privileges: [], rows: [], sequences: [], largeObjects: [] }
  const add = (part: string, ...line: unknown[]) => parts[part]?.push(JSON.stringify(line))

  for (const [kind, text] of Object.entries(CATALOG))
    for (const { key, owner, acl, facts, sql, roles: named } of await query<CatalogRow>(text)) {
      add('objects', kind, key, facts, sql === null ? null : canonicalSql(sql), named?.map(roleOf).sort() ?? null)
      if (owner !== null || acl) add('privileges', kind, key, ...authority(owner, acl))
    }
  for (const { key, owner, acl } of await query<CatalogRow>(DEFAULT_PRIVILEGES))
    add('privileges', 'default', key, ...authority(owner, acl))

  let rows = 0n
  const tables = await query<{ name: string; columns: string | null }>(TABLES)
  for (const { name, columns } of tables) {
    const [counted] = await query<{ rows: string; high: string; low: string }>(digestOfRows(name, columns))
    if (!counted) throw new Error(`table ${name} cannot be counted`)
    rows += BigInt(counted.rows)
    add('rows', name, counted.rows, sumOf(counted))
  }

  const objects = await query<CatalogRow>(LARGE_OBJECTS)
  for (const { key, owner, acl } of objects) {
    add('largeObjects', key, ...(await largeObject(client, key)))
    add('privileges', 'large object', key, ...authority(owner, acl))
  }

  const values = sequences ? await sequences() : await sequencesNow(client)
  for (const { schema, name, value, isCalled } of values) add('sequences', schema, name, value, isCalled)

  const extensions = await query<{ name: string; version: string }>(EXTENSIONS)
  parts.extensions = extensions.map(({ name }) => JSON.stringify([name]))
  const digests = Object.fromEntries(Object.entries(parts).map(([part, lines]) => [part, sha256(lines.sort())]))
  return {
    algorithm: CONTENT_ALGORITHM,
    digest: sha256(Object.entries(digests).sort().flat()),
    tables: tables.length,
    rows: Number(rows),
    sequences: values.length,
    largeObjects: objects.length,
    extensions,
    parts: digests,
  }

  /** Whose it is, and who else may do what with it, by roles that every server has. */
  function authority(owner: string | null, acl: CatalogRow['acl']): unknown[] {
    const granted = (acl ?? []).flatMap(([grantee, privilege, grantable]) => {
      const role = roleOf(grantee)
      return role === 'other' ? [] : [JSON.stringify([role, privilege, grantable])]
    })
    return [owner === null ? null : roleOf(Number(owner)), granted.sort()]
  }
}

type Role = 'owner' | 'login' | 'public' | 'other'

/** Functions that were put aside while a database is read-only count as the owner's. */
async function roles(client: pg.Client, names: Names): Promise<(oid: number) => Role> {
  const { rows } = await client.query<{ oid: string; name: string }>(
    `SELECT oid::text, rolname AS name FROM pg_roles WHERE rolname = ANY ($1::name[])`,
    [[names.owner, names.parked, names.login]],
  )
  const known = new Map<number, Role>([[0, 'public']])
  for (const { oid, name } of rows) known.set(Number(oid), name === names.login ? 'login' : 'owner')
  return (oid) => known.get(oid) ?? 'other'
}

/**
 * Rows by the output functions of their types: a cast to text could be one of the tenant's own functions. OFFSET keeps the digest
 * from being calculated twice.
 */
function digestOfRows(table: string, columns: string | null): string {
  return `
    SELECT count(*)::text AS rows, coalesce(sum(${bitsOf(1)}), 0)::text AS high, coalesce(sum(${bitsOf(9)}), 0)::text AS low
    FROM (SELECT sha256(convert_to(format('%s', ROW(${columns ?? ''})), 'UTF8')) AS digest FROM ONLY ${table} OFFSET 0) AS each`
}

const bitsOf = (from: number) => `('x' || encode(substring(digest FROM ${from} FOR 8), 'hex'))::bit(64)::int8`

/** Halves with a sign, from the aggregate, as one number of 128 bits. */
function sumOf({ high, low }: { high: string; low: string }): string {
  return BigInt.asUintN(128, (BigInt(high) << 64n) + BigInt(low)).toString(16)
}

async function largeObject(client: pg.Client, id: string): Promise<[sizeBytes: number, digests: string[]]> {
  const digests: string[] = []
  for (let sizeBytes = 0; ; ) {
    const { rows } = await client.query<{ length: number; digest: string }>(
      `SELECT length(piece) AS length, encode(sha256(piece), 'hex') AS digest
       FROM (SELECT lo_get($1::oid, $2::int8, $3::int4) AS piece OFFSET 0) AS each`,
      [id, sizeBytes, PIECE_BYTES],
    )
    const [piece] = rows
    if (piece && piece.length > 0) digests.push(piece.digest)
    sizeBytes += piece?.length ?? 0
    if (!piece || piece.length < PIECE_BYTES) return [sizeBytes, digests]
  }
}

async function sequencesNow(client: pg.Client): Promise<SequenceValue[]> {
  const { rows: found } = await client.query<{ schema: string; name: string; qualified: string }>(SEQUENCES)
  const values: SequenceValue[] = []
  for (let from = 0; from < found.length; from += SEQUENCES_AT_ONCE) {
    const some = found.slice(from, from + SEQUENCES_AT_ONCE)
    const { rows } = await client.query<{ at: number; value: string; called: boolean }>(
      some
        .map(
          ({ qualified }, at) => `SELECT ${at} AS at, last_value::text AS value, is_called AS called FROM ${qualified}`,
        )
        .join(' UNION ALL '),
    )
    for (const { at, value, called } of rows) {
      const sequence = some[at]
      if (sequence) values.push({ schema: sequence.schema, name: sequence.name, value, isCalled: called })
    }
  }
  return values
}

function sha256(lines: readonly string[]): string {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line).update('\n')
  return hash.digest('hex')
}
