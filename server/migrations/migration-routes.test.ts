/** Migrations over HTTP: live and from the vault, with agents that do what they are asked. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { aMovableWorld, assertOnePrimary, type DrivenAgent, eventually } from './testing/movable-world.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const migrationNow = async (id: string) => (await server.admin.get(`/migrations/${id}`)).body

/** Lets agents work until the migration is in one of these states. */
async function runTo(id: string, states: string[], ...agents: DrivenAgent[]) {
  return eventually(
    async () => {
      for (const agent of agents) await agent.work()
      return migrationNow(id)
    },
    ({ state }) => states.includes(state),
  )
}

describe('a live migration', () => {
  test('moves a service with its data and deletes the source at the end', async () => {
    const { consumer, source, target, service } = await aMovableWorld(server)
    const serviceId = await service('one,two')
    const created = await consumer.caller.post('/migrations', { serviceId, agentId: target.id, retrievalHours: 0 })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    const done = await runTo(created.body.id, ['done', 'failed'], source, target)
    assert.equal(done.state, 'done', JSON.stringify(done, null, 1))
    assert.equal(done.verification, 'verified')
    assert.deepEqual(
      done.steps.map(({ step }: { step: string }) => step),
      [
        'queued',
        'exporting',
        'creating',
        'importing',
        'verifying',
        'quiescing',
        'final-exporting',
        'final-importing',
        'final-verifying',
        'cutting-over',
        'retaining',
        'deleting-source',
      ],
    )
    assert.equal(target.rows.get(done.targetServiceId), 'one,two')
    assert.equal(await assertOnePrimary(server, serviceId), done.targetServiceId)
    const moved = (await consumer.caller.get(`/services/${done.targetServiceId}`)).body
    assert.equal(moved.replaces, serviceId)
    assert.deepEqual([moved.properties.size, moved.properties.plan], [7, 'small of target'])
    const left = (await consumer.caller.get(`/services/${serviceId}`)).body
    assert.deepEqual([left.replacedBy, left.status], [done.targetServiceId, 'Deleted'])
    assert.equal(done.rpoSeconds, 0)
  })
})
