/** The digest of a content, and moving a content with its rights: between servers of both versions, by both kinds of dumps. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { type Content, withContentSession } from './content-digest.ts'
import { portableDump, type Tools } from './dump.ts'
import { stop } from './lifecycle.ts'
import { namesOf } from './names.ts'
import { openProvider, type Provider, withAdmin } from './provider.ts'
import { restorePortable } from './restore.ts'
import { prepareServer } from './server.ts'
import { startBundledServer, startTestServer, type TestServer, WITH_ARCHIVES } from './test-server.ts'
import { aTenant, inTime, run, SMALL, type Tenant } from './test-tenant.ts'
import { withWorker } from './worker.ts'

type Place = { server: Pick<TestServer, 'admin'>; tools: Tools; provider: Provider; stop(): Promise<void> }

/** PostgreSQL 15 with its programs, where the machine has them, and the bundled 18 without. */
let installed: Place
let bundled: Place
before(async () => {
  const server = await startTestServer()
  installed = await placeOf(server, server.tools)
  bundled = await placeOf(await startBundledServer(), 'bundled')
})
after(async () => {
  await installed?.stop()
  await bundled?.stop()
})

async function placeOf(server: Pick<TestServer, 'admin' | 'stop'>, tools: Tools): Promise<Place> {
  const provider = openProvider(server.admin)
  await prepareServer(provider, inTime())
  return {
    server,
    tools,
    provider,
    async stop() {
      await provider.close()
      await server.stop()
    },
  }
}

const tenantAt = (place: Place, databaseName = 'shop') =>
  aTenant(place.provider, { databaseName, extensions: ['citext', 'hstore'], plan: { ...SMALL, storageLimitMb: 512 } })

async function exported(place: Place, tenant: Tenant, tools = place.tools) {
  const dump = await portableDump(place.provider, tenant.serviceId, tools, inTime())
  const bytes = await buffer(dump.stream)
  return { bytes, takenAt: dump.takenAt, content: await dump.content }
}

const imported = (
  place: Place,
  tenant: Tenant,
  bytes: Buffer,
  extensions: Content['extensions'] = [],
  tools = place.tools,
) => restorePortable(place.provider, tenant.serviceId, Readable.from([bytes]), tools, inTime(), extensions)

const digestOf = async (place: Place, tenant: Tenant) => (await exported(place, tenant)).content

