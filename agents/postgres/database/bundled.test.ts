/** Everything with the bundled PostgreSQL and the bundled pg_dump, as on a machine that has neither. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { dump } from './dump.ts'
import { dropDatabase, stop } from './lifecycle.ts'
import { openProvider, type Provider } from './provider.ts'
import { restore } from './restore.ts'
import { prepareServer } from './server.ts'
import { enforceStorage } from './storage.ts'
import { startBundledServer } from './test-server.ts'
import { aSlowLogin, aTenant, FILL, inTime, run, SMALL, type Tenant } from './test-tenant.ts'

let server: Awaited<ReturnType<typeof startBundledServer>>
let provider: Provider
before(async () => {
  server = await startBundledServer()
  provider = openProvider(server.admin)
  await prepareServer(provider, inTime())
})
after(async () => {
  await provider?.close()
  await server?.stop()
})

const CONTENT = `
  CREATE TABLE orders (id int PRIMARY KEY, name citext, note text, bytes bytea, at timestamptz DEFAULT now());
  INSERT INTO orders SELECT n, 'Name ' || n, E'it''s \\\\ "ü" 🔑; \\n -- \\t $$' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 1000) n;
  INSERT INTO orders (id) VALUES (0);
  CREATE FUNCTION doubled(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a > 0 THEN a * 2 END; END;
  CREATE FUNCTION quoted() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $f$ BEGIN RETURN 'a;b'; END $f$;
  CREATE RULE r AS ON UPDATE TO orders DO ALSO (SELECT 1; SELECT 2);
  SELECT lo_from_bytea(0, 'large object')`
const DIGEST = `SELECT count(*), md5(string_agg(orders::text, '' ORDER BY id)), doubled(2), quoted(),
  (SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata) AS large FROM orders`

const dumped = async (tenant: Tenant) => buffer((await dump(provider, tenant.serviceId, 'bundled', inTime())).stream)
const restored = (tenant: Tenant, content: Buffer | string) =>
  restore(provider, tenant.serviceId, Readable.from([Buffer.from(content)]), 'bundled', inTime())
const wrapped = (sql: string) =>
  `--\n-- PostgreSQL database dump\n--\n\\restrict key\n${sql}\n--\n-- PostgreSQL database dump complete\n--\n\\unrestrict key\n`

test('a dump brings everything back, also into another service', async () => {
  const tenant = await aTenant(provider, { extensions: ['citext'], password: `p'w"d\\` })
  await run(server, tenant, CONTENT)
  const digest = await run(server, tenant, DIGEST)
  const content = await dumped(tenant)
  await run(server, tenant, 'DROP TABLE orders')
  await restored(tenant, content)
  assert.deepEqual(await run(server, tenant, DIGEST), digest)
  const other = await aTenant(provider, { extensions: ['citext'] })
  await restored(other, content)
  assert.deepEqual(await run(server, other, DIGEST), digest)
  assert.deepEqual(await run(server, other, `SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`), [
    { tableowner: `${other.database}_owner` },
  ])
})

test('a row that spans many network packets is dumped whole', async () => {
  const tenant = await aTenant(provider)
  await run(
    server,
    tenant,
    `CREATE TABLE t AS SELECT string_agg(md5(n::text), ';''\n') AS long FROM generate_series(1, 100000) n`,
  )
  const digest = await run(server, tenant, 'SELECT length(long), md5(long) FROM t')
  await restored(tenant, await dumped(tenant))
  assert.deepEqual(await run(server, tenant, 'SELECT length(long), md5(long) FROM t'), digest)
})

test('a text that the program would damage is refused', async () => {
  const tenant = await aTenant(provider)
  await run(server, tenant, `CREATE TABLE t AS SELECT E'line\\n\\\\restrict me' AS a`)
  await assert.rejects(dumped(tenant), /restrict/)
})

test("what fails in the dump comes with PostgreSQL's reason, and leaves no role behind", async () => {
  const tenant = await aTenant(provider)
  const { stream } = await dump(provider, tenant.serviceId, 'bundled', inTime())
  stream.destroy()
  await dumped(tenant)
  const { rows } = await provider.pool.query('SELECT FROM pg_roles WHERE rolname = $1', [`${tenant.database}_worker`])
  assert.equal(rows.length, 0)
})

for (const [what, sql, reason] of [
  ['a role', 'RESET ROLE; CREATE ROLE escaped SUPERUSER;', /permission denied to create role/],
  ['a program', `CREATE TABLE t (a int); COPY t FROM PROGRAM 'id';`, /permission denied to COPY/],
  ['another extension', 'CREATE EXTENSION dblink;', /permission denied to create extension "dblink"/],
  ["psql's commands", `\\! id\n`, /for psql/],
  ['rows for COPY', 'CREATE TABLE t (a int); COPY t (a) FROM stdin;\n1\n\\.\n', /for psql/],
  ['another encoding', `SET client_encoding = 'LATIN1';`, /UTF-8/],
  ['an open literal', `SELECT 'a;`, /middle of a statement/],
] as const)
  test(`an import with ${what} is refused and the old content kept`, async () => {
    const tenant = await aTenant(provider)
    await run(server, tenant, 'CREATE TABLE kept (a int)')
    await assert.rejects(restored(tenant, wrapped(sql)), reason)
    await run(server, tenant, 'SELECT FROM kept')
  })

test('half a dump, text without a dump, and an archive are refused', async () => {
  const tenant = await aTenant(provider)
  const content = await dumped(tenant)
  for (const bad of [content.subarray(0, content.length - 100), 'DROP TABLE x;', ''])
    await assert.rejects(restored(tenant, bad), { kind: 'invalid' })
  await assert.rejects(restored(tenant, 'PGDMP…'), { kind: 'unsupported' })
})

test('a dump that does not fit the plan is refused', async () => {
  const tenant = await aTenant(provider, { plan: { ...SMALL, storageLimitMb: 16 } })
  const grow = `CREATE TABLE t AS SELECT repeat('x', 2000) AS a FROM generate_series(1, 20000);`
  await assert.rejects(restored(tenant, wrapped(grow)), /16 MiB/)
})

test('the storage limit and removal work on this version, too', async () => {
  const tenant = await aTenant(provider, { plan: { ...SMALL, storageLimitMb: 16 } })
  await run(server, tenant, FILL)
  assert.equal((await enforceStorage(provider, tenant.serviceId, inTime())).readOnly, true)
  await run(server, tenant, 'SELECT FROM filling LIMIT 1')
  for (const sql of [
    'DELETE FROM filling',
    `SET ROLE ${tenant.database}_owner`,
    'CREATE TEMP TABLE t ()',
    'SELECT lo_create(0)',
  ])
    await assert.rejects(run(server, tenant, sql), { code: '42501' })
  await dropDatabase(provider, tenant.serviceId, inTime())
})

test('a client that was logging in when its service was stopped can write no more on this version, too', async () => {
  const tenant = await aTenant(provider)
  await run(server, tenant, 'CREATE TABLE t (a int)')
  const { ended } = await aSlowLogin(server, tenant)
  await stop(provider, tenant.serviceId, inTime())
  const admin = { ...server.admin, username: server.admin.user, database: tenant.database }
  const before = await run(server, admin, 'SELECT count(*) FROM t')
  await ended
  assert.deepEqual(await run(server, admin, 'SELECT count(*) FROM t'), before)
})

test('an admin who is no superuser works on this version, too', async () => {
  await provider.pool.query(`CREATE ROLE provider LOGIN CREATEROLE CREATEDB PASSWORD 'p'`)
  await provider.pool.query(`GRANT CONNECT ON DATABASE postgres TO provider`)
  const limited = openProvider({ ...server.admin, user: 'provider', password: 'p' })
  try {
    const tenant = await aTenant(limited, { plan: { ...SMALL, storageLimitMb: 16 } })
    await run(
      server,
      tenant,
      `CREATE TABLE t AS SELECT 1 AS a; CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'`,
    )
    const { stream } = await dump(limited, tenant.serviceId, 'bundled', inTime())
    await restore(limited, tenant.serviceId, Readable.from([await buffer(stream)]), 'bundled', inTime())
    assert.deepEqual(await run(server, tenant, 'SELECT a FROM t'), [{ a: 1 }])
    await run(server, tenant, FILL)
    assert.equal((await enforceStorage(limited, tenant.serviceId, inTime())).readOnly, true)
    await assert.rejects(run(server, tenant, 'DELETE FROM filling'), { code: '42501' })
    await aTenant(limited, { ...tenant, plan: SMALL })
    await run(server, tenant, 'DELETE FROM filling')
    await dropDatabase(limited, tenant.serviceId, inTime())
  } finally {
    await limited.close()
  }
})
