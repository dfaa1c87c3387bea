import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Compile } from 'typebox/compile'
import * as contract from './index.ts'
import { namedShapes, openApiDocument } from './openapi.ts'
import { EXAMPLES } from './openapi-examples.ts'

type Node = null | boolean | number | string | Node[] | { [key: string]: Node }

const document = openApiDocument(contract.operations, namedShapes(contract), '0.0.0') as {
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
  // an artifact has a member of this name, and so have examples of it
  const schemas = [...nodes(document)].filter((node) => 'type' in node)
  const formats = new Set(schemas.flatMap(({ format }) => (typeof format === 'string' ? [format] : [])))
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
  assert.equal(paths['/jobs/{id}/fail']?.post.requestBody.required, false)
  assert.equal(paths['/jobs/{id}/complete']?.post.requestBody.required, true)
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

test('every shape that is sent or answered has an example that fits it, and no example is without its shape', () => {
  const { schemas } = document.components as { schemas: Record<string, { examples?: Node[] }> }
  const bodies = contract.operations.flatMap(({ access, body, answer }) => (access === 'public' ? [] : [body, answer]))
  const shapes = Object.entries(namedShapes(contract))
  const wanted = shapes.filter(([, shape]) => bodies.includes(shape))
  assert.ok(wanted.length > 40)
  for (const [name, shape] of wanted) {
    const [example] = schemas[name]?.examples ?? []
    assert.notEqual(example, undefined, name)
    assert.deepEqual([...Compile(shape).Errors(example)], [], name)
  }
  const names = Object.keys(schemas)
  assert.deepEqual(
    Object.keys(EXAMPLES).filter((name) => !names.includes(name)),
    [],
  )
})

test('schemas that two operations share stand once, under the name that each operation gives them', () => {
  const paths = document.paths as Record<string, Record<string, { requestBody: Node }>>
  const body = (path: string) => JSON.stringify(paths[path]?.patch?.requestBody)
  assert.match(body('/service-groups/{id}'), /schemas\/ServiceGroupUpdate"/)
  assert.match(body('/service-pool-sets/{id}'), /schemas\/ServicePoolSetUpdate"/)
  // what is as long as a reference with a description is not worth a name
  const inline = [...nodes(document.paths as Node)].filter((node) => node.type === 'object')
  assert.deepEqual(
    inline.filter((node) => JSON.stringify(node).length > 200),
    [],
  )
})

test('an operation describes the refusals that it can give, and no others', () => {
  const paths = document.paths as Record<string, Record<string, { responses: Record<string, Node> }>>
  const statuses = (path: string, method: string) => Object.keys(paths[path]?.[method]?.responses ?? {})
  assert.deepEqual(statuses('/agents/me', 'get'), ['200', '401', '403', '404', '429', '503'])
  assert.deepEqual(statuses('/participants', 'get'), ['200', '400', '401', '403', '429', '503'])
  assert.deepEqual(statuses('/jobs/{id}/claim', 'post'), [
    ...['204', '400', '401', '403', '404', '409', '413', '429', '503'],
  ])
  assert.deepEqual(statuses('/artifacts/{id}', 'get'), [
    ...['200', '206', '400', '401', '403', '404', '409', '416', '429', '503'],
  ])
})
