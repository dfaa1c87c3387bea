/** Dumps and restores, with PostgreSQL's own programs where the machine has them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { dump } from './dump.ts'
import { dropDatabase, start, stop } from './lifecycle.ts'
import { describe } from './observe.ts'
import { openProvider, type Provider } from './provider.ts'
import { restore } from './restore.ts'
import { prepareServer } from './server.ts'
import { clearSpool } from './spool.ts'
import { enforceStorage } from './storage.ts'
import { archivePrograms, startTestServer, type TestServer, WITH_ARCHIVES } from './test-server.ts'
import { asTenant, aTenant, FILL, inTime, run, SMALL, type Tenant } from './test-tenant.ts'

let server: TestServer
let provider: Provider
let spoolDir: string
before(async () => {
  spoolDir = mkdtempSync(join(tmpdir(), 'agent-postgres-spool-'))
  server = await startTestServer()
  provider = openProvider(server.admin, { spoolDir })
  await prepareServer(provider, inTime())
})
after(async () => {
  await provider?.close()
  await server?.stop()
  rmSync(spoolDir, { recursive: true, force: true })
})

const CONTENT = `
  CREATE TABLE orders (id int PRIMARY KEY, name citext, note text);
  INSERT INTO orders SELECT n, 'Name ' || n, E'it''s \\\\ "ü" \\n' || n FROM generate_series(1, 1000) n;
  CREATE SCHEMA "odd ""schema";
  CREATE VIEW "odd ""schema".v AS SELECT count(*) FROM orders;
  CREATE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
  ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY positive ON orders USING (id > 0);
  SELECT lo_from_bytea(0, 'large object')`

const DIGEST = `SELECT count(*), md5(string_agg(id || name || note, '' ORDER BY id)) FROM orders`

const dumped = async (tenant: Tenant) => buffer((await dump(provider, tenant.serviceId, server.tools, inTime())).stream)
const restored = (tenant: Tenant, archive: Buffer, which = provider) =>
  restore(which, tenant.serviceId, Readable.from([archive]), server.tools, inTime())

/** Databases and roles of a tenant; one that is left too many shows here. */
const traces = async (tenant: Tenant) => {
  const { rows } = await provider.pool.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname ~ $1 UNION ALL
     SELECT rolname FROM pg_roles WHERE rolname ~ $1 ORDER BY 1`,
    [`^${tenant.database}`],
  )
  return rows.map((row) => row.name)
}

/** An archive made by somebody else: by a superuser in a database of its own. */
async function foreignArchive(sql: string): Promise<Buffer> {
  await provider.pool.query('DROP DATABASE IF EXISTS elsewhere')
  await provider.pool.query('CREATE DATABASE elsewhere')
  await run(server, { ...server.admin, username: server.admin.user, database: 'elsewhere' }, sql)
  return execFileSync(
    archivePrograms().pgDump,
    ['-Fc', '-h', '127.0.0.1', '-p', String(server.admin.port), '-U', server.admin.user, 'elsewhere'],
    {
      env: { PGPASSWORD: server.admin.password },
    },
  )
}

test('a restore brings back rows, objects, large objects and extensions, owned by the owner role', async () => {
  const tenant = await aTenant(provider, { extensions: ['citext'] })
  await run(server, tenant, CONTENT)
  const digest = await run(server, tenant, DIGEST)
  const archive = await dumped(tenant)
  await run(server, tenant, 'DELETE FROM orders; CREATE TABLE extra (a int)')

  await restored(tenant, archive)
  await restored(tenant, archive)

  assert.deepEqual(await run(server, tenant, DIGEST), digest)
  assert.deepEqual(await run(server, tenant, `SELECT to_regclass('extra') AS gone`), [{ gone: null }])
  assert.deepEqual(await run(server, tenant, 'SELECT count FROM "odd ""schema".v'), [{ count: '1000' }])
  assert.deepEqual(
    await run(server, tenant, `SELECT convert_from(lo_get(oid), 'UTF8') AS text FROM pg_largeobject_metadata`),
    [{ text: 'large object' }],
  )
  assert.deepEqual(
    await run(
      server,
      tenant,
      `SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid > 16384 AND relnamespace <> 99`,
    ),
    [{ owner: `${tenant.database}_owner` }],
  )
  const described = await describe(provider, tenant.serviceId, inTime())
  assert.ok(described.exists && described.loginAllowed && !described.readOnly)
  assert.deepEqual(described.extensions, ['citext'])
  assert.deepEqual(
    await traces(tenant),
    ['', '', '_owner', '_parked'].map((end) => tenant.database + end),
  )
  await assert.rejects(run(server, tenant, 'DROP EXTENSION citext'), { code: '42501' })
  assert.deepEqual(await prepareServer(provider, inTime()), { closed: [] })
})

test('a restore ends the sessions of a tenant that keeps on connecting', async () => {
  const tenant = await aTenant(provider)
  await run(server, tenant, 'CREATE TABLE t AS SELECT 1 AS a')
  const archive = await dumped(tenant)
  await run(server, tenant, 'UPDATE t SET a = 2')
  let going = true
  const clients = Array.from({ length: 3 }, async () => {
    while (going) await run(server, tenant, 'SELECT pg_sleep(0.1)').catch(() => {})
  })
  try {
    await restored(tenant, archive)
  } finally {
    going = false
    await Promise.all(clients)
  }
  assert.deepEqual(await run(server, tenant, 'SELECT a FROM t'), [{ a: 1 }])
})

test('a stopped service stays stopped, a read-only one read-only', WITH_ARCHIVES, async () => {
  const tenant = await aTenant(provider, { plan: { ...SMALL, storageLimitMb: 16 } })
  await run(server, tenant, `${FILL}; CREATE INDEX big ON filling (text); CREATE TABLE t (a int)`)
  assert.equal((await enforceStorage(provider, tenant.serviceId, inTime())).readOnly, true)
  const small = await foreignArchive('CREATE TABLE other (a int)')
  await stop(provider, tenant.serviceId, inTime())
  await assert.rejects(restored(tenant, await dumped(tenant)), /16 MiB/)
  await start(provider, tenant.serviceId, inTime())
  await assert.rejects(run(server, tenant, 'INSERT INTO t VALUES (1)'), { code: '42501' })

  await stop(provider, tenant.serviceId, inTime())
  await restored(tenant, small)
  await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '28000' })
  await start(provider, tenant.serviceId, inTime())
  await run(server, tenant, 'INSERT INTO other VALUES (1)')
})

suite('a dump', () => {
  test('is destroyed with the reason when the program fails', WITH_ARCHIVES, async () => {
    const tenant = await aTenant(provider)
    const { stream } = await dump(provider, tenant.serviceId, { ...archivePrograms(), pgDump: '/bin/false' }, inTime())
    await assert.rejects(buffer(stream), /ended with 1/)
    assert.ok(!(await traces(tenant)).includes(`${tenant.database}_worker`))
  })

  test('that nobody reads on ends when it is destroyed or aborted', async () => {
    const tenant = await aTenant(provider)
    await run(server, tenant, FILL)
    const first = await dump(provider, tenant.serviceId, server.tools, inTime())
    first.stream.destroy()
    const abort = new AbortController()
    const second = await dump(provider, tenant.serviceId, server.tools, abort.signal)
    abort.abort()
    await assert.rejects(buffer(second.stream), { name: 'AbortError' })
    assert.ok((await dumped(tenant)).length > 1000)
    assert.ok(!(await traces(tenant)).includes(`${tenant.database}_worker`))
  })

  test('of an unknown service is refused', async () => {
    const tenant = await aTenant(provider)
    await dropDatabase(provider, tenant.serviceId, inTime())
    await assert.rejects(dumped(tenant), { kind: 'not-found' })
  })
})

suite('an import', () => {
  test('takes the dump of another server with owners, grants and extensions', WITH_ARCHIVES, async () => {
    const tenant = await aTenant(provider, { extensions: ['citext'] })
    const archive =
      await foreignArchive(`CREATE EXTENSION citext; CREATE EXTENSION hstore; COMMENT ON EXTENSION citext IS 'theirs';
      CREATE TABLE t (a citext, b hstore); INSERT INTO t VALUES ('x', 'k=>v'); GRANT SELECT ON t TO pg_monitor`)
    await restored(tenant, archive)
    assert.deepEqual(await run(server, tenant, `SELECT a, b -> 'k' AS v FROM t`), [{ a: 'x', v: 'v' }])
  })

  const hostile: [string, string][] = [
    ['an untrusted extension', 'CREATE EXTENSION dblink'],
    ['a function of the server itself', `CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'`],
    [
      'an event trigger',
      `CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()`,
    ],
  ]
  for (const [what, sql] of hostile)
    test(`refuses ${what} and keeps the old content`, WITH_ARCHIVES, async () => {
      const tenant = await aTenant(provider)
      await run(server, tenant, 'CREATE TABLE kept (a int)')
      await assert.rejects(restored(tenant, await foreignArchive(sql)), { kind: 'invalid' })
      await run(server, tenant, 'SELECT FROM kept')
      assert.deepEqual(
        await traces(tenant),
        ['', '', '_owner', '_parked'].map((end) => tenant.database + end),
      )
    })

  test('gives statements put into an archive by hand no more than the tenant has', WITH_ARCHIVES, async () => {
    const tenant = await aTenant(provider)
    const archive = await foreignArchive(`CREATE TABLE t (a int); COMMENT ON TABLE t IS '${'x'.repeat(200)}'`)
    const place = archive.indexOf('COMMENT ON TABLE public.t')
    const length = archive.indexOf(';', place) - place
    for (const [sql, outcome] of [
      [`RESET ROLE; SET ROLE ${server.admin.user}`, /permission denied to set role/],
      ['SET ROLE none; CREATE ROLE escaped SUPERUSER', /must be superuser|permission denied/],
      [`RESET ROLE; ALTER ROLE ${server.admin.user} PASSWORD 'x'`, /must be superuser|permission denied/],
      [`COPY t FROM PROGRAM 'id'`, /permission denied|must be superuser/],
    ] as const) {
      archive.write(sql.padEnd(length), place, 'latin1')
      await assert.rejects(restored(tenant, archive), outcome)
    }
  })

  test('refuses what is no archive, and half an archive', WITH_ARCHIVES, async () => {
    const tenant = await aTenant(provider)
    await run(server, tenant, FILL)
    const archive = await dumped(tenant)
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('DROP DATABASE postgres'),
      archive.subarray(0, archive.length / 2),
      Buffer.from('PGDMP'),
    ])
      await assert.rejects(restored(tenant, bytes), { kind: 'invalid' })
    assert.deepEqual(await run(server, tenant, 'SELECT count(*) FROM filling'), [{ count: '10000' }])
  })

  test('refuses a dump that does not fit the plan while it is read', WITH_ARCHIVES, async () => {
    const tenant = await aTenant(provider, { plan: { ...SMALL, storageLimitMb: 16 } })
    const bomb = await foreignArchive(
      `CREATE TABLE bomb AS SELECT repeat('x', 2000) AS a FROM generate_series(1, 20000)`,
    )
    assert.ok(bomb.length < 2_000_000)
    await assert.rejects(restored(tenant, bomb), /16 MiB/)
  })

  test('ends when the sender fails or the signal is aborted', async () => {
    const tenant = await aTenant(provider)
    const source = new PassThrough()
    source.write('PGDMP')
    const failing = restore(provider, tenant.serviceId, source, server.tools, inTime())
    source.destroy(new Error('sender gone'))
    await assert.rejects(failing, /sender gone/)
    const silent = new PassThrough()
    await assert.rejects(restore(provider, tenant.serviceId, silent, server.tools, AbortSignal.timeout(300)))
    assert.deepEqual(readdirSync(spoolDir), [])
  })
})

