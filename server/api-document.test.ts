/** The OpenAPI document as the server hands it out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

test('is read without a token and names what the server serves, and nothing else', async () => {
  const response = await fetch(`${server.url}/api/v1/openapi.json`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const document = JSON.parse(await response.text())
  assert.equal(document.openapi, '3.1.0')
  const paths: Record<string, Record<string, { operationId: string }>> = document.paths
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
  assert.deepEqual(ids.toSorted(), [...server.api.handled].toSorted())
})

test('opens no other path', async () => {
  for (const path of ['openapi.json/', 'openapi.jsonx', 'openapi.json/../participants'])
    assert.equal((await fetch(`${server.url}/api/v1/${path}`)).status, 401)
})
