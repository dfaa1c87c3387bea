/** The installation of agents over HTTP: who gets the command and the configuration, for how long, and what races do. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'

const CMD = "curl -H 'Authorization: Bearer {{.authToken}}' {{.configUrl}} > {{.file}}; echo {{.password}}"
const CONFIG = 'file={{.file}} password={{.password}}'
const SCHEMA = {
  properties: {
    file: { type: 'string' },
    password: { type: 'string', secret: { type: 'persistent' } },
    n: { type: 'integer' },
  },
}
const CONFIGURATION = { file: 'a.env', password: 'se<ret' }
const MINUTE_MS = 60_000

let server: TestServer
let clock: Date | null = null
let provider: { id: string; caller: Caller }
let stranger: { id: string; caller: Caller }
before(async () => {
  server = await startTestServer({}, () => clock ?? new Date())
  provider = await server.participant('provider')
  stranger = await server.participant('stranger')
})
after(() => server.stop())
beforeEach(() => {
  clock = null
})

type Type = { configTemplate?: string; cmdTemplate?: string; configContentType?: string }

async function created(on: TestServer, path: string, body: unknown) {
  const reply = await on.admin.post(path, body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}

/** An agent of a type of its own. */
async function anAgent(type: Type = {}, configuration: object = CONFIGURATION, on = server, providerId = provider.id) {
  const { id: agentTypeId } = await created(on, '/agent-types', {
    name: randomUUID(),
    configurationSchema: SCHEMA,
    configTemplate: CONFIG,
    cmdTemplate: CMD,
    ...type,
  })
  const { id } = await created(on, '/agents', { name: 'a', providerId, agentTypeId, configuration })
  return { id, agentTypeId, path: `/agents/${id}/install-command` }
}

async function agentCaller(agentId: string): Promise<Caller> {
  return server.as((await created(server, '/tokens', { name: 'x', role: 'agent', scopeId: agentId })).value)
}

const bearerIn = (command: string) => /Bearer (\S+)'/.exec(command)?.[1] ?? ''
const tokenIn = (url: string) => /\/agents\/install\/(.+)\/config$/.exec(url)?.[1] ?? ''

