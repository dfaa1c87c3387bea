/**
 * Agents of the Go control plane against `npm run serve`, byte for byte: each test plays the requests that the built agent was
 * recorded with, and reads the answers as strictly as the agent does. What came of it is looked up over the admin's API.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { FulcrumClient } from '@fulcrum/client'
import { metricTypes } from '@fulcrum/contract'
import { KubeAgent } from './go-agents/agent-kube.ts'
import { LibAgent, type LibHandler, type LibMetric, type LibService } from './go-agents/agent-lib.ts'
import { ProxmoxAgent, WorkerEnded } from './go-agents/agent-proxmox.ts'
import { aScene } from './go-agents/scene.ts'
import { Wire } from './go-agents/wire.ts'
import { type BenchServer, startBenchServer } from './testing/bench-server.ts'

let server: BenchServer
let admin: FulcrumClient
before(async () => {
  server = await startBenchServer()
  admin = new FulcrumClient({ url: server.url, token: server.adminToken })
  for (const name of ['vm.cpu.usage', 'vm.memory.usage'])
    await admin.call(metricTypes.create, { body: { name, entityType: 'Resource' } })
})
after(async () => {
  await admin?.close()
  await server?.stop()
})

const VM = {
  cpu: { type: 'integer', default: 2 },
  pw: { type: 'string', secret: { type: 'persistent' } },
  once: { type: 'string', secret: { type: 'ephemeral' } },
}
const CLUSTER = {
  nodes: {
    type: 'array',
    required: true,
    items: {
      type: 'object',
      properties: { id: { type: 'string' }, size: { type: 'string' }, status: { type: 'string' } },
    },
  },
}
const MACHINE = { cpu: { type: 'integer', required: true }, memory: { type: 'integer', required: true } }

/** What the test's Go agent does, with its handlers under these names. */
function handlers(seen: unknown[], name = (action: string) => action): Record<string, LibHandler> {
  return {
    [name('create')]: ({ params, service }) => {
      seen.push(params)
      return { agentInstanceData: { node: 'n1' }, agentInstanceId: `vm-${service?.name}` }
    },
    [name('start')]: () => ({ agentInstanceData: null, agentInstanceId: null }),
    [name('stop')]: () => {
      throw new Error('cannot stop')
    },
  }
}

const measure = ({ agentInstanceId, name }: LibService): LibMetric[] =>
  agentInstanceId === null ? [] : [{ agentInstanceId, resourceId: `r-${name}`, value: 2.5, typeName: 'vm.cpu.usage' }]