/** Something of everything that a tenant can make. `LOGIN` and `OWNER` stand for its roles. */
const EVERYTHING = `
  CREATE SCHEMA app; CREATE SCHEMA "odd ""schema"; COMMENT ON SCHEMA app IS 'the application';
  CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN app.positive AS int NOT NULL DEFAULT 1 CHECK (VALUE > 0);
  CREATE TYPE app.pair AS (a int, b text COLLATE "C"); CREATE TYPE app.span AS RANGE (subtype = float8);
  CREATE TABLE app.customer (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email citext UNIQUE NOT NULL, mood app.mood DEFAULT 'ok', age app.positive,
    tags hstore, place app.pair, seen timestamptz DEFAULT '2026-01-02 03:04:05+02', price numeric(10, 2), ratio float8, photo bytea,
    note text, days interval, span app.span, doc jsonb, twice int GENERATED ALWAYS AS (age * 2) STORED,
    CONSTRAINT grown CHECK ((age)::int >= 0 AND (note IS NULL OR length(note) < 100)));
  INSERT INTO app.customer (email, tags, place, price, ratio, photo, note, days, doc)
    SELECT 'A' || n || '@b.eu', hstore('k', n::text), ROW(n, 'x"y')::app.pair, n / 3.0, n / 7.0, decode(md5(n::text), 'hex'),
           CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN '' ELSE E'it''s \\\\ (a,b) "ü" 🔑\\n' END, make_interval(days => n),
           jsonb_build_object('n', n) FROM generate_series(1, 500) n;
  CREATE TABLE app.orders (id bigserial, customer int REFERENCES app.customer ON DELETE CASCADE, at date NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
  CREATE TABLE app.orders_25 PARTITION OF app.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE app.orders_rest PARTITION OF app.orders DEFAULT;
  INSERT INTO app.orders (customer, at) SELECT 1 + n % 500, date '2025-06-01' + n FROM generate_series(1, 400) n;
  CREATE INDEX by_day ON app.orders (at DESC) INCLUDE (customer); CREATE INDEX partial ON app.customer (lower(note)) WHERE note <> '';
  CREATE STATISTICS app.both (ndistinct) ON price, age FROM app.customer;
  CREATE VIEW app.young AS SELECT c.id, c.email, (c.age + 1) AS next FROM app.customer c WHERE c.age < 18 OR (c.note IS NULL AND c.mood = 'sad');
  CREATE VIEW app.sales WITH (security_barrier) AS SELECT c.email, count(*) AS n, sum(o.id) FILTER (WHERE o.at > '2025-12-01') AS total
    FROM app.customer c LEFT JOIN app.orders o ON o.customer = c.id GROUP BY c.email HAVING count(*) > 0 ORDER BY 2 DESC;
  CREATE VIEW app.ranked AS WITH s AS (SELECT * FROM app.sales) SELECT s.*, row_number() OVER (ORDER BY n) FROM s WHERE email LIKE 'A%'
    UNION ALL SELECT email, 1, NULL, 2 FROM app.customer WHERE id IN (SELECT customer FROM app.orders);
  CREATE MATERIALIZED VIEW app.totals AS SELECT at, count(*) FROM app.orders GROUP BY at;
  CREATE MATERIALIZED VIEW app.empty AS SELECT 1 AS one WITH NO DATA;
  CREATE FUNCTION app.doubled(a int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN a * 2 END; END;
  CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = app AS $f$ BEGIN NEW.note := 'a;b'; RETURN NEW; END $f$;
  CREATE PROCEDURE app.nothing() LANGUAGE sql AS 'SELECT 1';
  CREATE AGGREGATE app.total (int) (sfunc = int4pl, stype = int, initcond = '0');
  CREATE OPERATOR app.# (leftarg = int, rightarg = int, function = int4pl);
  CREATE TRIGGER stamped BEFORE UPDATE OF note ON app.customer FOR EACH ROW WHEN (OLD.note IS DISTINCT FROM NEW.note) EXECUTE FUNCTION app.stamp();
  CREATE RULE silent AS ON DELETE TO app.young DO INSTEAD NOTHING;
  CREATE SEQUENCE app.tickets START 100 INCREMENT 5 CACHE 3; SELECT nextval('app.tickets');
  CREATE SEQUENCE "odd ""schema"."it's"; SELECT setval('"odd ""schema"."it''s"', 42, false);
  CREATE TABLE "odd ""schema"."table" ("a ""b" int, "order" text); INSERT INTO "odd ""schema"."table" SELECT 1, 'same' FROM generate_series(1, 3);
  CREATE UNLOGGED TABLE app.cache (a int); CREATE TABLE app.nothing ();
  CREATE TEXT SEARCH CONFIGURATION app.words (COPY = simple); CREATE COLLATION app.plain (provider = libc, locale = 'C');
  COMMENT ON TABLE app.customer IS 'people'; COMMENT ON COLUMN app.customer.age IS 'in years';
  ALTER TABLE app.customer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY everybody ON app.customer USING (id > 0) WITH CHECK (id > 0);
  CREATE POLICY mine ON app.customer AS RESTRICTIVE FOR SELECT TO LOGIN, OWNER USING (note <> ' TO x USING (' OR true);
  SELECT lo_from_bytea(4711, 'large object'); COMMENT ON LARGE OBJECT 4711 IS 'a blob'; GRANT SELECT ON LARGE OBJECT 4711 TO LOGIN;
  GRANT USAGE ON SCHEMA app TO LOGIN, PUBLIC; GRANT SELECT, INSERT ON app.customer TO LOGIN WITH GRANT OPTION; GRANT SELECT (id, at) ON app.orders TO PUBLIC;
  REVOKE EXECUTE ON FUNCTION app.doubled(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.doubled(int) TO LOGIN; REVOKE DELETE ON app.cache FROM OWNER;
  GRANT USAGE ON SEQUENCE app.tickets TO LOGIN; GRANT SELECT ON app.young TO pg_monitor;
  ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO LOGIN; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  GRANT CREATE ON SCHEMA app TO LOGIN; SET ROLE NONE; CREATE TABLE app.of_login (a int); GRANT SELECT ON app.of_login TO PUBLIC`

const everythingFor = ({ database }: Tenant) =>
  EVERYTHING.replaceAll(/\bLOGIN\b/g, database).replaceAll(/\bOWNER\b/g, `${database}_owner`)

