/** The worker of placement decisions against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aMarket } from '../placement/testing/market.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { placementWorker } from './placement-worker.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const DAY_MS = 86_400_000

test('dry runs go after their retention, and what only they rested on goes with them', async () => {
  const market = await aMarket(server)
  await market.offer('only')
  const { body } = await market.consumer.caller.post('/placements', market.body())
  const { body: service } = await market.consumer.caller.post(
    '/services',
    market.body({ requirements: { preferences: [{ type: 'spread', weight: 1 }] } }),
  )
  const worker = placementWorker(DAY_MS, 30 * DAY_MS)
  const runIn = (days: number) =>
    worker.run({ ...server.platform, now: () => new Date(Date.now() + days * DAY_MS) }, new AbortController().signal)
  assert.deepEqual(await runIn(29), { decisions: 0, contents: 0 })
  const { decisions = 0, contents = 0 } = await runIn(31)
  assert.equal(decisions, 1)
  assert.ok(contents > 0)
  assert.equal((await market.consumer.caller.get(`/placement-decisions/${body.id}`)).status, 404)
  assert.equal((await market.consumer.caller.get(`/placement-decisions/${service.decisionId}/inputs`)).status, 200)
})
