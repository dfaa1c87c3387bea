import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type Input, operations, type participants, type services } from './index.ts'

test('no two operations share an id or a route', () => {
  const ids = operations.map((operation) => operation.id)
  const routes = operations.map((operation) => `${operation.method} ${operation.path.replaceAll(/\{\w+\}/g, '{}')}`)
  assert.deepEqual(ids.toSorted(), [...new Set(ids)].toSorted())
  assert.deepEqual(routes.toSorted(), [...new Set(routes)].toSorted())
})

test('every placeholder of a path is a declared parameter, and the reverse', () => {
  for (const operation of operations) {
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted()
    const declared =
      operation.params && 'properties' in operation.params ? Object.keys(operation.params.properties ?? {}) : []
    assert.deepEqual(inPath, declared.toSorted(), operation.id)
  }
})

test('a former name belongs to a member that there is, and to no other', () => {
  const shapes = operations.flatMap(({ body }) => (body && 'formerNames' in body ? [body] : []))
  assert.deepEqual(
    shapes.map(({ formerNames }) => formerNames),
    [
      { status: 'state' },
      { agentInstanceId: 'externalId', agentInstanceData: 'resources' },
      { agentInstanceId: 'externalId' },
    ],
  )
  for (const shape of shapes) {
    const known = 'properties' in shape ? Object.keys(shape.properties ?? {}) : []
    for (const [name, former] of Object.entries(shape.formerNames ?? {})) {
      assert.ok(known.includes(name), name)
      assert.ok(!known.includes(former), former)
    }
  }
})

test('inputs and answers are typed by the operation', () => {
  const input: Input<typeof services.create> = {
    body: { groupId: 'g', serviceTypeId: 't', name: 'db', agentTags: ['eu'], properties: { plan: 'small' } },
  }
  const query: Input<typeof participants.list> = { query: { page: 2, status: ['Enabled'] } }
  const status = (answer: Answer<typeof services.get>): string => answer.status
  const nothing = (answer: Answer<typeof services.delete>): undefined => answer
  assert.deepEqual(
    [input.body.name, query.query?.page, typeof status, typeof nothing],
    ['db', 2, 'function', 'function'],
  )
})
