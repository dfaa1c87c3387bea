/** The former dialect over HTTP: requests of any agent, answers of those whose type asks for it. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { jobs, services } from '@fulcrum/contract'
import { Compile } from 'typebox/compile'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const FORMER = [
  'externalId',
  'resources',
  'currentStatus',
  'targetStatus',
  'currentProperties',
  'targetProperties',
  'state',
]

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())
beforeEach(async () => {
  federation = await aFederation(server)
})

async function switchTo(legacyDialect: boolean): Promise<void> {
  const reply = await server.admin.patch(`/agent-types/${federation.agentTypeId}`, { legacyDialect })
  assert.equal(reply.status, 200)
}

async function serviceOf(id: string) {
  return (await server.admin.get(`/services/${id}`)).body
}

/** A claimed job of a new service. */
async function claimed(): Promise<{ serviceId: string; jobId: string }> {
  const serviceId = await federation.order({}, await federation.group())
  const jobId: string = (await server.admin.get(`/jobs?serviceId=${serviceId}`)).body.items[0].id
  assert.equal((await federation.agent.caller.post(`/jobs/${jobId}/claim`)).status, 204)
  return { serviceId, jobId }
}

const formerMembers = (body: object) => FORMER.filter((name) => Object.hasOwn(body, name))

describe('requests of any agent', () => {
  test('may call the status of the agent its state', async () => {
    const { caller, id } = federation.agent
    assert.equal((await caller.put('/agents/me/status', { state: 'Connected' })).status, 200)
    assert.equal((await server.admin.get(`/agents/${id}`)).body.status, 'Connected')
    assert.equal((await caller.put('/agents/me/status', { state: 'Connected', status: 'Error' })).body.status, 'Error')
    assert.equal((await caller.put('/agents/me/status', { State: 'Connected', status: null })).body.status, 'Connected')
    const wrong = await caller.put('/agents/me/status', { state: 'connected' })
    assert.deepEqual([wrong.status, wrong.body.error.startsWith('state: expected one of')], [400, true])
    assert.equal((await caller.put('/agents/me/status', {})).body.error, 'status is required')
  })

  test('may complete a job with externalId and resources', async () => {
    const { serviceId, jobId } = await claimed()
    const report = { resources: { clusterIp: 'c', nodes: { n1: 1001 } }, externalId: 'cluster-alpha' }
    assert.equal((await federation.agent.caller.post(`/jobs/${jobId}/complete`, report)).status, 204)
    const service = await serviceOf(serviceId)
    assert.deepEqual([service.agentInstanceId, service.agentInstanceData], [report.externalId, report.resources])
  })

  test('are taken by their present names where both are there', async () => {
    const { serviceId, jobId } = await claimed()
    const report = { externalId: 'old', agentInstanceId: 'new', resources: { a: 1 }, agentInstanceData: null }
    assert.equal((await federation.agent.caller.post(`/jobs/${jobId}/complete`, report)).status, 204)
    const service = await serviceOf(serviceId)
    assert.deepEqual([service.agentInstanceId, service.agentInstanceData], ['new', { a: 1 }])
  })

  test('leave what is stored when both former members are null', async () => {
    const { serviceId, jobId } = await claimed()
    await federation.agent.caller.post(`/jobs/${jobId}/complete`, { externalId: 'one', resources: { a: 1 } })
    await federation.consumer.caller.post(`/services/${serviceId}/stop`)
    await federation.complete(serviceId, { resources: null, externalId: null })
    const service = await serviceOf(serviceId)
    assert.deepEqual([service.status, service.agentInstanceId, service.agentInstanceData], ['Stopped', 'one', { a: 1 }])
  })

  test('may fail a job without a body, and only that', async () => {
    const { jobId } = await claimed()
    const empty = await federation.agent.caller.post(`/jobs/${jobId}/complete`)
    assert.deepEqual([empty.status, /EOF/.test(empty.body.error)], [400, true])
    assert.equal((await federation.agent.caller.post(`/jobs/${jobId}/fail`)).status, 204)
    const job = (await server.admin.get(`/jobs/${jobId}`)).body
    assert.deepEqual([job.status, job.errorMessage], ['Failed', undefined])
  })

  test('may measure by externalId, one by one and in batches', async () => {
    const typeName = `vm.memory.usage ${federation.agentTypeId}`
    await server.admin.post('/metric-types', { name: typeName, entityType: 'Resource' })
    const { serviceId, jobId } = await claimed()
    await federation.agent.caller.post(`/jobs/${jobId}/complete`, { externalId: '7' })
    const entry = { externalId: '7', resourceId: '1764003600', typeName, value: 1.5 }
    const one = await federation.agent.caller.post('/metric-entries', entry)
    assert.deepEqual([one.status, one.body.serviceId, one.body.resourceId], [201, serviceId, '1764003600'])
    assert.equal((await federation.agent.caller.post('/metric-entries/batch', { entries: [entry] })).status, 201)
    assert.equal((await federation.agent.caller.post('/metric-entries', { ...entry, externalId: '8' })).status, 404)
  })
})

