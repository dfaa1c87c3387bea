/** Metric types over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { assertVector, readVectors, vectorError } from '../testing/vectors.ts'
import { getMetricType, metricTypeShape } from './metric-type-store.ts'

const CPU = { name: 'cpu', entityType: 'Resource' }

let server: TestServer
let admin: Caller
before(async () => {
  server = await startTestServer()
  admin = server.admin
})
after(() => server.stop())
beforeEach(async () => {
  await sql`DELETE FROM metric_types`.execute(server.platform.db)
})

async function lastEvent(): Promise<{ type: string; properties: unknown }> {
  return (await admin.get('/events?type=metric_type&sort=-sequenceNumber&pageSize=1')).body.items[0]
}

describe('metric types', () => {
  test('an admin creates, reads, renames and deletes one, and each change is an event', async () => {
    const created = await admin.post('/metric-types', CPU)
    const { id, createdAt, updatedAt, ...rest } = created.body
    assert.deepEqual([created.status, rest], [201, CPU])
    assert.deepEqual((await admin.get(`/metric-types/${id}`)).body, created.body)
    assert.equal((await lastEvent()).type, 'metric_type.created')
    const { body } = await admin.patch(`/metric-types/${id}`, { name: 'cpu load', entityType: 'Agent' })
    assert.deepEqual([body.name, body.entityType], ['cpu load', 'Resource'])
    assert.deepEqual((await lastEvent()).properties, {
      diff: [
        { op: 'test', path: '/name', value: 'cpu' },
        { op: 'replace', path: '/name', value: 'cpu load' },
      ],
    })
    assert.equal((await admin.delete(`/metric-types/${id}`)).status, 204)
    assert.equal((await lastEvent()).type, 'metric_type.deleted')
    assert.equal((await admin.get(`/metric-types/${id}`)).status, 404)
  })

  test('everybody may read, only admins write', async () => {
    const { id } = (await admin.post('/metric-types', CPU)).body
    const { caller } = await server.participant('reader')
    assert.equal((await caller.get(`/metric-types/${id}`)).status, 200)
    assert.equal((await caller.get('/metric-types?name=CP')).body.totalItems, 1)
    assert.equal((await caller.post('/metric-types', CPU)).status, 403)
    assert.equal((await caller.patch(`/metric-types/${id}`, { name: 'x' })).status, 403)
    assert.equal((await caller.delete(`/metric-types/${id}`)).status, 403)
  })

  test('a missing id is 404, a rename to a name in use 409, to none or one that does not fit an index 400', async () => {
    const path = `/metric-types/${randomUUID()}`
    assert.equal((await admin.get(path)).status, 404)
    assert.equal((await admin.patch(path, { name: 'x' })).status, 404)
    assert.equal((await admin.delete(path)).status, 404)
    await admin.post('/metric-types', CPU)
    const { id } = (await admin.post('/metric-types', { ...CPU, name: 'memory' })).body
    assert.equal((await admin.patch(`/metric-types/${id}`, { name: 'cpu' })).status, 409)
    assert.equal((await admin.patch(`/metric-types/${id}`, { name: '' })).status, 400)
    const long = Array.from({ length: 200 }, () => randomUUID()).join('')
    assert.equal((await admin.patch(`/metric-types/${id}`, { name: long })).status, 400)
  })
})

describe('the contract’s rules of metric types', () => {
  const vectors = readVectors('entity-rules').vectors.filter(({ given }) =>
    String(command(given).cmd).startsWith('metric'),
  )
  test('are there', () => assert.equal(vectors.length, 7))
  for (const vector of vectors)
    test(vector.name, async () => {
      await admin.post('/metric-types', CPU)
      const { status, body } = await admin.post('/metric-types', command(vector.given))
      const error = vectorError(status, body)
      // an entity type that does not exist is refused while the body is read, in other words
      if (typeof body.error === 'string' && body.error.startsWith('entityType: expected one of'))
        return assert.equal(error.kind, Object(vector.expect.error).kind)
      assertVector(vector, status === 201 ? { ok: true } : { error })
    })
})

function command(given: JsonObject): JsonObject {
  return given.do as JsonObject // every vector of this file has a command
}

test('events compare a metric type in the contract’s shape', async () => {
  const wanted = readVectors('event-entity-shape').vectors.find(({ name }) => name === 'metric type')?.expect
  const { id } = (await admin.post('/metric-types', CPU)).body
  assert.deepEqual(metricTypeShape(await getMetricType(server.platform.db, id)), { ...wanted, id })
})
