import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe as suite, test } from 'node:test'
import { create, dropDatabase, rotateCredentials, start, stop, update } from './lifecycle.ts'
import { describe, metrics } from './observe.ts'
import { openProvider, type Provider } from './provider.ts'
import { prepareServer } from './server.ts'
import { startTestServer, type TestServer } from './test-server.ts'
import { aSlowLogin, asTenant, aTenant, createInput, inTime, run, SMALL } from './test-tenant.ts'

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

const adminQuery = async (sql: string) => (await provider.pool.query(sql)).rows

suite('creating', () => {
  test('gives the tenant a database and a role that carry the id', async () => {
    const tenant = await aTenant(provider)
    assert.equal(tenant.database, `shop_${tenant.serviceId.slice(0, 8)}`)
    assert.equal(tenant.username, tenant.database)
    await run(server, tenant, 'CREATE TABLE t (a int)')
    assert.deepEqual(await run(server, tenant, `SELECT tableowner FROM pg_tables WHERE tablename = 't'`), [
      { tableowner: `${tenant.database}_owner` },
    ])
  })

  test('twice changes only what is asked otherwise', async () => {
    const tenant = await aTenant(provider)
    await run(server, tenant, 'CREATE TABLE kept (a int)')
    const again = await aTenant(provider, {
      ...tenant,
      databaseName: 'renamed',
      password: 'second',
      extensions: ['citext'],
    })
    assert.equal(again.database, tenant.database)
    assert.deepEqual(await run(server, again, 'SELECT * FROM kept'), [])
    await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '28P01' })
  })

  for (const password of [
    `it's "quoted" \\ $$ \${x} %s`,
    'пароль 密码 🔑',
    'ﬁ\u00a0\u00ad№ e\u0301',
    `'; DROP ROLE admin; --`,
  ])
    test(`takes the password ${JSON.stringify(password)}`, async () => {
      const tenant = await aTenant(provider, { password })
      assert.deepEqual(await run(server, tenant, 'SELECT 1 AS one'), [{ one: 1 }])
    })

  for (const [what, change] of [
    ['a name with a quote', { databaseName: 'a"b' }],
    ['a name in upper case', { databaseName: 'Shop' }],
    ['a name of 41 letters', { databaseName: 'a'.repeat(41) }],
    ['an id that is no UUID', { serviceId: `x' OR true --` }],
    ['an empty password', { password: '' }],
    ['a password with a line feed', { password: 'a\nb' }],
    ['a plan without connections', { plan: { ...SMALL, connectionLimit: 0 } }],
    ['a plan with a fraction', { plan: { ...SMALL, storageLimitMb: 64.5 } }],
  ] as const)
    test(`refuses ${what}`, async () => {
      await assert.rejects(create(provider, createInput(change), inTime()), { kind: 'invalid' })
    })

  test('takes the longest name', async () => {
    const tenant = await aTenant(provider, { databaseName: 'a'.repeat(40) })
    assert.deepEqual(await run(server, tenant, 'SELECT current_database() AS name'), [{ name: tenant.database }])
  })

  test('refuses an extension that is not offered, by name', async () => {
    await assert.rejects(create(provider, createInput({ extensions: ['dblink'] }), inTime()), /dblink/)
  })

  test('refuses the name of a foreign database', async () => {
    const input = createInput({ databaseName: 'foreign' })
    await adminQuery(`CREATE DATABASE foreign_${input.serviceId.slice(0, 8)}`)
    await assert.rejects(create(provider, input, inTime()), { kind: 'conflict' })
    await dropDatabase(provider, input.serviceId, inTime())
    assert.equal((await adminQuery(`SELECT FROM pg_database WHERE datname LIKE 'foreign%'`)).length, 1)
  })

  test('refuses the name of a foreign role', async () => {
    const input = createInput({ databaseName: 'foreign' })
    await adminQuery(`CREATE ROLE foreign_${input.serviceId.slice(0, 8)}`)
    await assert.rejects(create(provider, input, inTime()), { kind: 'conflict' })
  })
})