suite('the same content has the same digest', () => {
  test('on both versions, and after each way from one database to another one', async (t) => {
    const source = await tenantAt(installed)
    await run(installed.server, source, everythingFor(source))
    const first = await exported(installed, source)
    const plain = await exported(installed, source, 'bundled')
    assert.deepEqual(plain.content, first.content)
    assert.deepEqual([first.content.tables, first.content.rows, first.content.largeObjects], [7, 903, 1])

    const made = await tenantAt(bundled, 'other_name')
    await run(bundled.server, made, everythingFor(made))
    assert.deepEqual((await exported(bundled, made)).content.parts, first.content.parts)

    for (const [what, from, to] of [
      ['archive from 15 to 15', first, installed],
      ['plain dump from 15 to 15', plain, installed],
      ['plain dump from 15 to 18', plain, bundled],
    ] as const)
      await t.test(what, async () => {
        const target = await tenantAt(to, 'elsewhere')
        assert.deepEqual((await imported(to, target, from.bytes)).parts, first.content.parts)
        assert.deepEqual((await digestOf(to, target)).parts, first.content.parts)
      })
  })
})

suite('another content has another digest', () => {
  test('whatever has changed, and the part that changed says where', async () => {
    const tenant = await tenantAt(installed)
    const admin = { ...installed.server.admin, username: installed.server.admin.user, database: tenant.database }
    await run(installed.server, tenant, everythingFor(tenant))
    let before = (await digestOf(installed, tenant)).parts
    const changes: [what: string, sql: string, parts: string[], asAdmin?: true][] = [
      ['one row', `UPDATE app.orders SET customer = 77 WHERE id = 100`, ['rows']],
      [
        'one row that is there once more',
        `INSERT INTO "odd ""schema"."table" SELECT * FROM "odd ""schema"."table" LIMIT 1`,
        ['rows'],
      ],
      ['an empty text', `UPDATE "odd ""schema"."table" SET "order" = ''`, ['rows']],
      ['nothing instead of it', `UPDATE "odd ""schema"."table" SET "order" = NULL`, ['rows']],
      ['a byte of a large object', `SELECT lo_put(4711, 1, 'A')`, ['largeObjects']],
      ['the position of a sequence', `SELECT nextval('app.tickets')`, ['sequences']],
      ['a dropped index', 'DROP INDEX app.by_day', ['objects']],
      ['a constraint', 'ALTER TABLE app.customer DROP CONSTRAINT grown', ['objects']],
      [
        'a view',
        `CREATE OR REPLACE VIEW app.young AS SELECT c.id, c.email, (c.age + 2) AS next FROM app.customer c`,
        ['objects'],
      ],
      ['a function', `CREATE OR REPLACE PROCEDURE app.nothing() LANGUAGE sql AS 'SELECT 2'`, ['objects']],
      ['a trigger that is off', 'ALTER TABLE app.customer DISABLE TRIGGER stamped', ['objects']],
      ['a default', 'ALTER TABLE app.customer ALTER mood DROP DEFAULT', ['objects']],
      ['row security', 'ALTER TABLE app.customer NO FORCE ROW LEVEL SECURITY', ['objects']],
      ['a policy for fewer', `ALTER POLICY mine ON app.customer TO ${tenant.database}`, ['objects']],
      ['a materialized view with rows', 'REFRESH MATERIALIZED VIEW app.empty', ['objects']],
      ['a grant', 'GRANT SELECT ON app.cache TO PUBLIC', ['privileges']],
      [
        'a default privilege',
        `ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM ${tenant.database}`,
        ['privileges'],
      ],
      ['another owner', 'ALTER TABLE app.cache OWNER TO admin', ['privileges'], true],
      ['an extension', 'CREATE EXTENSION pg_trgm WITH SCHEMA public', ['extensions'], true],
    ]
    for (const [what, sql, parts, asAdmin] of changes) {
      if (asAdmin) await run(installed.server, admin, sql)
      else await run(installed.server, tenant, sql)
      const now = (await contentNow(installed, tenant)).parts
      const changed = Object.keys(now).filter((part) => now[part] !== before[part])
      assert.deepEqual(changed, parts, what)
      before = now
    }
  })

  test('but the order of rows on the disk, and grants to strangers, change nothing', async () => {
    const [tenant, stranger] = [await tenantAt(installed), await tenantAt(installed)]
    await run(
      installed.server,
      tenant,
      'CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n; CREATE INDEX ON t (n DESC)',
    )
    const { digest } = await digestOf(installed, tenant)
    await run(installed.server, tenant, 'CLUSTER t USING t_n_idx')
    await run(installed.server, tenant, `ALTER TABLE t SET WITHOUT CLUSTER; GRANT SELECT ON t TO ${stranger.database}`)
    assert.equal((await digestOf(installed, tenant)).digest, digest)
  })
})

