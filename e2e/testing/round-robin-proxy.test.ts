/** The proxy of the tests: takes dead servers out and back in, and never does twice what may not be done twice. */
import assert from 'node:assert/strict'
import http from 'node:http'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRoundRobinProxy } from './round-robin-proxy.ts'

type Stub = { url: string; healthUrl: string; asked: string[]; breaks: boolean; down(): void; up(): Promise<void> }

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function aServer(): Promise<Stub> {
  const asked: string[] = []
  const server = http.createServer((message, response) => {
    if (message.url === '/ready') return void response.end('{}')
    asked.push(`${message.method} ${message.url}`)
    if (stub.breaks) return void message.socket.destroy()
    message.resume().once('end', () => response.end(message.url))
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  const down = () => {
    server.close()
    server.closeAllConnections()
  }
  ends.push(down)
  const stub: Stub = { url, healthUrl: url, asked, breaks: false, down, up: () => listen(port) }
  return stub
}

async function aProxy(...servers: Stub[]) {
  const proxy = await startRoundRobinProxy(servers)
  ends.push(() => proxy.close())
  return proxy
}

test('requests go to one server after the other', async () => {
  const servers = [await aServer(), await aServer(), await aServer()]
  const proxy = await aProxy(...servers)
  for (let n = 0; n < 6; n++) assert.equal(await (await fetch(`${proxy.url}/n${n}`)).text(), `/n${n}`)
  assert.deepEqual(
    servers.map(({ asked }) => asked.length),
    [2, 2, 2],
  )
})

test('a server that is gone is left out at once, for writes too, and comes back when it is ready', async () => {
  const [a, b] = [await aServer(), await aServer()]
  const proxy = await aProxy(a, b)
  a.down()
  for (let n = 0; n < 4; n++) assert.equal((await fetch(proxy.url, { method: 'POST', body: 'x' })).status, 200)
  assert.deepEqual([a.asked.length, b.asked.length], [0, 4])
  await a.up()
  for (const end = performance.now() + 5_000; a.asked.length === 0; await sleep(20)) {
    assert.ok(performance.now() < end, 'it does not come back')
    await fetch(proxy.url)
  }
})

test('what breaks in the middle is repeated when it only reads, and told when it may have been done', async () => {
  const [a, b] = [await aServer(), await aServer()]
  const proxy = await aProxy(a, b)
  a.breaks = true
  b.breaks = true
  const write = await fetch(proxy.url, { method: 'POST', body: 'x' })
  assert.equal(write.status, 502)
  assert.equal(a.asked.length + b.asked.length, 1)
  b.breaks = false
  for (let n = 0; n < 4; n++) assert.equal((await fetch(`${proxy.url}/read`)).status, 200)
  assert.ok(b.asked.filter((one) => one === 'GET /read').length === 4)
  assert.equal(proxy.lost, 1)
})

test('without any server the caller is told to come back', async () => {
  const a = await aServer()
  const proxy = await aProxy(a)
  a.down()
  const answer = await fetch(proxy.url, { method: 'POST' })
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '1')
})