suite('updating', () => {
  test('changes limits while the tenant is connected', async () => {
    const tenant = await aTenant(provider)
    await asTenant(server, tenant, async (client) => {
      await update(provider, { ...tenant, plan: { ...SMALL, connectionLimit: 1, statementTimeoutMs: 50 } }, inTime())
      await client.query('SELECT 1')
      await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '53300' })
    })
    await assert.rejects(run(server, tenant, 'SELECT pg_sleep(5)'), { code: '57014' })
  })

  test('creates extensions in the order they need and drops what is no longer wanted', async () => {
    const tenant = await aTenant(provider, { extensions: ['citext'] })
    await update(provider, { ...tenant, extensions: ['earthdistance', 'cube'] }, inTime())
    const described = await describe(provider, tenant.serviceId, inTime())
    assert.ok(described.exists)
    assert.deepEqual(described.extensions, ['cube', 'earthdistance'])
  })

  test('keeps an extension that the tenant uses, and the plan', async () => {
    const tenant = await aTenant(provider, { extensions: ['citext'] })
    await run(server, tenant, 'CREATE TABLE people (name citext)')
    const plan = { ...SMALL, name: 'other' }
    await assert.rejects(update(provider, { ...tenant, plan, extensions: [] }, inTime()), { kind: 'conflict' })
    const described = await describe(provider, tenant.serviceId, inTime())
    assert.ok(described.exists)
    assert.deepEqual([described.extensions, described.plan?.name], [['citext'], 'small'])
  })

  test('says which extension the server lacks', async () => {
    const tenant = await aTenant(provider)
    const wish = { ...tenant, extensions: ['warp_drive'], allowedExtensions: ['warp_drive'] }
    await assert.rejects(update(provider, wish, inTime()), /warp_drive/)
  })
})

test('stopping ends sessions and refuses new ones until the start; both may be repeated', async () => {
  const tenant = await aTenant(provider)
  await asTenant(server, tenant, async (client) => {
    await client.query('CREATE TABLE t AS SELECT 1 AS a')
    await stop(provider, tenant.serviceId, inTime())
    await assert.rejects(client.query('SELECT 1'))
  })
  await stop(provider, tenant.serviceId, inTime())
  await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '28000' })
  await start(provider, tenant.serviceId, inTime())
  await start(provider, tenant.serviceId, inTime())
  assert.deepEqual(await run(server, tenant, 'SELECT a FROM t'), [{ a: 1 }])
})

test('a client that was logging in when its service was stopped can write no more', async () => {
  const tenant = await aTenant(provider)
  await run(server, tenant, 'CREATE TABLE t (a int)')
  const { ended } = await aSlowLogin(server, tenant)
  await stop(provider, tenant.serviceId, inTime())
  const admin = { ...server.admin, username: server.admin.user, database: tenant.database }
  const before = await run(server, admin, 'SELECT count(*) FROM t')
  await ended
  assert.deepEqual(await run(server, admin, 'SELECT count(*) FROM t'), before)
})

test('a new password replaces the old one at once and ends its sessions', async () => {
  const tenant = await aTenant(provider)
  await asTenant(server, tenant, async (client) => {
    await rotateCredentials(provider, tenant.serviceId, `new '"\\`, inTime())
    await assert.rejects(client.query('SELECT 1'))
  })
  await assert.rejects(run(server, tenant, 'SELECT 1'), { code: '28P01' })
  await run(server, { ...tenant, password: `new '"\\` }, 'SELECT 1')
})

test('dropping removes database and roles under a connected tenant, and may be repeated', async () => {
  const tenant = await aTenant(provider)
  await asTenant(server, tenant, async (client) => {
    await client.query('CREATE TABLE t (a int)')
    await dropDatabase(provider, tenant.serviceId, inTime())
  })
  await dropDatabase(provider, tenant.serviceId, inTime())
  assert.deepEqual(await adminQuery(`SELECT rolname FROM pg_roles WHERE rolname LIKE '${tenant.database}%'`), [])
  assert.deepEqual(await adminQuery(`SELECT datname FROM pg_database WHERE datname LIKE '${tenant.database}%'`), [])
  assert.deepEqual(await describe(provider, tenant.serviceId, inTime()), { exists: false })
})

test('operations on an unknown service say so', async () => {
  for (const operation of [stop, start, metrics])
    await assert.rejects(async () => operation(provider, randomUUID(), inTime()), { kind: 'not-found' })
})

test('figures tell size, sessions and transactions', async () => {
  const tenant = await aTenant(provider)
  await asTenant(server, tenant, async (client) => {
    await client.query('SELECT 1')
    const figures = await metrics(provider, tenant.serviceId, inTime())
    assert.equal(figures.connections, 1)
    assert.ok(figures.sizeBytes > 1_000_000 && figures.transactions > 0)
    assert.ok(figures.cacheHitRatio !== null && figures.cacheHitRatio > 0 && figures.cacheHitRatio <= 1)
  })
})

test('an aborted signal ends a statement that is running', async () => {
  const tenant = await aTenant(provider)
  await asTenant(server, { ...server.admin, username: server.admin.user, database: 'postgres' }, async (blocker) => {
    await blocker.query('BEGIN')
    await blocker.query(`SELECT pg_advisory_lock(hashtextextended('fulcrum service ${tenant.serviceId}', 0))`)
    await assert.rejects(stop(provider, tenant.serviceId, AbortSignal.timeout(200)), { name: 'TimeoutError' })
  })
  await stop(provider, tenant.serviceId, inTime())
})

