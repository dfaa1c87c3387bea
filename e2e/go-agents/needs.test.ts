/**
 * What any agent needs of the server, one test for each need, asked with the bytes that agents of the Go control plane send to
 * `npm run serve`; and odd ways of sending them.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FulcrumClient } from '@fulcrum/client'
import { events, metricTypes } from '@fulcrum/contract'
import { type BenchServer, startBenchServer } from '../testing/bench-server.ts'
import { KubeAgent } from './agent-kube.ts'
import { LibAgent, type LibHandler, type LibMetric, type LibService } from './agent-lib.ts'
import { ProxmoxAgent } from './agent-proxmox.ts'
import { aScene } from './scene.ts'
import { Wire } from './wire.ts'

let server: BenchServer
let admin: FulcrumClient
before(async () => {
  server = await startBenchServer()
  admin = new FulcrumClient({ url: server.url, token: server.adminToken })
  await admin.call(metricTypes.create, { body: { name: 'vm.cpu.usage', entityType: 'Resource' } })
})
after(async () => {
  await admin?.close()
  await server?.stop()
})

const VM = {
  pw: { type: 'string', secret: { type: 'persistent' } },
  once: { type: 'string', secret: { type: 'ephemeral' } },
}

const create: LibHandler = ({ service }) => ({
  agentInstanceData: { node: 'n1' },
  agentInstanceId: `vm-${service?.name}`,
})

const measure = ({ agentInstanceId, name }: LibService): LibMetric[] =>
  agentInstanceId === null ? [] : [{ agentInstanceId, resourceId: `r-${name}`, value: 2.5, typeName: 'vm.cpu.usage' }]

const isReference = (value: unknown) => typeof value === 'string' && /^vault:\/\/[0-9a-f-]{36}$/.test(value)

describe('the bytes', () => {
  const wire = new Wire('http://127.0.0.1:3000')

  test('of agent-lib-go are those of resty', () => {
    const agent = new LibAgent(wire, 'T', {})
    assert.equal(
      agent.request('POST', '/api/v1/jobs/J/claim'),
      'POST /api/v1/jobs/J/claim HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUser-Agent: go-resty/3.0.0-beta.1 (https://resty.dev)\r\n' +
        'Content-Length: 0\r\nAccept-Encoding: gzip, deflate\r\nAuthorization: Bearer T\r\nContent-Type: application/json\r\n\r\n',
    )
    assert.match(
      agent.request('PUT', '/api/v1/agents/me/status', { status: 'Connected' }),
      /Content-Length: 23\r\n(?:.+\r\n)+\r\n\{"status":"Connected"\}\n$/,
    )
    assert.doesNotMatch(agent.request('GET', '/api/v1/agents/me'), /Content-Length/)
  })

  test('of agent-kube are those of Go', () => {
    assert.equal(
      new KubeAgent(wire, 'T').request('PUT', '/api/v1/agents/me/status', { status: 'Connected' }),
      'PUT /api/v1/agents/me/status HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 22\r\n' +
        'Authorization: Bearer T\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n{"status":"Connected"}',
    )
  })

  test('of agent-proxmox are those of Guzzle', () => {
    const agent = new ProxmoxAgent(wire, 'T')
    assert.equal(
      agent.request('PUT', '/api/v1/agents/me/status', { state: 'Connected' }),
      'PUT /api/v1/agents/me/status HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUser-Agent: GuzzleHttp/7\r\nAuthorization: Bearer T\r\n' +
        'Content-Type: application/json\r\nContent-Length: 21\r\n\r\n{"state":"Connected"}',
    )
    assert.match(
      agent.request('POST', '/api/v1/jobs/J/fail'),
      /^POST .*\r\nHost: .*\r\nContent-Length: 0\r\nUser-Agent: .*\r\nAuthorization: .*\r\nContent-Type: .*\r\n\r\n$/,
    )
  })
})

describe('what the server owes an agent', () => {
  const started = async (more: Partial<Parameters<typeof aScene>[1]> = {}) => {
    const scene = await aScene(admin, { properties: VM, ...more })
    const wire = new Wire(server.url)
    const agent = new LibAgent(wire, scene.token, { create })
    const send = (method: string, path: string, body?: object) =>
      wire.send(agent.request(method, `/api/v1${path}`, body))
    return { scene, wire, agent, send }
  }

  test('1: an empty POST with a JSON content type is legal on claim', async () => {
    const { scene, wire, send } = await started()
    const { id } = await scene.job(await scene.order('a', {}))
    const answer = await send('POST', `/jobs/${id}/claim`)
    assert.deepEqual([answer.status, answer.body], [204, ''])
    wire.close()
  })

  test('2: pending jobs are an array, oldest first, with their services, and empty when there are none', async () => {
    const { scene, wire, send } = await started()
    assert.equal((await send('GET', '/jobs/pending')).body.trim(), '[]')
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push(await scene.order(name, {}))
    const jobs = JSON.parse((await send('GET', '/jobs/pending')).body)
    assert.deepEqual(
      jobs.map((job: { service: { id: string; name: string } }) => [job.service.id, job.service.name]),
      ids.map((id, index) => [id, ['a', 'b', 'c'][index]]),
    )
    wire.close()
  })

  test('3: a completion with nulls changes no data of the agent, and {} is legal', async () => {
    const { scene, wire, send, agent } = await started()
    await agent.start()
    const id = await scene.order('a', {})
    await agent.poll()
    const data = async () => {
      const { agentInstanceId, agentInstanceData } = await scene.service(id)
      return [agentInstanceId, agentInstanceData]
    }
    const before = await data()
    assert.deepEqual(before, ['vm-a', { node: 'n1' }])
    for (const [action, report] of [
      ['start', { agentInstanceData: null, agentInstanceId: null }],
      ['stop', {}],
    ] as const) {
      await scene.act(id, action)
      const job = await scene.job(id)
      await send('POST', `/jobs/${job.id}/claim`)
      assert.equal((await send('POST', `/jobs/${job.id}/complete`, report)).status, 204)
      assert.deepEqual(await data(), before)
    }
    wire.close()
  })

  test('4: a secret is there while its job is, then 404; one of another agent is 404 and never 403', async () => {
    const { scene, wire, agent } = await started()
    const other = await started()
    await agent.start()
    const id = await scene.order('a', { pw: 's3', once: 'only' })
    const { params } = await scene.job(id)
    const reference = (name: string) => String(params?.[name]).slice('vault://'.length)
    assert.deepEqual([await agent.secret(reference('pw')), await agent.secret(reference('once'))], ['s3', 'only'])
    assert.equal(await other.agent.secret(reference('pw')), null)
    await agent.poll()
    assert.deepEqual([await agent.secret(reference('pw')), await agent.secret(reference('once'))], ['s3', null])
    assert.equal(await agent.secret(crypto.randomUUID()), null)
    wire.close()
    other.wire.close()
  })

  test('5: configuration, params and properties carry references', async () => {
    const { scene, wire, send } = await started({ configuration: { url: 'u2', key: 'sekret' } })
    const { configuration } = JSON.parse((await send('GET', '/agents/me')).body)
    assert.deepEqual([configuration.url, isReference(configuration.key)], ['u2', true])
    await scene.order('a', { pw: 's3' })
    const answer = await send('GET', '/jobs/pending')
    const [{ params, service }] = JSON.parse(answer.body)
    assert.deepEqual([isReference(params.pw), service.properties.pw], [true, params.pw])
    assert.doesNotMatch(answer.body, /s3/)
    wire.close()
  })

  test('6: times are RFC 3339, ids texts and totalPages a whole number, also where there is nothing', async () => {
    const { scene, wire, send, agent } = await started()
    await agent.start()
    assert.deepEqual(await agent.reportMetrics(measure), { pages: 1, refused: [] })
    assert.match((await send('GET', '/services')).body, /"items":\[\],"totalItems":0,"totalPages":0,/)
    await scene.order('a', {})
    // the decoder refuses anything else
    const [job] = await agent.poll()
    assert.match(job?.service?.createdAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.match((await send('GET', '/services?page=1&pageSize=50')).body, /"totalPages":1,/)
    wire.close()
  })

  test('7: a status that is no news makes no event, and is answered at once', async () => {
    const { scene, wire, agent } = await started()
    const changes = async () => {
      const { items } = await admin.call(events.list, {
        query: { type: 'agent.updated', sort: '-sequenceNumber', pageSize: 100 },
      })
      return items.filter(({ agentId }) => agentId === scene.agentId).length
    }
    await agent.start()
    const before = performance.now()
    for (let beat = 0; beat < 5; beat++) await agent.heartbeat(true)
    assert.ok(performance.now() - before < 5 * 5_000)
    assert.equal(await changes(), 1)
    await agent.heartbeat(false)
    assert.equal(await changes(), 2)
    wire.close()
  })

  test('8: a measurement of an unknown type is 404, and is taken when the type is there', async () => {
    const { scene, wire, send, agent } = await started()
    await agent.start()
    await scene.order('a', {})
    await agent.poll()
    const typeName = `vm.disk.usage ${scene.agentId}`
    const entry = { agentInstanceId: 'vm-a', resourceId: 'r', value: 1, typeName }
    assert.equal((await send('POST', '/metric-entries', entry)).status, 404)
    await admin.call(metricTypes.create, { body: { name: typeName, entityType: 'Resource' } })
    assert.equal((await send('POST', '/metric-entries', entry)).status, 201)
    wire.close()
  })

  test('9: five heartbeats may be missed, and a job may take ten minutes', () => {
    const config = path.resolve(import.meta.dirname, '../../server/platform/config.ts')
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { readConfig } = await import(${JSON.stringify(config)})
         const { agentHealthTimeoutMs, jobTimeoutMs } = readConfig({})
         console.log(JSON.stringify([agentHealthTimeoutMs, jobTimeoutMs]))`,
      ],
      { encoding: 'utf8' },
    )
    assert.ok(stdout, stderr)
    const [healthMs, jobMs] = JSON.parse(stdout)
    assert.ok(healthMs >= 5 * 60_000, `${healthMs} ms`)
    assert.ok(jobMs > 10 * 60_000, `${jobMs} ms`)
  })
})

describe('odd ways of writing a request', () => {
  test('two in one piece are answered in order, and a body of length 0 with a GET is none', async () => {
    const scene = await aScene(admin, { properties: VM })
    const wire = new Wire(server.url)
    const agent = new LibAgent(wire, scene.token, {})
    const withLength = agent
      .request('GET', '/api/v1/agents/me')
      .replace('Accept-Encoding', 'Content-Length: 0\r\nAccept-Encoding')
    wire.write(withLength + agent.request('GET', '/api/v1/jobs/pending') + withLength)
    assert.equal(JSON.parse((await wire.read()).body).id, scene.agentId)
    assert.equal((await wire.read()).body.trim(), '[]')
    assert.equal(JSON.parse((await wire.read()).body).id, scene.agentId)
    wire.close()
  })

  test('one that comes in single bytes is understood', async () => {
    const scene = await aScene(admin, { properties: VM })
    const wire = new Wire(server.url)
    const agent = new KubeAgent(wire, scene.token)
    for (const byte of agent.request('PUT', '/api/v1/agents/me/status', { status: 'Connected' })) wire.write(byte)
    assert.equal((await wire.read()).status, 200)
    wire.close()
  })

  test('a refusal leaves the connection as it was', async () => {
    const scene = await aScene(admin, { properties: VM })
    const wire = new Wire(server.url)
    const agent = new LibAgent(wire, scene.token, {})
    const send = (method: string, path: string, body?: object) =>
      wire.send(agent.request(method, `/api/v1${path}`, body))
    for (const [method, path, status] of [
      ['POST', `/jobs/${crypto.randomUUID()}/claim`, 404],
      ['GET', '/participants', 403],
      ['POST', `/jobs/${crypto.randomUUID()}/complete`, 400],
      ['GET', '/nothing', 404],
    ] as const)
      assert.equal((await send(method, path)).status, status, `${method} ${path}`)
    assert.equal((await send('GET', '/jobs/pending')).status, 200)
    assert.equal(wire.connections, 1)
    wire.close()
  })
})
