/** The audit log over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer({ FULCRUM_PUBLIC_BASE_URL: 'https://fulcrum.example' })
})
after(() => server.stop())

test('smoke', async () => {
  await server.participant('p')
  const signed = await server.admin.post('/audit/checkpoints')
  console.log(signed.status, signed.body)
  console.log((await server.admin.get('/audit/key')).body)
  console.log(JSON.stringify((await server.admin.get('/audit/entries')).body, null, 1))
  console.log(JSON.stringify((await server.admin.get('/audit/proof/inclusion?seq=2')).body, null, 1))
  console.log(JSON.stringify((await server.admin.get('/audit/proof/consistency?from=1')).body, null, 1))
  assert.equal(signed.status, 200)
})