describe('answers', () => {
  test('have the former members only while the type of the agent asks for them', async () => {
    const serviceId = await federation.order()
    const { caller } = federation.agent
    const answers = async () => {
      const [job] = (await caller.get('/jobs/pending')).body
      const [service] = (await caller.get('/services')).body.items
      const [listed] = (await caller.get('/jobs')).body.items
      return [job, job.service, service, (await caller.get(`/services/${serviceId}`)).body]
        .concat([listed, listed.service, (await caller.get(`/jobs/${job.id}`)).body])
        .map(formerMembers)
    }
    const inService = FORMER.slice(0, -1)
    const all = [['state'], inService, inService, inService, ['state'], inService, ['state']]
    const none = all.map(() => [])
    assert.deepEqual(await answers(), none)
    await switchTo(true)
    // a server remembers who calls; the switch is heard by it without a wait
    assert.deepEqual(await answers(), all)
    await switchTo(false)
    assert.deepEqual(await answers(), none)
  })

  test('to anybody else are as ever', async () => {
    await switchTo(true)
    const serviceId = await federation.order()
    for (const caller of [server.admin, federation.provider.caller, federation.consumer.caller]) {
      const job = (await caller.get(`/jobs?serviceId=${serviceId}`)).body.items[0]
      assert.deepEqual([job.action, formerMembers(job), formerMembers(job.service)], ['create', [], []])
      assert.deepEqual(formerMembers((await caller.get(`/services/${serviceId}`)).body), [])
    }
  })

  test('are what the contract describes', async () => {
    await switchTo(true)
    const serviceId = await federation.order({ secret: 'hush' })
    const { caller } = federation.agent
    const { body: pending } = await caller.get('/jobs/pending')
    for (const [shape, body] of [
      [jobs.pending.answer, pending],
      [jobs.list.answer, (await caller.get('/jobs')).body],
      [jobs.get.answer, (await caller.get(`/jobs/${pending[0].id}`)).body],
      [services.list.answer, (await caller.get('/services')).body],
      [services.get.answer, (await caller.get(`/services/${serviceId}`)).body],
    ] as const) {
      const compiled = Compile(shape)
      assert.deepEqual([...compiled.Errors(body)], [])
      assert.deepEqual(compiled.Clean(structuredClone(body)), body)
    }
    assert.match(pending[0].service.targetProperties.secret, /^vault:\/\//)
  })

  test('follow a service through its life', async () => {
    await switchTo(true)
    const { caller } = federation.agent
    const serviceId = await federation.order({ size: 2 })
    const pending = async () => {
      const { body } = await caller.get('/jobs/pending')
      const { action, state, service } = body[0]
      const { externalId, resources, currentStatus, targetStatus, currentProperties, targetProperties } = service
      return { action, state, externalId, resources, currentStatus, targetStatus, currentProperties, targetProperties }
    }
    assert.deepEqual(await pending(), {
      action: 'ServiceCreate',
      state: 'Pending',
      externalId: null,
      resources: null,
      currentStatus: 'New',
      targetStatus: 'Started',
      currentProperties: null,
      targetProperties: { size: 2 },
    })
    await federation.complete(serviceId, { externalId: 'one', resources: { a: 1 } })
    const atRest = { externalId: 'one', resources: { a: 1 }, currentStatus: 'Started', currentProperties: { size: 2 } }
    await federation.consumer.caller.patch(`/services/${serviceId}`, { properties: { size: 3 } })
    assert.deepEqual(await pending(), {
      ...atRest,
      action: 'ServiceHotUpdate',
      state: 'Pending',
      targetStatus: 'Started',
      targetProperties: { size: 3 },
    })
    await federation.complete(serviceId)
    await federation.consumer.caller.post(`/services/${serviceId}/stop`)
    assert.deepEqual(await pending(), {
      ...atRest,
      action: 'ServiceStop',
      state: 'Pending',
      currentProperties: { size: 3 },
      targetStatus: 'Stopped',
      targetProperties: null,
    })
  })

  test('list all services on one page, those first that have not ended', async () => {
    await switchTo(true)
    const { caller } = federation.agent
    const ordered: string[] = []
    for (let index = 0; index < 12; index++) ordered.push(await federation.order({}, await federation.group()))
    const [first = '', ...others] = ordered
    await federation.complete(first)
    await federation.consumer.caller.delete(`/services/${first}`)
    await federation.complete(first)
    for (const path of ['/services', '/services?page=1&pageSize=5']) {
      const { items, ...page } = (await caller.get(path)).body
      assert.deepEqual(
        items.map(({ id }: { id: string }) => id),
        [...others, first],
      )
      assert.deepEqual(page, { totalItems: 12, totalPages: 1, currentPage: 1, hasNext: false, hasPrev: false })
    }
    assert.deepEqual((await caller.get('/services?page=2')).body.items, [])
    assert.equal((await caller.get('/services?pageSize=101')).status, 400)
    assert.equal((await caller.get('/services?currentStatus=Deleted')).body.totalItems, 1)
    assert.equal((await server.admin.get(`/services?agentId=${federation.agent.id}`)).body.items.length, 10)
  })
})