test('cut short at any statement, a restore leaves the old or the new content, and its repetition the new', async () => {
  const tenant = await aTenant(provider, { extensions: ['citext'] })
  await run(server, tenant, 'CREATE TABLE t AS SELECT 1 AS a')
  const archive = await dumped(tenant)
  let finished = false
  const states = new Set<number>()
  for (let cut = 1; !finished; cut++) {
    await run(server, tenant, 'UPDATE t SET a = 2')
    let seen = 0
    const beforeStatement = () => {
      seen += 1
      if (seen >= cut) throw new Error('cut')
    }
    const cutting = openProvider(server.admin, { beforeStatement, spoolDir })
    finished = await restored(tenant, archive, cutting).then(
      () => true,
      () => false,
    )
    await cutting.close()
    const [row] = await run(server, tenant, 'SELECT a FROM t')
    states.add(row.a)
    if (!finished && cut % 3 === 0) {
      await restored(tenant, archive)
      assert.deepEqual(await run(server, tenant, 'SELECT a FROM t'), [{ a: 1 }])
      assert.deepEqual(
        await traces(tenant),
        ['', '', '_owner', '_parked'].map((end) => tenant.database + end),
      )
    }
  }
  assert.deepEqual([...states].toSorted(), [1, 2])
})

test('a process clears its own spool directory and never the one of the system', async () => {
  const own = join(spoolDir, 'own')
  const tenant = await aTenant(provider)
  const spooling = openProvider(server.admin, { spoolDir: own })
  const shared = openProvider(server.admin)
  try {
    await restored(tenant, await dumped(tenant), spooling)
    assert.deepEqual(readdirSync(own), [])
    await clearSpool(spooling)
    assert.equal(existsSync(own), false)
    await clearSpool(shared)
    assert.ok(existsSync(tmpdir()) && existsSync(spoolDir))
  } finally {
    await spooling.close()
    await shared.close()
  }
})

test('an admin who is no superuser dumps and restores', async () => {
  await provider.pool.query(`CREATE ROLE provider LOGIN CREATEROLE CREATEDB PASSWORD 'p'`)
  await provider.pool.query(`GRANT CONNECT ON DATABASE postgres TO provider`)
  const limited = openProvider({ ...server.admin, user: 'provider', password: 'p' })
  try {
    const tenant = await aTenant(limited)
    await asTenant(server, tenant, (client) => client.query('CREATE TABLE t AS SELECT 1 AS a'))
    const archive = await buffer((await dump(limited, tenant.serviceId, server.tools, inTime())).stream)
    await run(server, tenant, 'DROP TABLE t')
    await restored(tenant, archive, limited)
    assert.deepEqual(await run(server, tenant, 'SELECT a FROM t'), [{ a: 1 }])
  } finally {
    await limited.close()
  }
})
