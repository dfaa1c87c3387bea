/** Artifacts over HTTP against a real database and disk: who may do what, whole uploads, downloads, deletion, retention. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import { insertServiceRows } from '../testing/service-rows.ts'
import type { Caller } from '../testing/test-server.ts'
import { grantArtifact, purgeExpiredArtifacts, revokeArtifactGrants } from './index.ts'
import {
  type ArtifactServer,
  piecePath,
  putPiece,
  type Query,
  sha256,
  someBytes,
  startArtifactServer,
} from './testing.ts'

let it: ArtifactServer
let clock: Date | null = null
before(async () => {
  it = await startArtifactServer({ FULCRUM_ARTIFACT_LIMIT: '1MiB' }, () => clock ?? new Date())
})
after(() => it.stop())

const put = (by: Caller, id: string, content: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array>, query: Query = {}) =>
  putPiece(it.server.url, by.token, piecePath(id, it.rows.serviceId, query), content)

async function anArtifact(content = someBytes(1000), query: Query = {}): Promise<string> {
  const id = randomUUID()
  const { status, body } = await put(it.agent, id, content, query)
  assert.equal(status, 200, JSON.stringify(body))
  return id
}

const download = (id: string, headers: Record<string, string> = {}, by = it.consumer) =>
  fetch(`${it.server.url}/api/v1/artifacts/${id}`, { headers: { authorization: `Bearer ${by.token}`, ...headers } })

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe('an artifact', () => {
  test('is uploaded by the agent, described, listed, read and deleted, and both ends are events', async () => {
    const content = someBytes(100_000)
    const id = randomUUID()
    const uploaded = await put(it.agent, id, content, { sha256: sha256(content).toUpperCase(), retentionDays: 3 })
    assert.equal(uploaded.status, 200)
    const { createdAt, updatedAt, expiresAt, ...rest } = uploaded.body
    assert.deepEqual(rest, {
      id,
      ...{ serviceId: it.rows.serviceId, providerId: it.rows.providerId, consumerId: it.rows.consumerId },
      ...{ agentId: it.rows.agentId, kind: 'backup', format: 'raw', state: 'Complete', sizeBytes: 100_000 },
      sha256: sha256(content),
    })
    assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 3 * 24 * 3_600_000)
    for (const caller of [it.agent, it.provider, it.consumer, it.server.admin]) {
      assert.deepEqual((await caller.get(`/artifacts/${id}/info`)).body, uploaded.body)
      const list = await caller.get(
        `/artifacts?serviceId=${it.rows.serviceId}&kind=backup&state=Complete&sort=-createdAt`,
      )
      assert.ok(list.body.items.some((item: { id: string }) => item.id === id))
      assert.ok((await bytesOf(await download(id, {}, caller))).equals(content))
    }
    assert.equal((await it.provider.delete(`/artifacts/${id}`)).status, 204)
    assert.equal((await it.agent.get(`/artifacts/${id}/info`)).status, 404)
    assert.equal(existsSync(it.fileOf(id)), false)

    const { body: events } = await it.server.admin.get('/events?pageSize=100&sort=-sequenceNumber')
    const ours = events.items.filter((event: { entityId?: string }) => event.entityId === id)
    assert.deepEqual(
      ours.map((e: Record<string, string>) => [e.type, e.providerId, e.consumerId, e.agentId]),
      ['artifact.deleted', 'artifact.completed'].map((type) => [
        type,
        it.rows.providerId,
        it.rows.consumerId,
        it.rows.agentId,
      ]),
    )
  })

  test('lies in directories and a file that only the server may read', async () => {
    const id = await anArtifact()
    const file = it.fileOf(id)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    for (let dir = path.dirname(file); dir !== it.dataDir; dir = path.dirname(dir))
      assert.equal(statSync(dir).mode & 0o777, 0o700)
  })

  test('may be empty', async () => {
    const id = await anArtifact(someBytes(0))
    const answer = await download(id)
    assert.deepEqual([answer.status, answer.headers.get('content-length')], [200, '0'])
    assert.equal((await download(id, { range: 'bytes=0-' })).status, 416)
  })

  test('never changes once it is complete', async () => {
    const content = someBytes(1000)
    const id = await anArtifact(content)
    assert.equal((await put(it.agent, id, someBytes(1000))).status, 409)
    assert.equal((await put(it.agent, id, someBytes(10), { offset: 1000 })).status, 409)
    assert.equal((await put(it.agent, id, content, { sha256: sha256(someBytes(1)) })).status, 409)
    assert.ok((await bytesOf(await download(id))).equals(content))
  })
})

describe('who may', () => {
  let stranger: { id: string; caller: Caller }
  let foreign: { serviceId: string; agentId: string }
  let sibling: Caller
  before(async () => {
    stranger = await it.server.participant('stranger')
    foreign = await insertServiceRows(it.server.platform.db, stranger.id, stranger.id)
    const other = await insertServiceRows(it.server.platform.db, it.rows.providerId, stranger.id)
    const { body } = await it.server.admin.post('/tokens', { name: 's', role: 'agent', scopeId: other.agentId })
    sibling = it.server.as(body.value)
  })

  test('the service must be the own one: the agent that has it, or its consumer', async () => {
    for (const caller of [it.agent, it.consumer, it.server.admin])
      assert.equal((await put(caller, randomUUID(), someBytes(5))).status, 200)
    for (const caller of [it.provider, stranger.caller, sibling])
      assert.equal((await put(caller, randomUUID(), someBytes(5))).status, 403)
    assert.equal((await put(it.agent, randomUUID(), someBytes(5), { serviceId: foreign.serviceId })).status, 403)
    assert.equal((await put(it.agent, randomUUID(), someBytes(5), { serviceId: randomUUID() })).status, 404)
    assert.equal((await put(it.agent, randomUUID(), someBytes(5), { serviceId: undefined })).status, 400)
  })

  test('an artifact of somebody else is refused, also under the own service; an unknown one is not there', async () => {
    const id = await anArtifact()
    for (const caller of [stranger.caller, sibling]) {
      assert.equal((await caller.get(`/artifacts/${id}/info`)).status, 403)
      assert.equal((await download(id, {}, caller)).status, 403)
      assert.equal((await caller.delete(`/artifacts/${id}`)).status, 403)
      assert.equal((await caller.get(`/artifacts?serviceId=${it.rows.serviceId}`)).body.totalItems, 0)
    }
    const stolen = await put(stranger.caller, id, someBytes(5), { serviceId: foreign.serviceId })
    assert.equal(stolen.status, 403)
    assert.equal((await it.agent.get(`/artifacts/${randomUUID()}/info`)).status, 404)
    assert.equal((await download(randomUUID())).status, 404)
    assert.equal((await it.agent.delete(`/artifacts/${randomUUID()}`)).status, 404)
    assert.equal((await it.agent.get('/artifacts/x/info')).status, 400)
  })

  test('an agent with a grant describes and reads this one artifact, and nothing else, until it is taken back', async () => {
    const id = await anArtifact(someBytes(100))
    const another = await anArtifact(someBytes(100))
    const { body } = await it.server.admin.post('/tokens', { name: 'f', role: 'agent', scopeId: foreign.agentId })
    const importer = it.server.as(body.value)
    const info = (of: string, by: Caller) => by.get(`/artifacts/${of}/info`).then(({ status }) => status)
    const run = (work: (c: Command) => Promise<void>) => runCommand(it.server.platform, SYSTEM, work)
    const reading = async () => [await info(id, importer), (await download(id, {}, importer)).status]

    assert.deepEqual(await reading(), [403, 403])
    await run((c) => grantArtifact(c, id, foreign.agentId))
    await run((c) => grantArtifact(c, id, foreign.agentId))
    assert.deepEqual(await reading(), [200, 200])

    for (const caller of [stranger.caller, sibling]) assert.equal(await info(id, caller), 403)
    assert.equal(await info(another, importer), 403)
    assert.equal((await importer.delete(`/artifacts/${id}`)).status, 403)
    assert.equal((await put(importer, id, someBytes(5))).status, 403)
    assert.equal((await importer.get('/artifacts')).body.totalItems, 0)
    await it.server.admin.patch(`/agents/${foreign.agentId}`, { status: 'Disabled' })
    assert.deepEqual(await reading(), [403, 403])
    await it.server.admin.patch(`/agents/${foreign.agentId}`, { status: 'Connected' })
    assert.deepEqual(await reading(), [200, 200])

    await run((c) => revokeArtifactGrants(c, id, it.rows.agentId))
    assert.deepEqual(await reading(), [200, 200])
    await run((c) => revokeArtifactGrants(c, id))
    assert.deepEqual(await reading(), [403, 403])
    await run((c) => grantArtifact(c, id, foreign.agentId))
    assert.equal((await it.provider.delete(`/artifacts/${id}`)).status, 204)
    assert.deepEqual(await reading(), [404, 404])
  })

  test('without a token nothing is read or written', async () => {
    const answer = await putPiece(it.server.url, 'nobody', piecePath(randomUUID(), it.rows.serviceId), someBytes(5))
    assert.equal(answer.status, 401)
  })
})

describe('a download', () => {
  const content = someBytes(10_000)
  let id: string
  before(async () => {
    id = await anArtifact(content)
  })

  test('says what it is', async () => {
    const answer = await download(id)
    const digest = Buffer.from(sha256(content), 'hex').toString('base64')
    const headers = ['content-length', 'etag', 'repr-digest', 'content-disposition', 'cache-control', 'accept-ranges']
    assert.deepEqual(
      headers.map((name) => answer.headers.get(name)),
      [
        '10000',
        `"${sha256(content)}"`,
        `sha-256=:${digest}:`,
        `attachment; filename="backup-${id}"`,
        'no-store',
        'bytes',
      ],
    )
  })

  test('answers a range with 206 and only these bytes', async () => {
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 0],
      ['bytes=9000-', 9000, 9999],
      ['bytes=-10', 9990, 9999],
    ] as const) {
      const answer = await download(id, { range })
      assert.equal(answer.status, 206)
      assert.equal(answer.headers.get('content-range'), `bytes ${from}-${to}/10000`)
      assert.equal(answer.headers.get('content-length'), String(to - from + 1))
      assert.ok((await bytesOf(answer)).equals(content.subarray(from, to + 1)))
    }
  })

  test('answers a range that it does not have with 416 and the size', async () => {
    const answer = await download(id, { range: 'bytes=10000-' })
    assert.deepEqual([answer.status, answer.headers.get('content-range')], [416, 'bytes */10000'])
  })

  test('ignores a range when If-Range names another content', async () => {
    assert.equal((await download(id, { range: 'bytes=5-', 'if-range': '"x"' })).status, 200)
    assert.equal((await download(id, { range: 'bytes=5-', 'if-range': `"${sha256(content)}"` })).status, 206)
  })

  test('of an unfinished artifact is a conflict, of one whose content is lost 503', async () => {
    const unfinished = await anArtifact(someBytes(5), { complete: false })
    assert.equal((await download(unfinished)).status, 409)
    const lost = await anArtifact()
    rmSync(it.fileOf(lost))
    assert.equal((await download(lost)).status, 503)
  })
})

