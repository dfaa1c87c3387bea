import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { ConflictError, NotFoundError } from '@fulcrum/client'
import { jobs, type ServiceType, services, vault } from '@fulcrum/contract'
import type { Handler } from './agent.ts'
import { runHandler, startTestServer } from './testing.ts'

test('a handler runs without a server, with its secrets', async () => {
  const handler: Handler<{ host: string }> = async ({ configuration, params, service, once }) => ({
    agentInstanceId: await once('name', async () => `${configuration.host}/${service.name}/${params.password}`),
  })
  const outcome = await runHandler(handler, {
    configuration: { host: 'h' },
    params: { password: 'vault://p' },
    service: { name: 's' },
    secrets: { p: 'clear' },
  })
  assert.deepEqual(outcome, { agentInstanceId: 'h/s/clear' })
})

test('a second run with the same steps is a restart', async () => {
  const steps = new Map()
  let effects = 0
  const handler: Handler = async ({ once, attempt }) => {
    await once('make', async () => ++effects)
    if (attempt === 1) throw new Error('crash')
  }
  await assert.rejects(runHandler(handler, { configuration: {}, steps }), /crash/)
  assert.deepEqual(await runHandler(handler, { configuration: {}, steps, attempt: 2 }), {})
  assert.equal(effects, 1)
})

test('the test server offers one job of a group, and moves the service by its lifecycle', async () => {
  const server = await startTestServer()
  const { client } = server
  // Only the lifecycle matters here.
  const serviceType = {
    lifecycleSchema: {
      actions: [
        {
          name: 'start',
          transitions: [
            { from: 'Stopped', to: 'Started' },
            { from: 'Started', to: 'Broken', onError: true, onErrorRegexp: 'disk' },
          ],
        },
      ],
    },
  } as unknown as ServiceType
  const service = server.addService({ status: 'Stopped', serviceType })
  const first = server.addJob(service, 'start')
  const second = server.addJob(service, 'start')
  assert.deepEqual(
    (await client.call(jobs.pending, {})).map((job) => job.id),
    [first.id],
  )
  await client.call(jobs.claim, { params: { id: first.id } })
  await assert.rejects(client.call(jobs.claim, { params: { id: first.id } }), ConflictError)
  assert.deepEqual(await client.call(jobs.pending, {}), [])
  await client.call(jobs.complete, { params: { id: first.id }, body: {} })
  assert.equal((await client.call(services.get, { params: { id: service.id } })).status, 'Started')
  await client.call(jobs.claim, { params: { id: second.id } })
  await client.call(jobs.fail, { params: { id: second.id }, body: { errorMessage: 'the disk is full' } })
  assert.equal(service.status, 'Broken')
  await assert.rejects(client.call(vault.getSecret, { params: { reference: 'none' } }), NotFoundError)
  await server.close()
})

test('the test server keeps artifacts and conditions', async () => {
  const server = await startTestServer()
  const { client } = server
  const service = server.addService()
  const id = '11111111-1111-4111-8111-111111111111'
  const content = async function* () {
    yield Buffer.alloc(9 * 1024 * 1024, 'x')
  }
  await client.uploadArtifact(id, content, { serviceId: service.id, kind: 'backup', format: 'raw' })
  const { stream, artifact } = await client.downloadArtifact(id)
  assert.equal(artifact.state, 'Complete')
  assert.equal((await buffer(stream)).length, 9 * 1024 * 1024)
  await client.call(services.setConditions, {
    params: { id: service.id },
    body: { conditions: [{ type: 'StorageLimitReached', message: 'delete something' }] },
  })
  assert.equal(service.conditions?.[0]?.type, 'StorageLimitReached')
  await server.close()
})
