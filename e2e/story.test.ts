/** The main job, end to end: a consumer orders a database from a federation, uses it, changes it, and gives it back. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { type DemoProcess, startDemoProcess } from './testing/demo-process.ts'

const CONSUMER = 'Klinikum Seeheim'
const OTHER = 'Stadt Brückenau'
const NAME = 'patients'

let demo: DemoProcess
before(async () => {
  demo = await startDemoProcess()
})
after(() => demo.dispose())

/** Runs a command that must succeed. */
async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await demo.fulcrum(CONSUMER, ...args)
  assert.equal(code, 0, `fulcrum ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

type ServiceView = { id: string; status: string; properties: Record<string, unknown>; agentId: string }

async function service(): Promise<ServiceView> {
  return JSON.parse(await ok('get', 'service', NAME, '-o', 'json'))
}

async function connect(password: string): Promise<pg.Client> {
  const { properties } = await service()
  const client = new pg.Client({
    host: String(properties.host),
    port: Number(properties.port),
    database: String(properties.database),
    user: String(properties.username),
    password,
  })
  // ended by the provider when the service is stopped
  client.on('error', () => {})
  await client.connect()
  return client
}

async function query<T extends pg.QueryResultRow>(password: string, text: string): Promise<T[]> {
  const client = await connect(password)
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}

const password = async () => (await ok('reveal', NAME, 'password')).trim()

describe('the life of a database', () => {
  test('a provider is found by its tag, and the database is there', async () => {
    await ok(
      'order',
      'postgresql',
      '--name',
      NAME,
      '--group',
      'patient-portal',
      '--tag',
      'fr',
      '--set',
      'plan=small',
      '--set',
      'databaseName=portal',
    )
    const ordered = await service()
    assert.equal(ordered.status, 'Running')
    assert.match(String(ordered.properties.password), /^vault:\/\//)
    const agent = JSON.parse((await demo.fulcrum('admin', 'get', 'agent', ordered.agentId, '-o', 'json')).stdout)
    assert.ok(agent.tags.includes('fr'))
  })

  test('the consumer connects with the revealed password and fills a table', async () => {
    const secret = await password()
    await query(secret, 'CREATE TABLE visits AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 1000) n')
    assert.deepEqual(await query(secret, 'SELECT count(*)::int AS n FROM visits'), [{ n: 1000 }])
  })

  test('a bigger plan holds at once, in an open connection too', async () => {
    const secret = await password()
    const limit = `SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user OR rolname = session_user ORDER BY rolconnlimit DESC LIMIT 1`
    const client = await connect(secret)
    try {
      const before = (await client.query(limit)).rows[0].rolconnlimit
      await ok('update', NAME, '--set', 'plan=medium')
      const after = (await client.query(limit)).rows[0].rolconnlimit
      assert.deepEqual([before, after], [10, 40])
    } finally {
      await client.end()
    }
  })

  test('a backup brings a dropped table back', async () => {
    const secret = await password()
    await ok('action', NAME, 'backup')
    await query(secret, 'DROP TABLE visits')
    await ok('action', NAME, 'restore')
    assert.deepEqual(await query(secret, 'SELECT count(*)::int AS n, min(note) AS note FROM visits'), [
      { n: 1000, note: '00411460f7c92d2124a67ea0f4cb5f85' },
    ])
  })

  test('stopped, it lets nobody in and keeps its data; started, it goes on', async () => {
    const secret = await password()
    const open = await connect(secret)
    const dropped = new Promise((resolve) => open.once('end', resolve))
    await ok('stop', NAME)
    await dropped
    await assert.rejects(query(secret, 'SELECT 1'), /not permitted to log in/)
    await ok('start', NAME)
    assert.deepEqual(await query(secret, 'SELECT count(*)::int AS n FROM visits'), [{ n: 1000 }])
  })

  test('after a rotation only the new password opens', async () => {
    const old = await password()
    await ok('action', NAME, 'rotate-credentials')
    const fresh = await password()
    assert.notEqual(fresh, old)
    await assert.rejects(query(old, 'SELECT 1'), /password authentication failed/)
    assert.equal((await query(fresh, 'SELECT 1')).length, 1)
  })

  test('deleted, nothing of it is left but its last backup', async () => {
    const secret = await password()
    const { id, properties } = await service()
    await ok('delete', NAME, '--yes')

    await assert.rejects(connectTo(properties, secret))
    const admin = async (...args: string[]) => JSON.parse((await demo.fulcrum('admin', ...args, '-o', 'json')).stdout)
    const held = await admin('get', 'service-pool-values', '--filter', `serviceId=${id}`)
    assert.deepEqual(held, [])
    const revealed = await demo.fulcrum(CONSUMER, 'reveal', id, '-o', 'json')
    assert.doesNotMatch(revealed.stdout, new RegExp(secret))
    const artifacts = await admin('get', 'artifacts', '--filter', `serviceId=${id}`)
    assert.ok(
      artifacts.some(
        (artifact: { kind: string; expiresAt?: string }) => artifact.kind === 'final-backup' && artifact.expiresAt,
      ),
    )
  })

  test('the events tell it all in order, and name no secret', async () => {
    const events = JSON.parse((await demo.fulcrum('admin', 'events', '--type', 'service.', '-o', 'json')).stdout)
    const types = events.map((event: { type: string }) => event.type)
    assert.equal(types[0], 'service.created')
    assert.ok(types.includes('service.revealed'))
    assert.equal(types.filter((type: string) => type === 'service.transitioned').length, 8)
  })
})

async function connectTo(properties: Record<string, unknown>, secret: string): Promise<void> {
  const client = new pg.Client({
    host: String(properties.host),
    port: Number(properties.port),
    database: String(properties.database),
    user: String(properties.username),
    password: secret,
  })
  client.on('error', () => {})
  await client.connect()
  await client.end()
}

describe('wrong input is refused with a word that helps, and nothing is half done', () => {
  const order = (...more: string[]) =>
    demo.fulcrum(CONSUMER, 'order', 'postgresql', '--name', 'wrong', '--group', 'research', ...more)

  for (const [what, args, message] of [
    ['an unknown property', ['--set', 'plan=small', '--set', 'colour=red'], /colour/],
    ['a wrong type', ['--set', 'plan=small', '--set', 'extensions=7'], /extensions/],
    [
      'a plan that nobody offers',
      ['--set', 'plan={"name":"small","connectionLimit":9999,"statementTimeoutMs":1,"storageLimitMb":1}'],
      /plan/,
    ],
    [
      'a name of a database that cannot be',
      ['--set', 'plan=small', '--set', 'databaseName=DROP TABLE'],
      /databaseName/,
    ],
    ['a tag that nobody carries', ['--tag', 'atlantis', '--set', 'plan=small'], /atlantis/],
  ] as const)
    test(what, async () => {
      const { code, stderr } = await order(...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
    })

  test("another consumer's service", async () => {
    await ok('order', 'postgresql', '--name', 'mine', '--group', 'research', '--tag', 'de', '--set', 'plan=small')
    const { id } = JSON.parse(await ok('get', 'service', 'mine', '-o', 'json'))
    for (const args of [
      ['get', 'service', id],
      ['action', id, 'stop'],
      ['reveal', id],
      ['delete', id, '--yes'],
      ['why', 'service', id],
    ]) {
      const { code, stderr } = await demo.fulcrum(OTHER, ...args)
      assert.equal(code, 4, `${args.join(' ')}: ${stderr}`)
    }
    const unknown = await demo.fulcrum(OTHER, 'get', 'service', crypto.randomUUID())
    assert.equal(unknown.code, 5)
  })

  // the command line refuses most of this by itself; other clients do not
  describe('by any client', () => {
    const call = async (token: string, method: string, path: string, body?: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const response = await fetch(`${demo.url}/api/v1${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
      })
      return { status: response.status, text: await response.text() }
    }
    const ids = async () => {
      const types = JSON.parse((await call(demo.token(CONSUMER), 'GET', '/service-types')).text)
      const groups = JSON.parse((await call(demo.token(CONSUMER), 'GET', '/service-groups')).text)
      return { serviceTypeId: types.items[0].id, groupId: groups.items[0].id }
    }

    test('a body that is no JSON, too large, or of wrong types', async () => {
      const token = demo.token(CONSUMER)
      const base = await ids()
      const post = (body: unknown) =>
        call(token, 'POST', '/services', typeof body === 'string' ? body : JSON.stringify(body))
      const replies = [
        await post('{"name":'),
        await post(''),
        await post({ ...base, name: 7 }),
        await post({ ...base, name: 'wrong', groupId: 'nonsense' }),
        await post({ ...base, name: 'wrong', groupId: crypto.randomUUID() }),
        await post({ ...base, name: 'wrong', serviceTypeId: crypto.randomUUID() }),
        await post({ ...base, name: 'wrong', properties: { plan: 'small', hostPort: 1 } }),
        await post({ ...base, name: 'wrong', properties: {} }),
        await post({ ...base, name: 'x'.repeat(10 * 2 ** 20) }),
      ]
      assert.deepEqual(
        replies.map(({ status }) => status),
        [400, 400, 400, 400, 404, 404, 400, 400, 413],
      )
      for (const { text } of replies) assert.ok(JSON.parse(text).status)
      assert.match(replies[7]?.text ?? '', /required property is missing/)
    })

    test('a token that is unknown, expired or of somebody else', async () => {
      const body = JSON.stringify({ name: 'short', role: 'admin', expireAt: '2020-01-01T00:00:00Z' })
      const expired = JSON.parse((await call(demo.adminToken, 'POST', '/tokens', body)).text).value
      const statuses = [
        (await call('nobody', 'GET', '/services')).status,
        (await call(expired, 'GET', '/services')).status,
        (
          await call(
            demo.token('nordlicht-postgres'),
            'POST',
            '/services',
            JSON.stringify({ ...(await ids()), name: 'wrong' }),
          )
        ).status,
        (await call(demo.token(OTHER), 'POST', '/services', JSON.stringify({ ...(await ids()), name: 'wrong' })))
          .status,
      ]
      assert.deepEqual(statuses, [401, 401, 403, 403])
    })
  })

  test('nothing was made by all of this', async () => {
    const services = JSON.parse(await ok('get', 'services', '-o', 'json'))
    assert.equal(services.filter(({ name }: { name: string }) => name === 'wrong').length, 0)
  })
})

describe('starting and stopping', () => {
  test('the whole is stopped by Ctrl-C and found again by the next start', async () => {
    assert.equal(await demo.interrupt(), 0)
    await demo.restart()
    assert.doesNotMatch(demo.output(), /shown only now/)
    const mine = JSON.parse(await ok('get', 'service', 'mine', '-o', 'json'))
    assert.equal(mine.status, 'Running')
  })

  test('after kill -9 of the starting process the next start takes over', async () => {
    demo.process.kill('SIGKILL')
    await new Promise((resolve) => demo.process.once('exit', resolve))
    await demo.restart()
    assert.equal(JSON.parse(await ok('get', 'service', 'mine', '-o', 'json')).status, 'Running')
  })
})
