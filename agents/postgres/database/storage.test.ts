/** The storage limit, and what a tenant tries against it. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { rotateCredentials, start, stop, update } from './lifecycle.ts'
import { describe } from './observe.ts'
import { openProvider, type Provider } from './provider.ts'
import { prepareServer } from './server.ts'
import { enforceStorage, storageToEnforce } from './storage.ts'
import { startTestServer, type TestServer } from './test-server.ts'
import { asTenant, aTenant, FILL, inTime, run, SMALL, type Tenant } from './test-tenant.ts'

let server: TestServer
let provider: Provider
before(async () => {
  server = await startTestServer()
  provider = openProvider(server.admin)
  await prepareServer(provider, inTime())
})
after(async () => {
  await provider?.close()
  await server?.stop()
})

const TINY = { ...SMALL, storageLimitMb: 16 }
const enforce = (tenant: Tenant) => enforceStorage(provider, tenant.serviceId, inTime())

/** A tenant whose database has become too big and read-only; `first` runs while it may still write. */
async function fullTenant(first = 'SELECT'): Promise<Tenant> {
  const tenant = await aTenant(provider, { plan: TINY })
  await run(server, tenant, FILL)
  await run(server, tenant, first)
  const { readOnly, changed } = await enforce(tenant)
  assert.deepEqual({ readOnly, changed }, { readOnly: true, changed: true })
  return tenant
}

test('below the limit nothing changes', async () => {
  const tenant = await aTenant(provider, { plan: TINY })
  await asTenant(server, tenant, async (client) => {
    const state = await enforce(tenant)
    assert.deepEqual(
      { ...state, sizeBytes: 0 },
      { readOnly: false, changed: false, sizeBytes: 0, limitBytes: 16 << 20 },
    )
    await client.query('CREATE TABLE t (a int)')
  })
})

test('above the limit sessions end, reading works, writing does not', async () => {
  const tenant = await aTenant(provider, { plan: TINY })
  await asTenant(server, tenant, async (client) => {
    await client.query(FILL)
    await client.query(
      'CREATE SCHEMA other; CREATE VIEW other.v AS SELECT count(*) FROM filling; CREATE SEQUENCE other.s',
    )
    assert.equal((await enforce(tenant)).readOnly, true)
    await assert.rejects(client.query('SELECT 1'))
  })
  assert.deepEqual(await run(server, tenant, 'SELECT count FROM other.v'), [{ count: '10000' }])
  await run(server, tenant, 'SELECT last_value FROM other.s')
  assert.equal((await enforce(tenant)).changed, false)
  const described = await describe(provider, tenant.serviceId, inTime())
  assert.ok(described.exists && described.readOnly && described.loginAllowed)
})

suite('one statement tells which databases need to be looked at', () => {
  const look = async (which: Provider, ...serviceIds: string[]) =>
    [...(await storageToEnforce(which, serviceIds, inTime()))].toSorted()

  async function sizeMib({ database }: Tenant): Promise<number> {
    const { rows } = await provider.pool.query('SELECT pg_database_size($1::name) AS bytes', [database])
    return Number(rows[0].bytes) / 2 ** 20
  }

  test('those near their limit, above it, read-only, half changed, and unknown', async () => {
    const small = await aTenant(provider, { plan: TINY })
    const stopped = await aTenant(provider, { plan: TINY })
    await stop(provider, stopped.serviceId, inTime())
    const near = await aTenant(provider, { plan: TINY })
    await run(server, near, 'CREATE TABLE t (text text)')
    for (let mib = 0; mib < 15.3; mib = await sizeMib(near)) {
      await run(server, near, `INSERT INTO t SELECT repeat(md5(n::text), 32) FROM generate_series(1, 300) n`)
      assert.ok(mib < 16)
    }
    const above = await aTenant(provider, { plan: TINY })
    await run(server, above, FILL)
    const full = await fullTenant()
    const half = await aTenant(provider, { plan: TINY })
    await provider.pool.query(`REVOKE CONNECT ON DATABASE ${half.database} FROM ${half.username}`)
    const unknown = randomUUID()

    const statements: string[] = []
    const counted = openProvider(server.admin, { beforeStatement: (sql) => statements.push(sql) })
    try {
      const all = [small, stopped, near, above, full, half].map(({ serviceId }) => serviceId)
      const wanted = [near, above, full, half].map(({ serviceId }) => serviceId)
      assert.deepEqual(await look(counted, ...all, unknown), [...wanted, unknown].toSorted())
      assert.equal(statements.length, 1)
      assert.deepEqual(await look(counted), [])
    } finally {
      await counted.close()
    }
  })

  test('also an admin who is no superuser, who has to look at what others made', async () => {
    await provider.pool.query(`CREATE ROLE looker LOGIN CREATEROLE CREATEDB PASSWORD 'p'`)
    await provider.pool.query('GRANT CONNECT ON DATABASE postgres TO looker')
    const limited = openProvider({ ...server.admin, user: 'looker', password: 'p' })
    try {
      const own = await aTenant(limited, { plan: TINY })
      const foreign = await aTenant(provider, { plan: TINY })
      assert.deepEqual(await look(limited, own.serviceId, foreign.serviceId), [foreign.serviceId])
      await run(server, own, FILL)
      assert.deepEqual(await look(limited, own.serviceId), [own.serviceId])
    } finally {
      await limited.close()
    }
  })
})