describe('agent-lib-go', () => {
  // handlers are named by words of the agent: on a type with the former dialect they are the former ones
  const former = (action: string) => `Service${action.charAt(0).toUpperCase()}${action.slice(1)}`
  for (const [what, legacyDialect, name] of [
    ['with the present dialect', false, (action: string) => action],
    ['with the former dialect and handlers named for it', true, former],
  ] as const)
    test(`lives its whole life on one connection, ${what}`, async () => {
      const configuration = { url: 'u2', key: 'sekret' }
      const scene = await aScene(admin, { properties: VM, configuration, legacyDialect })
      const wire = new Wire(server.url)
      const seen: unknown[] = []
      const agent = new LibAgent(wire, scene.token, handlers(seen, name))

      assert.deepEqual(await agent.start(), { id: scene.agentId, configuration })
      assert.equal((await scene.agent()).status, 'Connected')
      assert.deepEqual(await agent.poll(), [])

      const id = await scene.order('go-1', { pw: 's3', once: 'only' })
      await agent.poll()
      assert.deepEqual(seen, [{ cpu: 2, pw: 's3', once: 'only' }])
      await scene.act(id, 'start')
      await agent.poll()
      await scene.act(id, 'stop')
      await agent.poll()
      // no handler: refused without a claim, and the queue goes on
      await scene.act(id, 'snapshot')
      await agent.poll()
      assert.deepEqual(await agent.poll(), [])

      await agent.heartbeat(false)
      assert.equal((await scene.agent()).status, 'Error')
      await scene.act(id, 'snapshot')
      assert.deepEqual(await agent.poll(), [])
      await agent.heartbeat(true)
      assert.equal((await scene.agent()).status, 'Connected')
      assert.equal((await agent.poll()).length, 1)

      assert.deepEqual(await agent.reportMetrics(measure), { pages: 1, refused: [] })
      await agent.stop()
      wire.close()

      const service = await scene.service(id)
      assert.deepEqual(
        [service.status, service.agentInstanceId, service.agentInstanceData],
        ['Started', 'vm-go-1', { node: 'n1' }],
      )
      assert.deepEqual(await scene.history(id), [
        'create Completed',
        'start Completed',
        'stop Failed: cannot stop',
        "snapshot Failed: unsupported job action 'snapshot'",
        "snapshot Failed: unsupported job action 'snapshot'",
      ])
      assert.deepEqual(await scene.entries(id), ['vm.cpu.usage r-go-1 2.5'])
      assert.equal((await scene.agent()).status, 'Disconnected')
      assert.equal(wire.connections, 1)
    })

  test('with handlers under the present names refuses the former ones, and the queue goes on', async () => {
    const scene = await aScene(admin, { properties: VM, legacyDialect: true })
    const wire = new Wire(server.url)
    const agent = new LibAgent(wire, scene.token, handlers([]))
    await agent.start()
    const id = await scene.order('go-1', {})
    await agent.poll()
    assert.deepEqual(await agent.poll(), [])
    assert.deepEqual(await scene.history(id), ["create Failed: unsupported job action 'ServiceCreate'"])
    wire.close()
  })

  test('works on a job once, also with the second loop that it has after it was unwell', async () => {
    const scene = await aScene(admin, { properties: VM })
    const seen: unknown[] = []
    const loops = [1, 2].map(() => {
      const wire = new Wire(server.url)
      return { wire, agent: new LibAgent(wire, scene.token, handlers(seen)) }
    })
    for (const { agent } of loops) await agent.start()
    for (let index = 0; index < 5; index++) {
      const id = await scene.order(`twice-${index}`, {})
      // both ask before one claims, or one after the other: either way the job is worked on once
      const ended = await Promise.allSettled(loops.map(({ agent }) => agent.poll()))
      for (const { status, reason } of ended.map((one) => ({ reason: undefined, ...one })))
        if (status === 'rejected') assert.match(String(reason), /claim: status 409/)
      assert.deepEqual(await scene.history(id), ['create Completed'])
    }
    assert.equal(seen.length, 5)
    for (const { wire } of loops) wire.close()
  })

  for (const [legacyDialect, pages] of [
    [false, 2],
    [true, 1],
  ] as const)
    test(`measures all of 51 services, on ${pages} page(s)`, async () => {
      const scene = await aScene(admin, { properties: VM, legacyDialect })
      const wire = new Wire(server.url)
      const create = handlers([]).create ?? assert.fail()
      const agent = new LibAgent(wire, scene.token, { create, ServiceCreate: create })
      await agent.start()
      const ids: string[] = []
      for (let index = 0; index < 51; index++) ids.push(await scene.order(`many-${index}`, {}))
      for (let index = 0; index < 51; index++) assert.ok((await agent.poll()).length > 0)
      const names = new Set<string>()
      const report = await agent.reportMetrics((service) => {
        names.add(service.name)
        return measure(service)
      })
      assert.deepEqual([report, names.size], [{ pages, refused: [] }, 51])
      for (const [index, id] of ids.entries())
        assert.deepEqual(await scene.entries(id), [`vm.cpu.usage r-many-${index} 2.5`])
      wire.close()
    })
})