test('a creation that is aborted at twenty moments comes to its end when it is repeated', async () => {
  const input = createInput({ extensions: ['citext'] })
  for (let n = 0; n < 20; n++) {
    const aborted = create(provider, input, AbortSignal.timeout(5 + n * 8))
    await aborted.catch((error: Error) => assert.equal(error.name, 'TimeoutError'))
    if (n % 5 === 4) await dropDatabase(provider, input.serviceId, inTime())
  }
  const made = await create(provider, input, inTime())
  await run(server, { ...input, ...made }, 'CREATE TABLE t (a citext)')
})

test('of ten creations at once one database comes', async () => {
  const input = createInput()
  await Promise.all(Array.from({ length: 10 }, () => create(provider, input, inTime())))
  const found = await adminQuery(`SELECT FROM pg_database WHERE datname LIKE '%${input.serviceId.slice(0, 8)}%'`)
  assert.equal(found.length, 1)
})

/** Cuts `operation` short before its nth statement, for every n, and repeats it each time. */
async function cutEverywhere(operation: (provider: Provider) => Promise<unknown>, check: () => Promise<void>) {
  for (let cut = 1; ; cut++) {
    let seen = 0
    const beforeStatement = () => {
      seen += 1
      if (seen >= cut) throw new Error('cut')
    }
    const cutting = openProvider(server.admin, { beforeStatement })
    const finished = await operation(cutting).then(
      () => true,
      (error: Error) => {
        assert.equal(error.message, 'cut')
        return false
      },
    )
    await cutting.close()
    await operation(provider)
    await check()
    if (finished) return cut
  }
}

suite('cut short at any statement and repeated', () => {
  test('a creation comes to its end', async () => {
    const input = createInput({ extensions: ['citext'] })
    const made = {
      ...input,
      database: `shop_${input.serviceId.slice(0, 8)}`,
      username: `shop_${input.serviceId.slice(0, 8)}`,
    }
    const cuts = await cutEverywhere(
      (which) => create(which, input, inTime()),
      async () => {
        await run(server, made, 'CREATE TABLE t (a citext)')
        assert.equal((await adminQuery(`SELECT FROM pg_database WHERE datname ~ '^${made.database}'`)).length, 1)
        await dropDatabase(provider, input.serviceId, inTime())
      },
    )
    assert.ok(cuts > 20)
  })

  test('a removal comes to its end', async () => {
    const input = createInput()
    await create(provider, input, inTime())
    await cutEverywhere(
      (which) => dropDatabase(which, input.serviceId, inTime()),
      async () => {
        assert.equal(
          (await adminQuery(`SELECT FROM pg_roles WHERE rolname ~ '${input.serviceId.slice(0, 8)}'`)).length,
          0,
        )
        await create(provider, input, inTime())
      },
    )
  })

  test('an update comes to its end', async () => {
    const tenant = await aTenant(provider)
    let round = 0
    await cutEverywhere(
      (which) =>
        update(which, { ...tenant, plan: { ...SMALL, connectionLimit: round + 2 }, extensions: ['citext'] }, inTime()),
      async () => {
        const described = await describe(provider, tenant.serviceId, inTime())
        assert.ok(described.exists)
        assert.deepEqual([described.connectionLimit, described.extensions], [round + 2, ['citext']])
        round += 1
      },
    )
  })
})

test('an admin who is no superuser can do the same', async () => {
  await adminQuery(`CREATE ROLE provider LOGIN CREATEROLE CREATEDB PASSWORD 'p'`)
  await adminQuery(`GRANT CONNECT ON DATABASE postgres TO provider`)
  const limited = openProvider({ ...server.admin, user: 'provider', password: 'p' })
  try {
    const tenant = await aTenant(limited)
    await run(server, tenant, 'CREATE TABLE t (a int)')
    await update(limited, { ...tenant, plan: { ...SMALL, connectionLimit: 3 } }, inTime())
    await stop(limited, tenant.serviceId, inTime())
    await start(limited, tenant.serviceId, inTime())
    await rotateCredentials(limited, tenant.serviceId, 'other', inTime())
    await run(server, { ...tenant, password: 'other' }, 'INSERT INTO t VALUES (1)')
    await dropDatabase(limited, tenant.serviceId, inTime())
  } finally {
    await limited.close()
  }
})

test('no password is ever in a statement', async () => {
  const statements: string[] = []
  const watched = openProvider(server.admin, { beforeStatement: (sql) => statements.push(sql) })
  try {
    const tenant = await aTenant(watched, { password: 'seekrit' })
    await rotateCredentials(watched, tenant.serviceId, 'seekrit too', inTime())
  } finally {
    await watched.close()
  }
  assert.ok(statements.some((sql) => sql.includes(`PASSWORD 'SCRAM-SHA-256$4096:`)))
  assert.ok(!statements.some((sql) => sql.includes('seekrit')))
})