suite('a read-only tenant cannot write', () => {
  const attempts: [string, string][] = [
    [
      'in a transaction that it declares writable',
      `SET default_transaction_read_only = off; BEGIN READ WRITE; INSERT INTO filling VALUES (1)`,
    ],
    ['a table of its own', 'CREATE TABLE t (a int)'],
    ['a temporary table', 'CREATE TEMP TABLE t (a int)'],
    ['a schema', 'CREATE SCHEMA s'],
    ['a large object', `SELECT lo_from_bytea(0, 'x')`],
    ['by deleting', 'DELETE FROM filling'],
    ['by locking rows', 'SELECT FROM filling FOR UPDATE'],
    ['by altering', 'ALTER TABLE filling ADD COLUMN c int'],
    ['an extension', 'CREATE EXTENSION hstore'],
  ]
  let tenant: Tenant
  before(async () => {
    tenant = await fullTenant()
  })
  for (const [what, sql] of attempts)
    test(what, async () => {
      await assert.rejects(run(server, tenant, sql), { code: '42501' })
    })

  test('as the owner role', async () => {
    for (const sql of [`SET ROLE ${tenant.database}_owner`, `SET SESSION AUTHORIZATION ${tenant.database}_owner`])
      await assert.rejects(run(server, tenant, sql), { code: '42501' })
    await run(server, tenant, `ALTER ROLE ${tenant.username} SET role = '${tenant.database}_owner'`).catch(() => {})
    await assert.rejects(run(server, tenant, 'DELETE FROM filling'), { code: '42501' })
  })
})

suite('doors left open before do not let a read-only tenant write', () => {
  const doors: [string, string, string][] = [
    ['a grant to PUBLIC', 'GRANT ALL ON filling TO PUBLIC', 'INSERT INTO filling VALUES (1)'],
    ['a grant on a column', 'GRANT INSERT (n) ON filling TO PUBLIC', 'INSERT INTO filling (n) VALUES (1)'],
    ['a grant to the login role', 'GRANT ALL ON filling TO session_user', 'INSERT INTO filling VALUES (1)'],
    [
      'a grant passed on',
      `DO $$ BEGIN EXECUTE format('GRANT ALL ON filling TO %I WITH GRANT OPTION', session_user); END $$;
       SET ROLE none; GRANT INSERT ON filling TO PUBLIC; RESET ROLE`,
      'INSERT INTO filling VALUES (1)',
    ],
    [
      'a schema for everybody',
      'CREATE SCHEMA s; GRANT ALL ON SCHEMA s TO PUBLIC',
      'CREATE TABLE IF NOT EXISTS s.t (a int)',
    ],
    [
      'a table of the login role',
      `DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA public TO %I', session_user); END $$;
       SET ROLE none; CREATE TABLE own (a int); GRANT ALL ON own TO PUBLIC; RESET ROLE`,
      'INSERT INTO own VALUES (1)',
    ],
    [
      'a function that runs as the owner',
      `CREATE FUNCTION door(sql text) RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; END'`,
      `SELECT door('INSERT INTO filling VALUES (1)')`,
    ],
    [
      'a procedure that runs as the owner',
      `CREATE PROCEDURE "the ""door"(sql text) SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; END'`,
      `CALL "the ""door"('INSERT INTO filling VALUES (1)')`,
    ],
    [
      'an aggregate over such a function',
      `CREATE FUNCTION step(state int, sql text) RETURNS int SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; RETURN 1; END';
       CREATE AGGREGATE door(text) (SFUNC = step, STYPE = int, INITCOND = '0')`,
      `SELECT door('INSERT INTO filling VALUES (1)')`,
    ],
    [
      'a view for everybody',
      'CREATE VIEW door AS SELECT n FROM filling; GRANT ALL ON door TO PUBLIC',
      'INSERT INTO door VALUES (1)',
    ],
    [
      'a large object for everybody',
      'SELECT lo_create(4711); GRANT ALL ON LARGE OBJECT 4711 TO PUBLIC',
      `SELECT lo_put(4711, 0, 'x')`,
    ],
    ['a sequence for everybody', 'CREATE SEQUENCE s; GRANT ALL ON SEQUENCE s TO PUBLIC', `SELECT nextval('s')`],
  ]
  for (const [what, open, use] of doors)
    test(what, async () => {
      const tenant = await aTenant(provider, { plan: TINY })
      await run(server, tenant, `${FILL}; ${open}`)
      await run(server, tenant, use)
      assert.equal((await enforce(tenant)).readOnly, true)
      await assert.rejects(run(server, tenant, use), { code: '42501' })
      await update(provider, { ...tenant, plan: SMALL }, inTime())
      await run(server, tenant, use)
    })
})

