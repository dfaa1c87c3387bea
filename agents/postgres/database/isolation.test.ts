/** What a tenant must not be able to do, tried as the tenant. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { openProvider, type Provider } from './provider.ts'
import { prepareServer } from './server.ts'
import { startTestServer, type TestServer } from './test-server.ts'
import { asTenant, aTenant, inTime, run, type Tenant } from './test-tenant.ts'

let server: TestServer
let provider: Provider
let tenant: Tenant
let neighbour: Tenant
before(async () => {
  server = await startTestServer()
  provider = openProvider(server.admin)
  await prepareServer(provider, inTime())
  tenant = await aTenant(provider)
  neighbour = await aTenant(provider)
})
after(async () => {
  await provider?.close()
  await server?.stop()
})

const DENIED = '42501'

test('a tenant connects to its own database alone', async () => {
  await run(server, tenant, 'SELECT 1')
  for (const database of [neighbour.database, 'postgres', 'template1'])
    await assert.rejects(run(server, tenant, 'SELECT 1', { database }), { code: DENIED })
})

test('a database made later by somebody else is closed by the next preparation', async () => {
  await provider.pool.query('CREATE DATABASE later')
  await run(server, tenant, 'SELECT 1', { database: 'later' })
  assert.deepEqual(await prepareServer(provider, inTime()), { closed: ['later'] })
  assert.deepEqual(await prepareServer(provider, inTime()), { closed: [] })
  await assert.rejects(run(server, tenant, 'SELECT 1', { database: 'later' }), { code: DENIED })
})

suite('a tenant is refused', () => {
  const own = () => tenant.database
  const statements: [string, () => string][] = [
    ['to create a role', () => 'CREATE ROLE mine'],
    ['to create a database', () => 'CREATE DATABASE mine'],
    ['to drop its database', () => `DROP DATABASE ${own()}`],
    ['to raise its connection limit', () => `ALTER DATABASE ${own()} CONNECTION LIMIT 1000`],
    ["to raise its role's limit", () => `ALTER ROLE ${own()} CONNECTION LIMIT 1000`],
    ['to rename its database', () => `ALTER DATABASE ${own()} RENAME TO other`],
    ['to take a mark that is not its own', () => `COMMENT ON DATABASE ${own()} IS 'fulcrum service x'`],
    ['to write its plan', () => `COMMENT ON ROLE ${own()}_owner IS '{}'`],
    ['to let the owner role log in', () => `ALTER ROLE ${own()}_owner LOGIN`],
    ['to act as a neighbour', () => `SET ROLE ${neighbour.database}_owner`],
    ['to read the verifiers', () => 'SELECT rolpassword FROM pg_authid'],
    ['to read files', () => `SELECT pg_read_file('PG_VERSION')`],
    ['to run programs', () => `COPY (SELECT 1) TO PROGRAM 'id'`],
    ['an untrusted extension', () => 'CREATE EXTENSION dblink'],
    [
      'to end the admin sessions',
      () => `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${server.admin.user}'`,
    ],
    ['the size of a neighbour', () => `SELECT pg_database_size('${neighbour.database}')`],
  ]
  for (const [what, sql] of statements)
    test(what, async () => {
      await asTenant(server, tenant, async (client) => {
        await assert.rejects(client.query(sql()), { code: DENIED })
        // Outside of the owner role it has no more rights than in it.
        await client.query('SET ROLE none')
        await assert.rejects(client.query(sql()), { code: DENIED })
      })
    })

  test('to let others into its database: the grant has no effect', async () => {
    await run(server, tenant, `GRANT CONNECT ON DATABASE ${own()} TO PUBLIC`)
    await assert.rejects(run(server, neighbour, 'SELECT 1', { database: own() }), { code: DENIED })
  })
})

test('a session that leaves the owner role creates nothing', async () => {
  await asTenant(server, tenant, async (client) => {
    await client.query('SET ROLE none')
    for (const sql of [
      'CREATE TABLE t (a int)',
      'CREATE TEMP TABLE t (a int)',
      'CREATE SCHEMA s',
      'SELECT lo_create(0)',
    ])
      await assert.rejects(client.query(sql), { code: DENIED })
    await client.query('RESET ROLE')
    await client.query('CREATE TABLE by_owner (a int)')
  })
})

test("a neighbour's statements are not shown", async () => {
  await asTenant(server, neighbour, async (other) => {
    await other.query(`SELECT 'private'`)
    const rows = await run(server, tenant, `SELECT query FROM pg_stat_activity WHERE usename = '${neighbour.username}'`)
    assert.deepEqual(rows, [{ query: '<insufficient privilege>' }])
  })
})

test('a function in public is not run by the admin in place of one of PostgreSQL', async () => {
  await run(server, tenant, `CREATE TABLE caught (who text)`)
  await run(
    server,
    tenant,
    `CREATE FUNCTION public.starts_with(text, text) RETURNS bool LANGUAGE sql AS $$ INSERT INTO public.caught VALUES (session_user) RETURNING true $$;
     CREATE FUNCTION public.format(text, name, name, text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.caught VALUES (session_user) RETURNING 'x' $$`,
  )
  await aTenant(provider, { ...tenant, extensions: ['citext'] })
  assert.deepEqual(await run(server, tenant, 'SELECT * FROM caught'), [])
})