describe('agent-kube', () => {
  const node = (id: string, status: 'On' | 'Off') => ({ id, size: 's1', status })

  test('lives its whole life with the former dialect', async () => {
    const scene = await aScene(admin, { properties: CLUSTER, legacyDialect: true })
    const wire = new Wire(server.url)
    const agent = new KubeAgent(wire, scene.token)
    const take = async (action: string) => {
      const taken = await agent.poll()
      assert.deepEqual([taken?.job.action, taken?.failure], [action, null])
      return taken?.job.service ?? assert.fail()
    }
    assert.equal(await agent.start(), scene.agentId)
    assert.equal(await agent.poll(), null)

    const first = [node('n1', 'On'), node('n2', 'Off')]
    const id = await scene.order('alpha', { nodes: first })
    const created = await take('ServiceCreate')
    assert.deepEqual(
      [created.currentProperties, created.targetProperties, created.currentStatus, created.targetStatus],
      [null, { nodes: first }, 'New', 'Stopped'],
    )
    const made = await scene.service(id)
    assert.deepEqual(
      [made.status, made.agentInstanceId, made.agentInstanceData?.nodes],
      ['Stopped', 'cluster-alpha', { n1: 1000, n2: 1001 }],
    )

    const second = [node('n1', 'On'), node('n3', 'On')]
    await scene.change(id, { nodes: second })
    const cold = await take('ServiceColdUpdate')
    assert.deepEqual([cold.currentProperties, cold.targetProperties], [{ nodes: first }, { nodes: second }])
    await scene.act(id, 'start')
    assert.equal((await take('ServiceStart')).targetStatus, 'Started')
    await agent.heartbeat()
    assert.equal(await agent.reportMetrics(1), 1)

    const third = [node('n1', 'Off'), node('n3', 'On'), node('n4', 'On')]
    await scene.change(id, { nodes: third })
    await take('ServiceHotUpdate')
    assert.deepEqual((await scene.service(id)).agentInstanceData?.nodes, { n1: 1000, n3: 1002, n4: 1003 })
    await scene.act(id, 'stop')
    await take('ServiceStop')
    await scene.end(id)
    await take('ServiceDelete')
    assert.equal(await agent.poll(), null)
    await agent.stop()
    wire.close()

    assert.deepEqual(await scene.history(id), [
      'create Completed',
      'update Completed',
      'start Completed',
      'update Completed',
      'stop Completed',
      'delete Completed',
    ])
    const ended = await scene.service(id)
    assert.deepEqual([ended.status, ended.agentInstanceId, ended.properties], ['Deleted', undefined, { nodes: third }])
    assert.deepEqual(await scene.entries(id), [
      'vm.cpu.usage n1 0.05',
      'vm.cpu.usage n3 0.05',
      'vm.memory.usage n1 536870912',
      'vm.memory.usage n3 536870912',
    ])
    assert.deepEqual([(await scene.agent()).status, wire.connections], ['Disconnected', 1])
  })

  test('asks for its services once, also when they are more than a page holds', async () => {
    const scene = await aScene(admin, { properties: CLUSTER, legacyDialect: true })
    const wire = new Wire(server.url)
    const agent = new KubeAgent(wire, scene.token)
    await agent.start()
    const ids: string[] = []
    for (let index = 0; index < 12; index++)
      ids.push(await scene.order(`c${index}`, { nodes: [node(`n${index}`, 'On')] }))
    for (const id of ids) {
      await agent.poll()
      assert.notEqual((await scene.service(id)).status, 'Broken')
    }
    for (const id of ids) await scene.act(id, 'start')
    for (const _ of ids) assert.equal((await agent.poll())?.failure, null)
    assert.equal(await agent.reportMetrics(1), 1)
    for (const id of ids) assert.equal((await scene.entries(id)).length, 2)
    wire.close()
  })

  test('fails every job with the present dialect, as it does at the Go control plane', async () => {
    const scene = await aScene(admin, { properties: CLUSTER })
    const wire = new Wire(server.url)
    const agent = new KubeAgent(wire, scene.token)
    await agent.start()
    const id = await scene.order('alpha', { nodes: [node('n1', 'On')] })
    assert.equal((await agent.poll())?.failure, 'unknown job type: create')
    assert.equal(await agent.poll(), null)
    assert.deepEqual(await scene.history(id), ['create Failed: unknown job type: create'])
    assert.equal((await scene.service(id)).status, 'Broken')
    wire.close()
  })
})

