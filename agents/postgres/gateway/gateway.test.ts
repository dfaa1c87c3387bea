/** The gateway as a process of its own, before a real server. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { freePort, startTestServer, type TestServer } from '../database/test-server.ts'
import { parseRoutes, type Route, writeRoutes } from './routes.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server?.stop())

let directory: string
let file: string
let child: ChildProcess
let lines: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gateway-test-'))
  file = join(directory, 'routes.json')
  lines = []
})
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(directory, { recursive: true, force: true })
})

async function startGateway(routes: Route[]): Promise<void> {
  await writeRoutes(file, routes)
  child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--routes', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => lines.push(...chunk.split('\n').filter(Boolean)))
  await until(() => lines.some((line) => line.includes('"started"')))
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition()); await pause(20))
    if (Date.now() > end) throw new Error(`not within 10 seconds; the log is ${lines.join('\n')}`)
}

const route = (listenPort: number, targetPort = server.admin.port, serviceId = 'a'): Route => ({
  listen: { host: '127.0.0.1', port: listenPort },
  target: { host: '127.0.0.1', port: targetPort },
  serviceId,
})

async function client(port: number): Promise<pg.Client> {
  const made = new pg.Client({ ...server.admin, port })
  made.on('error', () => {})
  await made.connect()
  return made
}

const refused = (port: number) =>
  client(port).then(
    (made) => made.end().then(() => false),
    () => true,
  )

test('statements and big results go through', async () => {
  const port = await freePort()
  await startGateway([route(port)])
  const through = await client(port)
  const { rows } = await through.query(`SELECT repeat('x', 1000000) AS text FROM generate_series(1, 20)`)
  assert.equal(rows.map((row) => row.text).join('').length, 20_000_000)
  await through.query('SELECT $1::text', ['secret-payload'.repeat(10_000)])
  await through.end()
  await until(() => lines.some((line) => line.includes('connection-closed')))
  assert.ok(!lines.join().includes('secret-payload'))
})

test('a change of the file opens and closes routes and keeps the connections of those that stay', async () => {
  const [kept, gone, fresh] = [await freePort(), await freePort(), await freePort()]
  await startGateway([route(kept), route(gone)])
  const [staying, leaving] = [await client(kept), await client(gone)]
  const ended = new Promise<void>((resolve) => leaving.once('end', resolve))
  await writeRoutes(file, [route(kept), route(fresh)])
  await ended
  await until(async () => !(await refused(fresh)))
  assert.equal(await refused(gone), true)
  assert.equal((await staying.query('SELECT 1 AS one')).rows[0].one, 1)
  await staying.end()
})

test('a malformed or missing file changes nothing', async () => {
  const port = await freePort()
  await startGateway([route(port)])
  const staying = await client(port)
  for (const spoil of [() => writeFile(file, '{"routes": [{'), () => rm(file)]) {
    const before = lines.length
    await spoil()
    await until(() => lines.slice(before).some((line) => line.includes('routes-unreadable')))
  }
  await staying.query('SELECT 1')
  assert.equal(await refused(port), false)
  await staying.end()
})

test('errors of clients and targets end their own connection alone', async () => {
  const [port, dead] = [await freePort(), await freePort()]
  await startGateway([route(port), route(dead, await freePort(), 'b')])
  const staying = await client(port)
  for (let n = 0; n < 20; n++) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(Buffer.alloc(100, n))
    if (n % 2) socket.resetAndDestroy()
    else socket.destroy()
  }
  assert.equal(await refused(dead), true)
  await staying.query('SELECT 1')
  await staying.end()
  assert.equal(child.exitCode, null)
  await until(() => lines.some((line) => line.includes('ECONNREFUSED')))
})

test('the end of one side is passed on while the other still sends', async () => {
  const answering = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    void text(socket).then((question) => socket.end(`answer to ${question}`))
  })
  const targetPort = await freePort()
  answering.listen(targetPort, '127.0.0.1')
  await once(answering, 'listening')
  try {
    const port = await freePort()
    await startGateway([route(port, targetPort)])
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.end('question')
    assert.equal(await text(socket), 'answer to question')
  } finally {
    answering.close()
  }
})

test('an address that is taken is tried again until it is free', async () => {
  const port = await freePort()
  const squatter = createServer().listen(port, '127.0.0.1')
  await once(squatter, 'listening')
  await startGateway([route(port)])
  assert.ok(lines.some((line) => line.includes('EADDRINUSE')))
  squatter.close()
  await until(async () => !(await refused(port)))
  assert.equal(lines.filter((line) => line.includes('EADDRINUSE')).length, 1)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} ends it in order with connections open`, async () => {
    const port = await freePort()
    await startGateway([route(port)])
    const open = await client(port)
    const exit = once(child, 'exit')
    child.kill(signal)
    assert.deepEqual(await exit, [0, null])
    assert.ok(lines.some((line) => line.includes('"stopped"')))
    await open.end().catch(() => {})
  })

test('two routes on one address are refused, and the file stays', async () => {
  await startGateway([])
  await assert.rejects(writeRoutes(file, [route(4000), route(4000)]), /two routes listen on 127.0.0.1:4000/)
  assert.deepEqual(await readdir(directory), ['routes.json'])
  for (const bad of [
    null,
    {},
    { routes: [{}] },
    { routes: [{ ...route(1), listen: { host: '', port: 1 } }] },
    { routes: [route(70_000)] },
  ])
    assert.throws(() => parseRoutes(bad), TypeError)
})
