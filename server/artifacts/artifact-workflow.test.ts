/** Uploads in pieces: resuming, racing, breaking, a server that is killed, and a full disk. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, truncateSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from '../platform/db.ts'
import { parseDsn } from '../platform/dsn.ts'
import { insertServiceRows } from '../testing/service-rows.ts'
import { ADMIN_TOKEN, testDatabase } from '../testing/test-server.ts'
import {
  type ArtifactServer,
  anId,
  eventually,
  MIB,
  openPiece,
  piecePath,
  putPiece,
  type Query,
  serveProcess,
  sha256,
  someBytes,
  startArtifactServer,
} from './testing.ts'

let it: ArtifactServer
before(async () => {
  it = await startArtifactServer()
})
after(() => it.stop())

const put = (id: string, content: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array>, query: Query = {}) =>
  putPiece(it.server.url, it.agent.token, piecePath(id, it.rows.serviceId, query), content)
const openAt = (id: string, announced: number, query: Query = {}) =>
  openPiece(it.server.url, it.agent.token, piecePath(id, it.rows.serviceId, query), announced)
const info = async (id: string) => (await it.agent.get(`/artifacts/${id}/info`)).body
const read = (id: string) =>
  fetch(`${it.server.url}/api/v1/artifacts/${id}`, { headers: { authorization: `Bearer ${it.agent.token}` } })
const readAll = async (id: string) => Buffer.from(await (await read(id)).arrayBuffer())

describe('an upload in pieces', () => {
  test('goes on where the last piece ended, and says where that is when a piece does not fit', async () => {
    const id = anId()
    const content = someBytes(3000)
    assert.equal((await put(id, content.subarray(0, 1000), { complete: false })).body.sizeBytes, 1000)
    for (const offset of [0, 500, 1001, 2000]) {
      const answer = await put(id, content.subarray(offset, offset + 700), { offset, complete: false })
      assert.deepEqual([answer.status, answer.headers.get('upload-offset')], [409, '1000'], `at ${offset}`)
      assert.match(answer.body.error, /starts at 1000/)
    }
    assert.equal((await info(id)).state, 'Uploading')
    const answer = await put(id, content.subarray(1000), { offset: 1000, sha256: sha256(content) })
    assert.deepEqual([answer.body.state, answer.body.sha256], ['Complete', sha256(content)])
    assert.ok((await readAll(id)).equals(content))
  })

  test('begins at 0', async () => {
    const id = anId()
    const answer = await put(id, someBytes(10), { offset: 10 })
    assert.deepEqual([answer.status, answer.headers.get('upload-offset')], [409, '0'])
    assert.equal((await it.agent.get(`/artifacts/${id}/info`)).status, 404)
  })

  test('does not mind when a piece is repeated because its answer was lost', async () => {
    const id = anId()
    const content = someBytes(3000)
    const query = { offset: 1000, sha256: sha256(content) }
    await put(id, content.subarray(0, 1000), { complete: false })
    assert.equal((await put(id, content.subarray(0, 1000), { complete: false })).body.sizeBytes, 1000)
    const last = await put(id, content.subarray(1000), query)
    assert.deepEqual((await put(id, content.subarray(1000), query)).body, last.body)
    assert.deepEqual((await put(id, content)).body, last.body)
    assert.equal((await put(id, someBytes(2000), { offset: 1000 })).status, 409)
    const { body } = await it.server.admin.get('/events?sort=-sequenceNumber&type=artifact.completed')
    assert.equal(body.items.filter((event: { entityId: string }) => event.entityId === id).length, 1)
  })

  test('whose digest differs starts anew', async () => {
    const id = anId()
    const content = someBytes(2000)
    await put(id, content.subarray(0, 1000), { complete: false })
    const answer = await put(id, someBytes(1000), { offset: 1000, sha256: sha256(content) })
    assert.equal(answer.status, 400)
    const { state, sizeBytes } = await info(id)
    assert.deepEqual([state, sizeBytes, statSync(it.fileOf(id)).size], ['Uploading', 0, 0])
    assert.equal((await put(id, content, { sha256: sha256(content) })).status, 200)
  })

  test('keeps to one service, kind and format', async () => {
    const id = anId()
    await put(id, someBytes(10), { complete: false })
    assert.equal((await put(id, someBytes(10), { offset: 10, kind: 'export' })).status, 409)
    assert.equal((await put(id, someBytes(10), { offset: 10, kind: '', format: '', serviceId: '' })).status, 200)
  })
})

describe('an upload that breaks', () => {
  test('keeps what has arrived, says how much, and goes on there', async () => {
    const id = anId()
    const content = someBytes(3 * MIB)
    const request = openAt(id, content.length)
    request.write(content.subarray(0, MIB))
    await eventually(async () => (statSync(it.fileOf(id), { throwIfNoEntry: false })?.size ?? 0) >= MIB)
    request.destroy()

    const again = await eventually(async () => {
      const { sizeBytes } = await info(id)
      const answer = await put(id, content.subarray(sizeBytes), { offset: sizeBytes, sha256: sha256(content) })
      return answer.status === 200 && { sizeBytes, answer }
    })
    assert.equal(again.sizeBytes, MIB)
    assert.ok((await readAll(id)).equals(content))
  })

  test('because the disk lost bytes goes on where the disk ends, not where the database says', async () => {
    const id = anId()
    const content = someBytes(3000)
    await put(id, content.subarray(0, 2000), { complete: false })
    truncateSync(it.fileOf(id), 700)
    assert.equal((await info(id)).sizeBytes, 700)
    const { items } = (await it.agent.get('/artifacts?state=Uploading&pageSize=100')).body
    assert.equal(items.find((item: { id: string }) => item.id === id).sizeBytes, 700)
    assert.equal((await put(id, content.subarray(2000), { offset: 2000 })).headers.get('upload-offset'), '700')
    assert.equal((await put(id, content.subarray(700), { offset: 700, sha256: sha256(content) })).status, 200)
  })

  test('because the artifact is deleted meanwhile leaves nothing', async () => {
    const id = anId()
    const request = openAt(id, 2000)
    const answered = once(request, 'response')
    request.write(someBytes(1000))
    await eventually(async () => (statSync(it.fileOf(id), { throwIfNoEntry: false })?.size ?? 0) >= 1000)
    assert.equal((await it.agent.delete(`/artifacts/${id}`)).status, 204)
    request.end(someBytes(1000))
    const [response] = await answered
    response.resume()
    assert.equal(response.statusCode, 404)
    assert.equal(statSync(it.fileOf(id), { throwIfNoEntry: false }), undefined)
  })
})

test('a server that stops does not wait for an upload: it keeps what has arrived', { timeout: 30_000 }, async (t) => {
  const other = await startArtifactServer()
  t.after(() => other.stop())
  const id = anId()
  const request = openPiece(other.server.url, other.agent.token, piecePath(id, other.rows.serviceId), 2000)
  const broken = new Promise((resolve) => request.once('close', resolve))
  request.write(someBytes(1000))
  await eventually(async () => (statSync(other.fileOf(id), { throwIfNoEntry: false })?.size ?? 0) >= 1000)
  await other.server.api.close()
  await broken
  const row = await other.server.platform.db.selectFrom('artifacts').selectAll().executeTakeFirst()
  assert.deepEqual([row?.state, row?.size_bytes], ['Uploading', 1000])
})

describe('two uploads of one id at once', () => {
  test('the second is refused while the first is under way', async () => {
    const id = anId()
    const content = someBytes(2000)
    const first = openAt(id, 2000, { sha256: sha256(content) })
    const answered = once(first, 'response')
    first.write(content.subarray(0, 1000))
    await eventually(async () => (statSync(it.fileOf(id), { throwIfNoEntry: false })?.size ?? 0) >= 1000)
    // it would fit, so that nothing but the first upload stands in its way
    assert.equal((await put(id, content.subarray(1000), { offset: 1000 })).status, 409)
    first.end(content.subarray(1000))
    const [response] = await answered
    response.resume()
    assert.equal(response.statusCode, 200)
    assert.ok((await readAll(id)).equals(content))
  })

  test('of many with different contents one wins, and the artifact is exactly its content', async () => {
    const id = anId()
    const contents = Array.from({ length: 8 }, () => someBytes(300_000))
    const answers = await Promise.all(contents.map((content) => put(id, content, { sha256: sha256(content) })))
    const won = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []))
    assert.equal(won.length, 1)
    assert.ok(answers.every(({ status }) => status === 200 || status === 409))
    assert.ok((await readAll(id)).equals(contents[won[0] ?? -1] ?? Buffer.alloc(0)))
  })
})

describe('a server that is killed in the middle of an upload', () => {
  const children: ChildProcess[] = []
  const stops: (() => Promise<unknown>)[] = []
  after(async () => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    for (const stop of stops.toReversed()) await stop()
  })

  function serve(dataDir: string, database: string): Promise<{ url: string; child: ChildProcess }> {
    return serveProcess(dataDir, database, (child) => children.push(child))
  }

  test('knows afterwards what its disk has, and the upload goes on there', { timeout: 60_000 }, async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-artifacts-'))
    stops.push(() => rm(dataDir, { recursive: true, force: true }))
    const database = await testDatabase()
    stops.push(() => database.drop())
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }

    const first = await serve(dataDir, database.url)
    const made = await fetch(`${first.url}/api/v1/participants`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name: 'p', status: 'Enabled' }),
    })
    const participant = (await made.json()) as { id: string } // as the API says
    const db = connect(parseDsn(database.url))
    const { serviceId } = await insertServiceRows(db, participant.id, participant.id).finally(() => db.destroy())

    const id = anId()
    const content = someBytes(24 * MIB)
    const describeAt = async (url: string) => {
      const answer = await fetch(`${url}/api/v1/artifacts/${id}/info`, { headers })
      return (await answer.json()) as { state: string; sizeBytes?: number } // as the API says
    }
    const request = openPiece(first.url, ADMIN_TOKEN, piecePath(id, serviceId), content.length)
    request.write(content.subarray(0, 20 * MIB))
    await eventually(async () => ((await describeAt(first.url)).sizeBytes ?? 0) >= 16 * MIB)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    request.destroy()

    const second = await serve(dataDir, database.url)
    const { state, sizeBytes = 0 } = await describeAt(second.url)
    assert.equal(state, 'Uploading')
    assert.ok(sizeBytes >= 16 * MIB, `${sizeBytes} bytes are left`)
    const rest = piecePath(id, serviceId, { offset: sizeBytes, sha256: sha256(content) })
    const finished = await putPiece(second.url, ADMIN_TOKEN, rest, content.subarray(sizeBytes))
    assert.deepEqual([finished.status, finished.body.state], [200, 'Complete'])
  })
})

describe('a full disk', () => {
  let disk = ''
  before(() => {
    // only root can make a small disk
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return
    const at = path.join(it.dataDir, 'artifacts', 'ff')
    mkdirSync(at, { recursive: true, mode: 0o700 })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' })
      disk = at
    } catch {
      // a container without that right
    }
  })
  after(() => {
    if (disk) execFileSync('umount', [disk])
  })

  test('is said so, keeps what has its place, and the upload goes on when there is room', async (t) => {
    if (!disk) return t.skip('needs the right to mount')
    const id = `ff${anId().slice(2)}`
    const content = someBytes(3 * MIB)
    const answer = await put(id, content)
    assert.equal(answer.status, 503)
    assert.match(answer.body.error, /disk for artifacts is full/)
    const { sizeBytes } = await info(id)
    assert.ok(sizeBytes > 0 && sizeBytes <= MIB, `${sizeBytes} bytes are kept`)
    execFileSync('mount', ['-o', 'remount,size=8m', disk], { stdio: 'ignore' })
    const rest = await put(id, content.subarray(sizeBytes), { offset: sizeBytes, sha256: sha256(content) })
    assert.equal(rest.status, 200)
  })
})