describe('the limit', () => {
  const id = randomUUID()

  test('refuses what announces too much before anything is stored', async () => {
    const answer = await put(it.agent, id, someBytes(2 ** 20 + 1))
    assert.deepEqual([answer.status, existsSync(it.fileOf(id))], [413, false])
    assert.equal((await it.agent.get(`/artifacts/${id}/info`)).status, 404)
  })

  test('refuses what turns out to be too much, and forgets it', async () => {
    const chunks = async function* () {
      for (let sent = 0; sent < 40; sent++) yield someBytes(2 ** 15)
    }
    assert.equal((await put(it.agent, id, chunks())).status, 413)
    assert.equal((await it.agent.get(`/artifacts/${id}/info`)).status, 404)
    assert.equal(existsSync(it.fileOf(id)), false)
  })

  test('keeps what was there before the piece that is too much, and takes exactly the limit', async () => {
    const content = someBytes(2 ** 20)
    assert.equal((await put(it.agent, id, content.subarray(0, 1000), { complete: false })).status, 200)
    const chunks = async function* () {
      yield content.subarray(1000)
      yield someBytes(1)
    }
    assert.equal((await put(it.agent, id, chunks(), { offset: 1000 })).status, 413)
    assert.equal((await it.agent.get(`/artifacts/${id}/info`)).body.sizeBytes, 1000)
    const answer = await put(it.agent, id, content.subarray(1000), { offset: 1000, sha256: sha256(content) })
    assert.equal(answer.body.sizeBytes, 2 ** 20)
  })
})