describe('agent-proxmox', () => {
  test('lives its whole life with the former dialect', async () => {
    const scene = await aScene(admin, { properties: MACHINE, legacyDialect: true, runningStates: [] })
    const wire = new Wire(server.url)
    const agent = new ProxmoxAgent(wire, scene.token)
    const take = async () => {
      await agent.fetchJobs()
      return agent.work()
    }
    await agent.heartbeat()
    assert.equal((await scene.agent()).status, 'Connected')

    const id = await scene.order('vm', { cpu: 2, memory: 4 })
    // fetched twice before its turn comes: the second claim is refused and does no harm
    await agent.fetchJobs()
    await agent.fetchJobs()
    assert.deepEqual(await agent.work(), ['ServiceCreate', 'claim 409'])
    assert.deepEqual(agent.machine(id), { cores: 2, memory: 4096 })
    await scene.act(id, 'start')
    assert.deepEqual(await take(), ['ServiceStart'])
    // without running states every update is a cold one
    await scene.change(id, { cpu: 4 })
    assert.deepEqual(await take(), ['ServiceColdUpdate'])
    assert.deepEqual(agent.machine(id), { cores: 4, memory: 4096 })
    await agent.reportMetrics(1_764_003_600)
    await scene.act(id, 'snapshot')
    assert.deepEqual(await take(), ['snapshot failed'])
    await scene.act(id, 'stop')
    assert.deepEqual(await take(), ['ServiceStop'])
    const before = await scene.service(id)
    assert.deepEqual(
      [before.status, before.agentInstanceId, before.properties],
      ['Stopped', '1', { cpu: 4, memory: 4 }],
    )
    await scene.end(id)
    assert.deepEqual(await take(), ['ServiceDelete'])
    assert.deepEqual(await take(), [])
    wire.close()

    assert.deepEqual(await scene.history(id), [
      'create Completed',
      'start Completed',
      'update Completed',
      'snapshot Failed',
      'stop Completed',
      'delete Completed',
    ])
    assert.deepEqual(await scene.entries(id), ['vm.cpu.usage 1764003600 0.25', 'vm.memory.usage 1764003600 50'])
    const ended = await scene.service(id)
    assert.deepEqual([ended.status, ended.agentInstanceId, wire.connections], ['Deleted', undefined, 1])
  })

  test('cannot update a running machine where the type names running states', async () => {
    const scene = await aScene(admin, { properties: MACHINE, legacyDialect: true })
    const wire = new Wire(server.url)
    const agent = new ProxmoxAgent(wire, scene.token)
    const id = await scene.order('vm', { cpu: 2, memory: 4 })
    await agent.fetchJobs()
    await agent.work()
    await scene.act(id, 'start')
    await agent.fetchJobs()
    await agent.work()
    await scene.change(id, { cpu: 4 })
    await agent.fetchJobs()
    assert.deepEqual(await agent.work(), ['ServiceHotUpdate failed'])
    assert.deepEqual((await scene.service(id)).properties, { cpu: 2, memory: 4 })
    wire.close()
  })

  test('ends at the first job with the present dialect; its heartbeat is heard', async () => {
    const scene = await aScene(admin, { properties: MACHINE })
    const wire = new Wire(server.url)
    const agent = new ProxmoxAgent(wire, scene.token)
    await agent.heartbeat()
    assert.equal((await scene.agent()).status, 'Connected')
    assert.equal(await agent.fetchJobs(), 0)
    const id = await scene.order('vm', { cpu: 2, memory: 4 })
    await assert.rejects(agent.fetchJobs(), WorkerEnded)
    assert.deepEqual(await scene.history(id), ['create Pending'])
    wire.close()
  })
})
