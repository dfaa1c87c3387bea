import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as contract from './index.ts'
import { openApiDocument } from './openapi.ts'

type Node = null | boolean | number | string | Node[] | { [key: string]: Node }

const document = openApiDocument(contract.operations, contract.namedShapes(contract), '0.0.0') as {
  [key: string]: Node
} // it is JSON

function* nodes(node: Node): Generator<{ [key: string]: Node }> {
  if (Array.isArray(node)) for (const item of node) yield* nodes(item)
  else if (node !== null && typeof node === 'object') {
    yield node
    for (const member of Object.values(node)) yield* nodes(member)
  }
}

function resolve(pointer: string): Node | undefined {
  return pointer
    .slice(2)
    .split('/')
    .reduce<Node | undefined>(
      (at, key) => (at !== null && typeof at === 'object' && !Array.isArray(at) ? at[key] : undefined),
      document,
    )
}

test('every operation behind a token is described once', () => {
  const ids = [...nodes(document)].flatMap(({ operationId }) => (typeof operationId === 'string' ? [operationId] : []))
  const wanted = contract.operations.filter(({ access }) => access !== 'public').map(({ id }) => id)
  assert.deepEqual(ids.toSorted(), wanted.toSorted())
})

test('every reference leads somewhere, and shapes are named', () => {
  const references = [...nodes(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
  for (const reference of references) assert.notEqual(resolve(reference), undefined, reference)
  for (const name of ['Service', 'Job', 'Agent', 'PropertyDefinition', 'Artifact', 'Why'])
    assert.ok(references.includes(`#/components/schemas/${name}`), name)
})

test('nothing of our own vocabulary is left', () => {
  const formats = new Set([...nodes(document)].flatMap(({ format }) => (typeof format === 'string' ? [format] : [])))
  assert.deepEqual([...formats].toSorted(), ['date-time', 'uri', 'uuid'])
  assert.ok([...nodes(document)].every((node) => !('$defs' in node) && !('$id' in node)))
})

test('former names of members are described, and either name fulfils what is required', () => {
  const schema = resolve('#/components/schemas/AgentStatusUpdate') as {
    properties: Record<string, { deprecated?: boolean; enum: string[] }>
    required?: string[]
  } & { [key: string]: Node }
  assert.deepEqual(Object.keys(schema.properties), ['status', 'state'])
  assert.deepEqual(
    [schema.properties.state?.deprecated, schema.required, schema.allOf],
    [true, undefined, [{ anyOf: [{ required: ['status'] }, { required: ['state'] }] }]],
  )
  assert.ok(schema.properties.state?.enum.includes('Connected'))
  assert.ok([...nodes(document)].every((node) => !('formerNames' in node)))
})

test('a body that may be left out is not required', () => {
  const paths = document.paths as Record<string, { post: { requestBody: { required: boolean } } }>
  assert.equal(paths['/api/v1/jobs/{id}/fail']?.post.requestBody.required, false)
  assert.equal(paths['/api/v1/jobs/{id}/complete']?.post.requestBody.required, true)
})

test('every parameter of a path is declared', () => {
  for (const [path, item] of Object.entries(document.paths as { [key: string]: Node })) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted()
    for (const operation of Object.values(item as { [key: string]: { parameters?: { in: string; name: string }[] } })) {
      const declared = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name)
      assert.deepEqual(declared.toSorted(), wanted, path)
    }
  }
})