describe('retention', () => {
  after(() => {
    clock = null
  })
  const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000)

  test('an expired artifact is gone for everybody, and the purge removes it with its content', async () => {
    const id = await anArtifact(someBytes(10), { retentionDays: 1 })
    const kept = await anArtifact(someBytes(10), { retentionDays: 400 })
    clock = days(1.1)
    const admin = it.server.admin
    // tokens of a day have expired, too
    assert.equal((await admin.get(`/artifacts/${id}/info`)).status, 404)
    assert.equal((await download(id, {}, admin)).status, 404)
    assert.equal((await admin.delete(`/artifacts/${id}`)).status, 404)
    assert.equal((await put(admin, id, someBytes(10))).status, 409)
    const listed = (await admin.get('/artifacts?pageSize=100')).body.items.map((item: { id: string }) => item.id)
    assert.deepEqual([listed.includes(id), listed.includes(kept)], [false, true])

    const { expired } = await purgeExpiredArtifacts(it.server.platform)
    assert.ok(expired >= 1)
    assert.equal(existsSync(it.fileOf(id)), false)
    assert.equal(existsSync(it.fileOf(kept)), true)
    const { body } = await admin.get('/events?sort=-sequenceNumber&type=artifact.deleted')
    const event = body.items.find((e: { entityId: string }) => e.entityId === id)
    assert.equal(event?.initiatorType, 'system')
  })

  test('the sweep removes uploads without progress for a week and content without a row, and nothing else', async () => {
    clock = null
    const unfinished = await anArtifact(someBytes(10), { complete: false })
    const complete = await anArtifact()
    const leftover = randomUUID()
    mkdirSync(path.dirname(it.fileOf(leftover)), { recursive: true })
    writeFileSync(it.fileOf(leftover), 'x')
    const strange = path.join(it.dataDir, 'artifacts', 'notes.txt')
    writeFileSync(strange, 'x')

    assert.deepEqual(await purgeExpiredArtifacts(it.server.platform), { expired: 0, leftovers: 1 })
    assert.equal(existsSync(it.fileOf(leftover)), false)
    assert.equal(existsSync(it.fileOf(unfinished)), true)

    clock = days(7.1)
    await purgeExpiredArtifacts(it.server.platform)
    assert.deepEqual(
      [unfinished, complete].map((id) => existsSync(it.fileOf(id))),
      [false, true],
    )
    assert.equal((await it.server.admin.get(`/artifacts/${unfinished}/info`)).status, 404)
    assert.equal(existsSync(strange), true)
  })
})
