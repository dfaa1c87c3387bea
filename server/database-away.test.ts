/** While the database is away every call is told to come back later, and all is well when it is there again. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type ManagedPostgres, startPostgres } from '@fulcrum/managed-postgres'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let dir: string
let postgres: ManagedPostgres
let server: TestServer

before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fulcrum-away-'))
  // PostgreSQL's account passes through
  chmodSync(dir, 0o711)
  postgres = await startPostgres({ dir: path.join(dir, 'postgres'), durable: false })
  server = await startTestServer({ FULCRUM_DB_DSN: postgres.url })
})
after(async () => {
  await server?.stop()
  await postgres?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const health = async (route: string) => {
  const response = await fetch(`${server.healthUrl}/${route}`)
  return { status: response.status, body: await response.json() }
}

test('calls answer 503 with Retry-After, health says DOWN, and both recover without a restart', async () => {
  assert.deepEqual(await health('ready'), { status: 200, body: { status: 'UP' } })
  await postgres.stop()

  for (const call of [
    server.admin.get('/participants'),
    server.admin.post('/participants', { name: 'x', status: 'Enabled' }),
  ]) {
    const reply = await call
    assert.equal(reply.status, 503)
    assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/)
  }
  // a token that was not seen before cannot be looked up: that is no reason to call it wrong
  assert.equal((await server.as('never-seen-before').get('/participants')).status, 503)
  for (const route of ['healthz', 'ready'])
    assert.deepEqual(await health(route), { status: 503, body: { status: 'DOWN' } })

  postgres = await startPostgres({ dir: path.join(dir, 'postgres'), durable: false })
  const until = performance.now() + 15_000
  let reply = await server.admin.get('/participants')
  while (reply.status !== 200 && performance.now() < until) reply = await server.admin.get('/participants')
  assert.equal(reply.status, 200)
  assert.equal((await health('ready')).status, 200)

  assert.equal((await server.admin.post('/participants', { name: 'after', status: 'Enabled' })).status, 201)
})
