/** What a running server tells of its connections; another than it may make is found. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

type Told = { connections: { host: string; port?: number; count: number; purpose?: string }[]; undeclared: number }
const told = async (): Promise<Told> => (await server.admin.get('/self')).body

test('the connections to the database are counted and explained', async () => {
  const { connections } = await told()
  const database = connections.filter(({ purpose }) => purpose === 'database')
  assert.ok(database.length > 0, JSON.stringify(connections))
  assert.ok(database.every(({ count }) => count > 0))
})

test('a connection that nobody configured is told as such, however it is made', async () => {
  const stranger = createServer((_request, response) => response.end('hello'))
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const address = stranger.address()
  assert.ok(address !== null && typeof address === 'object')
  const { port } = address
  try {
    const before = (await told()).undeclared
    await (await fetch(`http://127.0.0.1:${port}/`)).text()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    const { connections, undeclared } = await told()
    assert.equal(undeclared, before + 1)
    const found = connections.find((one) => one.port === port)
    assert.deepEqual([found?.host, found?.count, found?.purpose], ['127.0.0.1', 2, undefined])
  } finally {
    stranger.closeAllConnections()
    stranger.close()
  }
})