test('a bigger plan makes it writable again, with everything as before', async () => {
  const tenant = await fullTenant('CREATE TABLE t (a int)')
  await update(provider, { ...tenant, plan: SMALL }, inTime())
  assert.deepEqual(await run(server, tenant, 'INSERT INTO t VALUES (1) RETURNING a'), [{ a: 1 }])
  assert.equal((await enforce(tenant)).changed, false)
  const grants = await run(server, tenant, `SELECT FROM pg_class WHERE relacl::text LIKE '%${tenant.username}=%'`)
  assert.equal(grants.length, 0)
})

test('it becomes writable only 5 % below the limit', async () => {
  const tenant = await fullTenant()
  const { sizeBytes } = await enforce(tenant)
  const mb = (factor: number) => Math.ceil((sizeBytes * factor) / 2 ** 20)
  await update(provider, { ...tenant, plan: { ...TINY, storageLimitMb: mb(1) } }, inTime())
  assert.equal((await enforce(tenant)).readOnly, true)
  await update(provider, { ...tenant, plan: { ...TINY, storageLimitMb: mb(1.06) } }, inTime())
  assert.equal((await enforce(tenant)).readOnly, false)
})

test('stop, start and a new password leave it read-only', async () => {
  const tenant = await fullTenant()
  await stop(provider, tenant.serviceId, inTime())
  assert.equal((await enforce(tenant)).changed, false)
  await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '28000' })
  await start(provider, tenant.serviceId, inTime())
  await rotateCredentials(provider, tenant.serviceId, 'other', inTime())
  await assert.rejects(run(server, { ...tenant, password: 'other' }, 'DELETE FROM filling'), { code: '42501' })
})

test('cut short at any statement and repeated it comes to read-only, and back', async () => {
  const tenant = await aTenant(provider, { plan: TINY })
  await run(server, tenant, FILL)
  let finished = false
  for (let cut = 1; !finished; cut++) {
    let seen = 0
    const beforeStatement = () => {
      seen += 1
      if (seen >= cut) throw new Error('cut')
    }
    const cutting = openProvider(server.admin, { beforeStatement })
    finished = await enforceStorage(cutting, tenant.serviceId, inTime()).then(
      () => true,
      () => false,
    )
    assert.equal((await enforce(tenant)).readOnly, true)
    await run(server, tenant, 'SELECT FROM filling LIMIT 1')
    await assert.rejects(run(server, tenant, 'DELETE FROM filling WHERE n = 1'), { code: '42501' })

    seen = 0
    await update(cutting, { ...tenant, plan: SMALL }, inTime()).catch(() => {})
    await update(provider, { ...tenant, plan: SMALL }, inTime())
    await run(server, tenant, 'UPDATE filling SET n = n WHERE n = 1')
    await cutting.close()
    // The smaller plan is written without its enforcement, which is the next round's.
    let writes = 0
    const planOnly = openProvider(server.admin, {
      beforeStatement: (sql) => {
        if (writes > 0 && sql.includes('pg_database_size')) throw new Error('cut')
        writes += 1
      },
    })
    await update(planOnly, { ...tenant, plan: TINY }, inTime()).catch(() => {})
    await planOnly.close()
  }
})
