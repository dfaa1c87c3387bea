/** Data that moves to another provider, by jobs: what the agent tells of it; and that nobody writes to a stopped database. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { JsonObject, Service } from '@fulcrum/contract'
import pg from 'pg'
import { openWorld, type World } from './agent-under-test.ts'
import { run } from './database/test-tenant.ts'
import { startGateway } from './gateway/gateway.ts'

let world: World
before(async () => {
  world = await openWorld()
  await world.startAgent()
})
after(() => world?.close())

async function created(properties = {}): Promise<Service> {
  const service = await world.order(properties)
  await world.done(service, 'create')
  return service
}

async function resultOf(service: Service, action: string, portability: JsonObject): Promise<JsonObject> {
  const job = await world.act(service, action, { portability })
  assert.equal(job.status, 'Completed', job.errorMessage)
  return job.result ?? assert.fail('the job tells nothing')
}

const exportOf = (service: Service, kind = 'migration', retentionDays?: number) =>
  resultOf(service, 'export', { artifactId: randomUUID(), kind, ...(retentionDays && { retentionDays }) })

test('an export is stored under the wanted id and kind, and tells its digests, its moment and its size', async () => {
  const service = await created({ extensions: ['citext'] })
  await world.sql(service, `CREATE TABLE t AS SELECT n FROM generate_series(1, 10) n`)
  const artifactId = randomUUID()
  const startedAt = Date.now()
  const result = await resultOf(service, 'export', { artifactId, kind: 'vault-copy', retentionDays: 3 })
  const { artifact } = world.api.artifacts.all.get(artifactId) ?? assert.fail('there is no artifact')
  assert.deepEqual([artifact.kind, artifact.serviceId, artifact.state], ['vault-copy', service.id, 'Complete'])
  const { content, startedAt: begun, takenAt, finishedAt, ...rest } = result
  const { sha256, sizeBytes, format } = artifact
  assert.deepEqual(rest, { artifactId, sha256, sizeBytes, format })
  const moments = [startedAt, begun, takenAt, finishedAt, Date.now()].map((at) => new Date(at as string).getTime())
  // One clock: the server of the database runs on this machine.
  assert.deepEqual(
    moments,
    moments.toSorted((a, b) => a - b),
  )
  const { algorithm, digest, tables, rows, extensions } = content as JsonObject // the agent tells an object
  assert.equal(algorithm, 'fulcrum-postgresql-content-1')
  assert.match(String(digest), /^[0-9a-f]{64}$/)
  assert.deepEqual([tables, rows], [1, 10])
  assert.equal((extensions as { name: string }[])[0]?.name, 'citext')
  assert.equal(service.properties?.lastExport, undefined)
})

test('an import tells the digest of what it restored, and leaves the judgement to the server', async () => {
  const [source, target] = [await created(), await created({ databaseName: 'moved' })]
  await world.sql(source, `CREATE TABLE t AS SELECT 42 AS answer; CREATE SEQUENCE s; SELECT nextval('s')`)
  const exported = await exportOf(source)
  target.consumerId = world.api.artifacts.all.get(String(exported.artifactId))?.artifact.consumerId ?? ''
  const { artifactId, sha256, format } = exported
  const claimed = { ...(exported.content as JsonObject), digest: 'of something else' }
  for (const content of [exported.content, claimed, { algorithm: 'of another agent', digest: 'x' }, null]) {
    const result = await resultOf(target, 'import', { artifactId, sha256, format, content } as JsonObject)
    assert.deepEqual(result.content, exported.content)
    assert.deepEqual(Object.keys(result).sort(), ['artifactId', 'content', 'finishedAt', 'startedAt'])
  }
  assert.deepEqual(await world.sql(target, 'SELECT answer FROM t'), [{ answer: 42 }])
})

test('what cannot be moved fails with a text that names the reason, and changes nothing', async () => {
  const [source, target] = [await created(), await created()]
  await world.sql(target, 'CREATE TABLE kept ()')
  const { artifactId, sha256, format, content } = await exportOf(source)
  target.consumerId = world.api.artifacts.all.get(String(artifactId))?.artifact.consumerId ?? ''
  const failing = async (action: string, portability: unknown) => {
    const { status, errorMessage, result } = await world.act(target, action, { portability } as JsonObject)
    assert.deepEqual([status, result], ['Failed', undefined])
    return errorMessage ?? ''
  }
  const wrong = { artifactId, sha256: '0'.repeat(64), format, content }
  assert.match(await failing('import', wrong), /has the SHA-256 [0-9a-f]{64}, and 0{64} was to be imported/)
  assert.match(await failing('import', { ...wrong, artifactId: randomUUID() }), /does not exist/)
  assert.match(await failing('import', { artifactId: 'x' }), /portability\.artifactId must be a UUID/)
  assert.match(await failing('export', { artifactId: randomUUID() }), /portability\.kind must be a text/)
  assert.match(await failing('export', 'yes'), /params\.portability must be an object/)
  const newer = { ...(content as JsonObject), extensions: [{ name: 'hstore', version: '99.0' }] }
  assert.match(await failing('import', { artifactId, sha256, content: newer }), /hstore 99\.0 \(this server has 1\./)
  await world.sql(target, 'SELECT FROM kept')
})

test('an export that is repeated after a crash begins anew under the same id', async () => {
  const service = await created()
  const artifactId = randomUUID()
  world.api.artifacts.add(artifactId, service.id, Buffer.from('what an earlier run stored'), { kind: 'drill' })
  const result = await resultOf(service, 'export', { artifactId, kind: 'drill' })
  assert.notEqual(result.sizeBytes, 26)
  assert.equal(result.sha256, world.api.artifacts.all.get(artifactId)?.artifact.sha256)
})

test('nobody writes to a stopped database, however fast somebody comes back through the gateway', async () => {
  const service = await created({
    plan: { name: 'busy', connectionLimit: 40, statementTimeoutMs: 60_000, storageLimitMb: 256 },
  })
  await world.sql(service, 'CREATE TABLE t (id bigserial, at timestamptz DEFAULT clock_timestamp())')
  const gateway = await startGateway(world.routesFile, () => undefined)
  const { database, username: user, password } = service.properties ?? {}
  const config = {
    host: '127.0.0.1',
    port: Number(service.properties?.port),
    database,
    user,
    password,
  } as pg.ClientConfig
  let going = true
  let told = 0
  const hammers = Array.from({ length: 12 }, async (_, index) => {
    while (going) {
      const client = new pg.Client(config)
      client.on('error', () => {})
      try {
        await client.connect()
        for (let n = 0; going && (index % 2 === 0 || n < 1); n++) {
          await client.query('INSERT INTO t DEFAULT VALUES')
          told++
        }
      } catch {
        // refused, or cut off in the middle
        await pause(1)
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  })
  // A client that stays in the middle of its login would hold up a stop that waits for it without end.
  const silent = await silentLogin(config)
  try {
    const { user: username, password: secret } = world.database.admin
    const inside = { database: String(database), username, password: secret }
    const state = async () => (await run(world.database, inside, 'SELECT count(*) AS count, max(id) AS last FROM t'))[0]
    for (let round = 0; round < 3; round++) {
      const before = told
      while (told < before + 50) await pause(5)
      await world.done(service, 'stop')
      const first = await state()
      const exported = await exportOf(service, 'migration', 1)
      const again = await exportOf(service, 'migration', 1)
      assert.deepEqual(await state(), first)
      assert.deepEqual(again.content, exported.content)
      assert.equal((exported.content as JsonObject).rows, Number(first?.count))
      assert.ok(Number(first?.count) >= told)
      if (round < 2) await world.done(service, 'start')
    }
  } finally {
    going = false
    silent.end()
    await Promise.all(hammers)
    await gateway.close()
  }
})

/** Says who it is, and nothing to the question for its password. */
async function silentLogin({ host, port, user, database }: pg.ClientConfig): Promise<Socket> {
  const socket = connect({ host: String(host), port: Number(port) })
  socket.on('error', () => {})
  const names = Buffer.from(`user\0${user}\0database\0${database}\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + names.length, 0)
  head.writeInt32BE(196_608, 4)
  socket.write(Buffer.concat([head, names]))
  await once(socket, 'data')
  return socket
}