/** Fetches from where the server really listens. */
async function fetched(url: string, bearer: string, on = server) {
  const response = await fetch(`${on.url}/api/v1/agents/install/${tokenIn(url)}/config`, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

async function eventsOf(agentId: string): Promise<{ type: string; properties: Record<string, string> }[]> {
  const { items } = (await server.admin.get(`/events?entityId=${agentId}&sort=sequenceNumber&pageSize=50`)).body
  return items.filter(({ type }: { type: string }) => type.startsWith('agent.install_token_'))
}

describe('an install command', () => {
  test('is made with both secrets, which are stored as hashes only', async () => {
    const { id, path } = await anAgent()
    const { status, body, headers } = await provider.caller.post(path)
    assert.equal(status, 201)
    assert.deepEqual(Object.keys(body).toSorted(), ['expiresAt', 'installCommand', 'url'])
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(body.url, /^http:\/\/127\.0\.0\.1:0\/api\/v1\/agents\/install\/[\w-]{43}=\/config$/)
    const command = /^curl -H 'Authorization: Bearer [\w-]{43}=' (\S+) > a\.env; echo vault:\/\/[0-9a-f-]{36}$/
    assert.equal(command.exec(body.installCommand)?.[1], body.url)
    const left = new Date(body.expiresAt).getTime() - Date.now()
    assert.ok(left > 4 * MINUTE_MS && left <= 5 * MINUTE_MS, `${left} ms`)

    // reading numbers what was written, so that the table has it
    assert.equal((await eventsOf(id)).length, 1)
    const { rows } = await sql<{ text: string }>`
      SELECT (SELECT json_agg(t)::text FROM agent_install_tokens t) || (SELECT json_agg(t)::text FROM tokens t) ||
             (SELECT json_agg(e)::text FROM events e) AS text`.execute(server.platform.db)
    for (const secret of [tokenIn(body.url), bearerIn(body.installCommand)]) assert.ok(!rows[0]?.text.includes(secret))

    const bootstrap = (await server.admin.get(`/tokens?name=install-bootstrap-${id}`)).body.items
    assert.equal(bootstrap.length, 1)
    const { role, agentId, expireAt } = bootstrap[0]
    assert.deepEqual([role, agentId, expireAt], ['agent', id, body.expiresAt])
    const me = await server.as(bearerIn(body.installCommand)).get('/agents/me')
    assert.deepEqual([me.status, me.body.id], [200, id])
    const [event, ...others] = await eventsOf(id)
    assert.deepEqual(
      [event?.type, Object.keys(event?.properties ?? {}), others],
      ['agent.install_token_created', ['createdAt', 'expiresAt'], []],
    )
  })

  test('is made once; then it is made anew, and what was before is void', async () => {
    const { id, path } = await anAgent()
    assert.equal((await provider.caller.post(`${path}/regenerate`)).status, 404)
    const first = (await provider.caller.post(path)).body
    assert.equal((await provider.caller.post(path)).status, 409)
    const meta = (await provider.caller.get(path)).body
    assert.equal((await server.as(bearerIn(first.installCommand)).get('/agents/me')).status, 200)

    clock = new Date(Date.now() + 2 * MINUTE_MS)
    const again = await provider.caller.post(`${path}/regenerate`)
    assert.equal(again.status, 200)
    assert.notEqual(again.body.url, first.url)
    assert.equal((await fetched(first.url, server.admin.token)).status, 404)
    assert.equal((await fetched(again.body.url, server.admin.token)).status, 200)
    assert.equal((await server.as(bearerIn(first.installCommand)).get('/agents/me')).status, 401)
    const after = (await provider.caller.get(path)).body
    assert.deepEqual([after.id, after.createdAt], [meta.id, meta.createdAt])
    assert.equal(after.expiresAt, again.body.expiresAt)
    assert.equal((await server.admin.get(`/tokens?name=install-bootstrap-${id}`)).body.totalItems, 1)
    const [, regenerated] = await eventsOf(id)
    assert.deepEqual(Object.keys(regenerated?.properties ?? {}), ['regeneratedAt', 'expiresAt'])
  })

  test('expires after five minutes, is still shown then, and has to be made anew', async () => {
    const { path } = await anAgent()
    const { body } = await provider.caller.post(path)
    clock = new Date(Date.now() + 4.9 * MINUTE_MS)
    assert.equal((await fetched(body.url, bearerIn(body.installCommand))).status, 200)
    clock = new Date(Date.now() + 5.1 * MINUTE_MS)
    assert.equal((await fetched(body.url, bearerIn(body.installCommand))).status, 401)
    assert.equal((await fetched(body.url, tokenIn(body.url))).status, 401)
    assert.equal((await fetched(body.url, provider.caller.token)).status, 404)
    assert.equal((await provider.caller.get(path)).body.expiresAt, body.expiresAt)
    assert.equal((await provider.caller.post(path)).status, 409)
    assert.equal((await provider.caller.post(`${path}/regenerate`)).status, 200)
  })

  test('is revoked with both secrets', async () => {
    const { id, path } = await anAgent()
    assert.equal((await provider.caller.delete(path)).status, 404)
    const { body } = await provider.caller.post(path)
    assert.equal((await server.as(bearerIn(body.installCommand)).get('/agents/me')).status, 200)
    assert.equal((await provider.caller.delete(path)).status, 204)
    assert.equal((await server.as(bearerIn(body.installCommand)).get('/agents/me')).status, 401)
    assert.equal((await fetched(body.url, provider.caller.token)).status, 404)
    assert.equal((await fetched(body.url, tokenIn(body.url))).status, 401)
    assert.equal((await provider.caller.get(path)).status, 404)
    const [, revoked] = await eventsOf(id)
    assert.deepEqual(
      [revoked?.type, Object.keys(revoked?.properties ?? {})],
      ['agent.install_token_revoked', ['revokedAt']],
    )
    assert.equal((await provider.caller.post(path)).status, 201)
  })

  test('is refused where the type has no templates', async () => {
    const { path } = await anAgent({ configTemplate: '', cmdTemplate: '' })
    assert.equal((await provider.caller.post(path)).status, 400)
    assert.equal((await provider.caller.post(`${path}/regenerate`)).status, 400)
    assert.equal((await provider.caller.get(path)).status, 404)
  })

  test('that cannot be rendered leaves nothing behind', async () => {
    const { id, path } = await anAgent({}, { file: 'x' })
    const refused = await provider.caller.post(path)
    assert.deepEqual(
      [refused.status, refused.body.error],
      [400, 'invalid input: cmdTemplate references unknown property "password"'],
    )
    assert.equal((await provider.caller.get(path)).status, 404)
    assert.equal((await server.admin.get(`/tokens?name=install-bootstrap-${id}`)).body.totalItems, 0)
    assert.deepEqual(await eventsOf(id), [])
    await server.admin.patch(`/agents/${id}`, { configuration: { password: 'p' } })
    assert.equal((await provider.caller.post(path)).status, 201)
  })

  test('belongs to the provider and admins; agents of the provider may look', async () => {
    const { id, path } = await anAgent()
    const agent = await agentCaller(id)
    assert.equal((await stranger.caller.post(path)).status, 403)
    assert.equal((await agent.post(path)).status, 403)
    assert.equal((await server.admin.post(path)).status, 201)
    assert.equal((await stranger.caller.post(`${path}/regenerate`)).status, 403)
    assert.equal((await stranger.caller.get(path)).status, 403)
    assert.equal((await stranger.caller.delete(path)).status, 403)
    assert.equal((await agent.get(path)).status, 200)
    assert.equal((await agent.delete(path)).status, 403)
    const missing = `/agents/${randomUUID()}/install-command`
    for (const method of ['post', 'get', 'delete'] as const)
      assert.equal((await server.admin[method](missing)).status, 404)
    assert.equal((await server.admin.post(`${missing}/regenerate`)).status, 404)
  })

  test('is made once when twenty ask at the same time', async () => {
    const { id, path } = await anAgent()
    const replies = await Promise.all(Array.from({ length: 20 }, () => provider.caller.post(path)))
    const statuses = replies.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [201, ...Array(19).fill(409)])
    assert.equal((await server.admin.get(`/tokens?name=install-bootstrap-${id}`)).body.totalItems, 1)
    const winner = replies.find(({ status }) => status === 201)?.body
    assert.equal((await fetched(winner.url, bearerIn(winner.installCommand))).status, 200)
  })

  test('that ten make anew at the same time is good for the last one only', async () => {
    const { id, path } = await anAgent()
    await provider.caller.post(path)
    const replies = await Promise.all(Array.from({ length: 10 }, () => provider.caller.post(`${path}/regenerate`)))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    const answers = await Promise.all(replies.map(({ body }) => fetched(body.url, server.admin.token)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal((await server.admin.get(`/tokens?name=install-bootstrap-${id}`)).body.totalItems, 1)
  })

  test('goes with its agent', async () => {
    const { id, path } = await anAgent()
    const { body } = await provider.caller.post(path)
    assert.equal((await server.admin.delete(`/agents/${id}`)).status, 204)
    assert.equal((await fetched(body.url, server.admin.token)).status, 404)
    assert.equal((await fetched(body.url, tokenIn(body.url))).status, 401)
  })
})

describe('the configuration', () => {
  test('is given in clear to the command, the agent, its provider, admins, and the install token itself', async () => {
    const { id, path } = await anAgent({ configContentType: 'application/yaml' })
    const { body } = await provider.caller.post(path)
    const bearers = [
      bearerIn(body.installCommand),
      tokenIn(body.url),
      provider.caller.token,
      server.admin.token,
      (await agentCaller(id)).token,
    ]
    for (const bearer of bearers) {
      const { status, text, headers } = await fetched(body.url, bearer)
      assert.deepEqual([status, text], [200, 'file=a.env password=se<ret'])
      assert.equal(headers.get('content-type'), 'application/yaml')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    }
    const events = (await eventsOf(id)).filter(({ type }) => type === 'agent.install_token_fetched')
    assert.equal(events.length, bearers.length)
    assert.deepEqual(Object.keys(events[0]?.properties ?? {}), ['fetchedAt', 'expiresAt'])
  })

  for (const [configContentType, wanted] of [
    ['', 'text/plain'],
    ['yaml', 'yaml'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/json', 'application/json'],
  ] as const)
    test(`has the content type of the agent type: '${configContentType}'`, async () => {
      const { path } = await anAgent({ configContentType })
      const { body } = await provider.caller.post(path)
      const { text, headers } = await fetched(body.url, tokenIn(body.url))
      assert.deepEqual([headers.get('content-type'), text], [wanted, 'file=a.env password=se<ret'])
    })

  test('is the same 404 for everybody and everything else', async () => {
    const [own, other] = [await anAgent(), await anAgent()]
    const { body } = await provider.caller.post(own.path)
    const { body: otherBody } = await provider.caller.post(other.path)
    const noFile = await anAgent({ configTemplate: '{{.n}}' })
    const { body: unset } = await provider.caller.post(noFile.path)
    const lost = await anAgent()
    const { body: lostBody } = await provider.caller.post(lost.path)
    await sql`DELETE FROM vault_secrets WHERE agent_id = ${lost.id}`.execute(server.platform.db)
    const bare = await anAgent()
    const { body: bareBody } = await provider.caller.post(bare.path)
    await server.admin.patch(`/agent-types/${bare.agentTypeId}`, { configTemplate: '', cmdTemplate: '' })

    const answers = await Promise.all([
      fetched(body.url, stranger.caller.token),
      fetched(body.url, bearerIn(otherBody.installCommand)),
      fetched(body.url, tokenIn(otherBody.url)),
      fetched(body.url, (await agentCaller(other.id)).token),
      fetched(body.url.replace(/install\/.{4}/, 'install/AAAA'), server.admin.token),
      fetched(unset.url, server.admin.token),
      fetched(lostBody.url, server.admin.token),
      fetched(bareBody.url, server.admin.token),
    ])
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]))
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal((await fetched(body.url, 'nonsense')).status, 401)
    for (const { id } of [own, noFile, lost, bare])
      assert.deepEqual(
        (await eventsOf(id)).map(({ type }) => type),
        ['agent.install_token_created'],
      )
  })

  test('holds a lasting token where the template asks for one: a new one each time, with an event', async () => {
    const { id, path } = await anAgent({ configTemplate: '{{.agentToken}}' })
    const { body } = await provider.caller.post(path)
    const first = (await fetched(body.url, tokenIn(body.url))).text
    const second = (await fetched(body.url, bearerIn(body.installCommand))).text
    assert.match(first, /^[\w-]{43}=$/)
    assert.notEqual(first, second)
    for (const token of [first, second]) assert.equal((await server.as(token).get('/agents/me')).body.id, id)
    const { items } = (await server.admin.get(`/tokens?name=install-agent-${id}`)).body
    assert.equal(items.length, 2)
    const days = (new Date(items[0].expireAt).getTime() - Date.now()) / (24 * 60 * MINUTE_MS)
    assert.ok(days > 364.9 && days < 365.1, `${days} days`)
    for (const token of items)
      assert.equal((await server.admin.get(`/events?entityId=${token.id}&type=token.created`)).body.totalItems, 1)
    assert.equal((await provider.caller.delete(path)).status, 204)
    assert.equal((await server.as(first).get('/agents/me')).status, 200)
  })

  test('makes no token where the template asks for none', async () => {
    const { id, path } = await anAgent()
    const { body } = await provider.caller.post(path)
    await fetched(body.url, tokenIn(body.url))
    assert.equal((await server.admin.get(`/tokens?name=install-agent-${id}`)).body.totalItems, 0)
  })

  test('is refused to a disabled agent, and the provider still gets it', async () => {
    const { id, path } = await anAgent()
    const { body } = await provider.caller.post(path)
    await sql`UPDATE agents SET status = 'Disabled' WHERE id = ${id}`.execute(server.platform.db)
    assert.equal((await fetched(body.url, tokenIn(body.url))).status, 403)
    assert.equal((await fetched(body.url, bearerIn(body.installCommand))).status, 403)
    assert.equal((await fetched(body.url, provider.caller.token)).status, 200)
  })
})

test('the install token as a bearer is good for the configuration and for nothing else', async () => {
  const { id, path } = await anAgent()
  const { body } = await provider.caller.post(path)
  const installer = server.as(tokenIn(body.url))
  for (const at of ['/agents/me', `/agents/${id}`, '/jobs/pending', '/events', `/vault/secrets/${randomUUID()}`, path])
    assert.equal((await installer.get(at)).status, 403, at)
  assert.equal((await installer.put('/agents/me/status', { status: 'Connected' })).status, 403)
})

const WAIT_MS = 10_000

/** Until so many connections of the server's database wait for a lock. */
async function untilWaiting({ platform }: TestServer, count: number): Promise<void> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await sleep(10)) {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(platform.db)
    if (rows.length >= count) return
  }
  assert.fail('too few wait for a lock')
}

