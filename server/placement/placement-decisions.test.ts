/** Decisions as they are kept: small, unchangeable, complete enough to decide again, and gone when nobody needs them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type PlacementInputs, placeRecorded } from '@fulcrum/sovereignty'
import { jsonDigest } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { deleteOldDecisions, deleteUnusedContents } from './decision-store.ts'
import { aMarket, enforce } from './testing/market.ts'
import { PROFILES } from './vectors-for-tests.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

const DAY_MS = 86_400_000
const count = async (table: string) => {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(server.platform.db)
  return rows[0]?.n ?? 0
}

async function decided() {
  const market = await aMarket(server)
  const [alpenwolke, eurohyper] = [PROFILES.alpenwolke, PROFILES.eurohyper]
  assert.ok(alpenwolke && eurohyper)
  await market.offer('inside', { profile: alpenwolke })
  await market.offer('outside', { profile: eurohyper })
  await enforce(
    server,
    { kind: 'consumer', id: market.consumer.id },
    { constraints: [{ id: 'control', type: 'control.noThirdCountryControl' }] },
  )
  const { body: service } = await market.consumer.caller.post('/services', market.body())
  return { market, service, decisionId: String(service.decisionId) }
}

test('the inputs of a decision have its digest, and decide to the same again', async () => {
  const { market, decisionId } = await decided()
  const { status, body } = await market.consumer.caller.get(`/placement-decisions/${decisionId}/inputs`)
  assert.equal(status, 200)
  assert.equal(jsonDigest(body.inputs), body.inputsSha256)
  const inputs: PlacementInputs = body.inputs
  assert.deepEqual(JSON.parse(JSON.stringify(placeRecorded(inputs))), body.result)
  assert.equal(inputs.candidates.length, 2)
  assert.ok(inputs.candidates.every(({ versions, profile }) => versions.length === 1 && profile.evidences))
  assert.equal(inputs.policies[0]?.version, 1)
})

test('a decision never changes', async () => {
  const { decisionId } = await decided()
  await assert.rejects(
    sql`UPDATE placement_decisions SET explanation = 'other' WHERE id = ${decisionId}`.execute(server.platform.db),
    /never changes/,
  )
  await assert.rejects(
    sql`UPDATE placement_contents SET content = '{}' WHERE content <> '{}'`.execute(server.platform.db),
    /placement_contents/,
  )
})

test('equal decisions share their parts', async () => {
  const { market } = await decided()
  const dry = () => market.consumer.caller.post('/placements', { ...market.body(), at: '2026-11-23T12:00:00Z' })
  assert.equal((await dry()).status, 201)
  const before = await count('placement_contents')
  const [first, second] = [await dry(), await dry()]
  assert.equal(await count('placement_contents'), before)
  assert.notEqual(first.body.id, second.body.id)
  assert.equal(first.body.inputsSha256, second.body.inputsSha256)
})

test('a dry run looks at the moment that it is asked for', async () => {
  const { market } = await decided()
  const policyId = await enforce(
    server,
    { kind: 'group', id: market.groupId },
    { constraints: [{ id: 'da', type: 'portability.dataAct' }] },
  )
  await sql`UPDATE sovereignty_policies SET effective_from = '2027-06-01' WHERE id = ${policyId}`.execute(
    server.platform.db,
  )
  const policies = async (at: string) => {
    const { body } = await market.consumer.caller.post('/placements', { ...market.body(), at })
    return (await market.consumer.caller.get(`/placement-decisions/${body.id}/inputs`)).body.inputs.policies.length
  }
  assert.deepEqual([await policies('2027-01-01T00:00:00Z'), await policies('2027-07-01T00:00:00Z')], [1, 2])
})

test('dry runs and refusals go when they are old, decisions of services stay, and parts go with the last that needs them', async () => {
  const { market, decisionId } = await decided()
  const { db } = server.platform
  const old = await market.consumer.caller.post('/placements', {
    ...market.body(),
    requirements: { constraints: [{ type: 'env.pue.max', params: { pue: 1.2 } }] },
  })
  const later = new Date(Date.now() + 40 * DAY_MS)
  const contents = await count('placement_contents')
  assert.equal(await deleteUnusedContents(db, later, 1_000), 0)
  while ((await deleteOldDecisions(db, new Date(later.getTime() - 30 * DAY_MS), 1)) > 0) {}
  assert.equal((await market.consumer.caller.get(`/placement-decisions/${old.body.id}`)).status, 404)
  assert.equal((await market.consumer.caller.get(`/placement-decisions/${decisionId}`)).status, 200)
  assert.equal(await deleteUnusedContents(db, new Date(), 1_000), 0, 'parts that were used just now')
  assert.ok((await deleteUnusedContents(db, later, 1_000)) > 0)
  assert.ok((await count('placement_contents')) < contents)
  const { status, body } = await market.consumer.caller.get(`/placement-decisions/${decisionId}/inputs`)
  assert.deepEqual([status, jsonDigest(body.inputs)], [200, body.inputsSha256])
})

test('orders and refusals are events of their consumer', async () => {
  const { market, decisionId } = await decided()
  await market.consumer.caller.post('/services', market.body({ requirements: { agentTags: ['nobody-has-it'] } }))
  const { body: placed } = await server.admin.get(`/events?type=placement.decided&pageSize=100`)
  assert.ok(placed.items.some((event: { entityId: string }) => event.entityId === decisionId))
  const { body: refused } = await server.admin.get('/events?type=placement.refused&sort=-sequenceNumber')
  assert.equal(refused.items[0]?.consumerId, market.consumer.id)
})