test('looking at a content runs nothing that the tenant has written', async () => {
  const tenant = await tenantAt(installed)
  const trap = (name: string, takes: string, gives: string) =>
    `CREATE FUNCTION public.${name}(${takes}) RETURNS ${gives} LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;`
  await run(
    installed.server,
    tenant,
    `CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t AS SELECT 1 AS a, 'ok'::mood AS m;
     ${trap('of_row', 't', 'text')} CREATE CAST (t AS text) WITH FUNCTION of_row(t) AS IMPLICIT;
     ${trap('of_mood', 'mood', 'text')} CREATE CAST (mood AS text) WITH FUNCTION of_mood(mood) AS IMPLICIT;
     ${trap('sha256', 'bytea', 'bytea')} ${trap('convert_to', 'text, name', 'bytea')} ${trap('concat_it', 'text, text', 'text')}
     CREATE OPERATOR public.|| (leftarg = text, rightarg = text, function = concat_it);
     ${trap('seen', 'int', 'boolean')} CREATE POLICY p ON t USING (seen(a)); CREATE VIEW v AS SELECT seen(a) FROM t;
     ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
  )
  assert.equal((await digestOf(installed, tenant)).rows, 1)
})

suite('a move', () => {
  for (const how of ['archive', 'plain dump'] as const)
    test(`of a database that is written to has the digest of what comes out of the ${how}`, async () => {
      const source = await tenantAt(installed)
      const tools = how === 'archive' ? installed.tools : 'bundled'
      await run(
        installed.server,
        source,
        'CREATE TABLE t (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), text text); CREATE TABLE u AS SELECT 0 AS n',
      )
      await run(
        installed.server,
        source,
        `INSERT INTO t (text) SELECT repeat(md5(n::text), 20) FROM generate_series(1, 5000) n`,
      )
      let going = true
      let committed = 0
      const writers = Array.from({ length: 3 }, async () => {
        while (going) {
          await run(
            installed.server,
            source,
            `INSERT INTO t (text) SELECT md5(random()::text) FROM generate_series(1, 20); UPDATE u SET n = n + 1; SELECT nextval('t_id_seq'); DELETE FROM t WHERE id % 97 = 5`,
          )
          committed++
        }
      })
      try {
        for (let round = 0; round < 2; round++) {
          const before = committed
          const { bytes, content, takenAt } = await exported(installed, source, tools)
          assert.ok(committed > before, 'nobody wrote meanwhile')
          const target = await tenantAt(installed, 'target')
          assert.deepEqual(await imported(installed, target, bytes), content)
          const [row] = await run(installed.server, target, `SELECT max(at) AS last FROM t`)
          assert.ok(row.last <= new Date(takenAt.getTime() + 1_000))
          assert.notDeepEqual((await digestOf(installed, source)).digest, content.digest)
        }
      } finally {
        going = false
        await Promise.all(writers)
      }
    })

  test('brings owners and rights to the roles of the target', async () => {
    const source = await tenantAt(installed)
    await run(installed.server, source, everythingFor(source))
    const { bytes } = await exported(installed, source, 'bundled')
    const target = await tenantAt(bundled, 'there')
    await imported(bundled, target, bytes)
    const [rights] = await run(
      bundled.server,
      target,
      `SELECT has_table_privilege('${target.database}', 'app.customer', 'INSERT WITH GRANT OPTION') AS granted,
              has_table_privilege('${target.database}', 'app.customer', 'DELETE') AS none,
              has_function_privilege('${target.database}', 'app.doubled(int)', 'EXECUTE') AS function,
              has_table_privilege('pg_monitor', 'app.young', 'SELECT') AS predefined,
              (SELECT tableowner FROM pg_tables WHERE tablename = 'of_login') AS owner,
              (SELECT roles FROM pg_policies WHERE policyname = 'mine')::text AS roles`,
    )
    assert.deepEqual(rights, {
      granted: true,
      none: false,
      function: true,
      predefined: true,
      owner: target.database,
      roles: `{${target.database},${target.database}_owner}`,
    })
    await run(bundled.server, target, 'CREATE TABLE app.later ()')
    const [later] = await run(
      bundled.server,
      target,
      `SELECT has_table_privilege('${target.database}', 'app.later', 'SELECT') AS granted`,
    )
    assert.deepEqual(later, { granted: true })
  })

  test('from a stopped service works, and leaves it stopped', async () => {
    const [source, target] = [await tenantAt(installed), await tenantAt(installed)]
    await run(installed.server, source, 'CREATE TABLE t AS SELECT 1 AS a')
    await stop(installed.provider, source.serviceId, inTime())
    const { bytes, content } = await exported(installed, source)
    assert.deepEqual(await imported(installed, target, bytes), content)
    await assert.rejects(run(installed.server, source, 'SELECT 1'), { code: '28000' })
  })

  test('to a server without an extension, or with an older one, is refused by name before anything happens', async () => {
    const tenant = await tenantAt(installed)
    await run(installed.server, tenant, 'CREATE TABLE kept ()')
    const { bytes, content } = await exported(installed, tenant)
    assert.deepEqual(
      content.extensions.map(({ name }) => name),
      ['citext', 'hstore'],
    )
    await imported(installed, tenant, bytes, content.extensions)
    const wanted = [...content.extensions, { name: 'hstore', version: '99.1' }, { name: 'postgis', version: '3.5.0' }]
    await assert.rejects(imported(installed, tenant, bytes, wanted), {
      kind: 'unsupported',
      message: /hstore 99\.1 \(this server has 1\.\d+\), postgis 3\.5\.0 \(this server does not have postgis\)/,
    })
    await run(installed.server, tenant, 'SELECT FROM kept')
  })

  for (const [what, placeOfTest] of [
    ['15', () => installed],
    ['18', () => bundled],
  ] as const)
    test(`is done by an admin who is no superuser, on ${what}`, async () => {
      const { server, tools, provider } = placeOfTest()
      await provider.pool.query(`CREATE ROLE provider LOGIN CREATEROLE CREATEDB PASSWORD 'p'`)
      await provider.pool.query('GRANT CONNECT ON DATABASE postgres TO provider')
      const limited = await placeOf(
        { ...server, admin: { ...server.admin, user: 'provider', password: 'p' }, stop: async () => {} },
        tools,
      )
      try {
        const [source, target] = [
          await aTenant(limited.provider),
          await aTenant(limited.provider, { databaseName: 'there' }),
        ]
        const { database } = source
        await run(
          server,
          source,
          `CREATE TABLE t AS SELECT n FROM generate_series(1, 10) n; GRANT SELECT ON t TO ${database}, PUBLIC;
          ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t TO ${database} USING (n > 0); SELECT lo_from_bytea(0, 'x');
          ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${database}; CREATE VIEW v AS SELECT * FROM t;
          GRANT CREATE ON SCHEMA public TO ${database}; SET ROLE NONE; CREATE TABLE of_login (a int)`,
        )
        const { bytes, content } = await exported(limited, source)
        assert.deepEqual(await imported(limited, target, bytes), content)
      } finally {
        await limited.stop()
      }
    })

  test('that cannot give a right fails with the reason and keeps the old content', WITH_ARCHIVES, async () => {
    const tenant = await tenantAt(installed)
    await run(installed.server, tenant, 'CREATE TABLE t (a int); GRANT SELECT ON t TO PUBLIC')
    const { bytes } = await exported(installed, tenant)
    const [text, bad] = ['GRANT SELECT ON TABLE public.t TO PUBLIC', 'GRANT SELECT ON TABLE public.x TO PUBLIC']
    const place = bytes.indexOf(text)
    assert.ok(place > 0)
    bytes.write(bad, place, 'latin1')
    await run(installed.server, tenant, 'CREATE TABLE kept ()')
    await assert.rejects(
      imported(installed, tenant, bytes),
      /rights in the dump cannot be restored: relation "public.x" does not exist/,
    )
    await run(installed.server, tenant, 'SELECT FROM kept')
  })
})

/** Without a dump: for changes that a dump could not bring along. */
async function contentNow({ provider }: Place, tenant: Tenant): Promise<Content> {
  const names = namesOf(tenant.database)
  const worker = { names, serviceId: tenant.serviceId, database: tenant.database, purpose: 'read' } as const
  return withAdmin(provider, inTime(), (admin) =>
    withWorker(provider, admin, worker, inTime(), (target) =>
      withContentSession(target, names, inTime(), (session) => session.content()),
    ),
  )
}