describe('where the address works once only', () => {
  let once: TestServer
  before(async () => {
    once = await startTestServer({ FULCRUM_INSTALL_SINGLE_USE: 'true', FULCRUM_PUBLIC_BASE_URL: 'https://f.example//' })
  })
  after(() => once.stop())

  test('one of four who fetch at the same time gets it', async () => {
    const owner = await once.participant('owner')
    const { id, path } = await anAgent({}, CONFIGURATION, once, owner.id)
    const { body } = await once.admin.post(path)
    assert.ok(body.url.startsWith('https://f.example/api/v1/agents/install/'))
    // whoever has read the token before it waits could use it afterwards: all are held where it is read or written
    const { db } = once.platform
    const answers = await db.transaction().execute(async (tx) => {
      await sql`SELECT FROM agent_install_tokens WHERE agent_id = ${id} FOR UPDATE`.execute(tx)
      const running = Array.from({ length: 4 }, () => fetched(body.url, once.admin.token, once))
      await untilWaiting(once, running.length)
      return running
    })
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    assert.deepEqual(statuses.toSorted(), [200, 404, 404, 404])
    const meta = await once.admin.get(path)
    assert.equal(meta.status, 200)
    assert.ok(new Date(meta.body.expiresAt).getTime() <= Date.now())
    assert.equal((await once.admin.post(path)).status, 409)
    const again = (await once.admin.post(`${path}/regenerate`)).body
    assert.equal((await fetched(again.url, tokenIn(again.url), once)).status, 200)
  })

  test('what could not be rendered is not used up', async () => {
    const owner = await once.participant('owner')
    const { id, path } = await anAgent({ configTemplate: '{{.n}}' }, CONFIGURATION, once, owner.id)
    const { body } = await once.admin.post(path)
    assert.equal((await fetched(body.url, once.admin.token, once)).status, 404)
    await once.admin.patch(`/agents/${id}`, { configuration: { n: 5 } })
    assert.equal((await fetched(body.url, once.admin.token, once)).text, '5')
  })
})
