/** Which agents take an order that names none, against the contract's vectors. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { LIFECYCLE, PROPERTY_SCHEMA } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { readVectors, vectorError } from '../testing/vectors.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

type GivenAgent = { name: string; type: string; tags: string[] | null; status: string }

let serial = 0

/** `T1` and `T2` offer the service type `st`; `T3` offers another one. */
async function aWorld(agents: GivenAgent[]) {
  const unique = `selection ${serial++}`
  const { admin } = server
  const make = async (path: string, body: unknown) => {
    const reply = await admin.post(path, body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    return reply.body
  }
  const schemas = { propertySchema: PROPERTY_SCHEMA, lifecycleSchema: LIFECYCLE }
  const st = (await make('/service-types', { name: `${unique} st`, ...schemas })).id
  const other = (await make('/service-types', { name: `${unique} other`, ...schemas })).id
  const provider = await server.participant(`${unique} provider`)
  const consumer = await server.participant(`${unique} consumer`)
  const kinds: Record<string, string> = {}
  for (const [name, serviceTypeIds] of Object.entries({ T1: [st], T2: [st, other], T3: [other] })) {
    const configurationSchema = { properties: { x: { type: 'string' } } }
    kinds[name] = (await make('/agent-types', { name: `${unique} ${name}`, serviceTypeIds, configurationSchema })).id
  }
  const names = new Map<string, string>()
  for (const { name, type, tags, status } of agents) {
    const { id } = await make('/agents', { name, providerId: provider.id, agentTypeId: kinds[type], tags })
    await sql`UPDATE agents SET status = ${status} WHERE id = ${id}`.execute(server.platform.db)
    names.set(id, name)
  }
  const group = await make('/service-groups', { name: unique, consumerId: consumer.id })
  return { consumer: consumer.caller, groupId: group.id, serviceTypeId: st, names }
}

for (const { name, given, expect, quirk } of readVectors('agent-selection').vectors)
  test(name, async () => {
    const { consumer, groupId, serviceTypeId, names } = await aWorld(given.agents as GivenAgent[])
    const order = () => consumer.post('/services', { groupId, serviceTypeId, agentTags: given.tags, name: 'x' })
    if (expect.error) {
      const reply = await order()
      assert.deepEqual(vectorError(reply.status, reply.body), expect.error)
      return
    }
    // each order in turn takes one that has not been chosen yet: all together they are the candidates
    const chosen: string[] = []
    for (let left = names.size; left > 0; left--) {
      const reply = await order()
      if (reply.status !== 201) break
      const { agentId } = reply.body
      chosen.push(names.get(agentId) ?? '')
      await sql`UPDATE agents SET status = 'Disabled' WHERE id = ${agentId}`.execute(server.platform.db)
    }
    const wanted = (quirk?.recommend as JsonObject | undefined)?.candidates ?? expect.candidates
    assert.deepEqual(chosen.toSorted(), wanted)
    const connected = (given.agents as GivenAgent[])
      .filter(({ status }) => status === 'Connected')
      .map((agent) => agent.name)
    if (connected.some((agent) => chosen.includes(agent))) assert.ok(connected.includes(chosen[0] ?? ''))
  })

test('a disabled provider, consumer or agent gets no new services', async () => {
  const { consumer, groupId, serviceTypeId, names } = await aWorld([
    { name: 'a', type: 'T1', tags: null, status: 'Connected' },
  ])
  const [agentId] = [...names.keys()]
  const { providerId } = (await server.admin.get(`/agents/${agentId}`)).body
  const order = (by = consumer) => by.post('/services', { groupId, serviceTypeId, agentId, name: 'x' })
  await server.admin.patch(`/participants/${providerId}`, { status: 'Disabled' })
  assert.equal((await order()).status, 400)
  await server.admin.patch(`/participants/${providerId}`, { status: 'Enabled' })
  await server.admin.patch(`/agents/${agentId}`, { status: 'Disabled' })
  assert.equal((await order()).status, 400)
  await server.admin.patch(`/agents/${agentId}`, { status: 'Connected' })
  const { consumerId } = (await server.admin.get(`/service-groups/${groupId}`)).body
  await server.admin.patch(`/participants/${consumerId}`, { status: 'Disabled' })
  assert.equal((await order(server.admin)).status, 400)
  assert.equal((await order()).status, 403)
})
