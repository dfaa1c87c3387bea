/** The same behaviour of every kind of store: a directory, and a real S3 server. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { S3_BUCKET, S3_KEY, S3_SECRET, type S3Server, startS3, whyNoS3 } from '../testing/s3-server.ts'
import { directoryStore } from './store-in-directory.ts'
import { s3Store } from './store-in-s3.ts'
import { type ArtifactStore, ContentMissing, digestOf } from './store-port.ts'
import { MIB, sha256, someBytes } from './testing.ts'

const OWNER = { operator: 'Fjord', country: 'NO', controllerCountry: 'NO', providerId: null }
const signal = new AbortController().signal

type Place = {
  store: ArtifactStore
  /** Every file of the place. */
  files(): Promise<string[]>
  fileOf(key: string): string
  away(): Promise<void>
  back(): Promise<void>
  stop(): Promise<void>
}

const PLACES: readonly { kind: string; skip: string | false; open(): Promise<Place> }[] = [
  { kind: 'a directory', skip: false, open: inDirectory },
  { kind: 'S3', skip: whyNoS3() ?? false, open: inS3 },
]

async function inDirectory(): Promise<Place> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-store-'))
  const root = path.join(home, 'mounted')
  await mkdir(root)
  return {
    store: directoryStore({ ...OWNER, name: 'shelf', kind: 'directory', path: root }),
    files: () => filesBelow(root),
    fileOf: (key) => path.join(root, key.slice(0, 2), key.slice(2, 4), key),
    away: () => rm(root, { recursive: true }),
    back: () => mkdir(root).then(() => {}),
    stop: () => rm(home, { recursive: true, force: true }),
  }
}

async function inS3(): Promise<Place> {
  const s3: S3Server = await startS3()
  const store = s3Store({
    ...OWNER,
    name: 'fjord',
    kind: 's3',
    endpoint: s3.endpoint,
    region: 'us-east-1',
    bucket: S3_BUCKET,
    prefix: 'copies',
    accessKeyId: S3_KEY,
    secretAccessKey: S3_SECRET,
    timeoutMs: 5_000,
  })
  return {
    store,
    files: () => filesBelow(s3.fileOf('')),
    fileOf: (key) => s3.fileOf(`copies/${key.slice(0, 2)}/${key.slice(2, 4)}/${key}`),
    away: s3.kill,
    back: s3.start,
    stop: s3.stop,
  }
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

const inChunks = (content: Uint8Array) => {
  const chunks = Array.from({ length: Math.ceil(content.length / MIB) }, (_, at) =>
    content.subarray(at * MIB, (at + 1) * MIB),
  )
  return Readable.from(chunks, { objectMode: false })
}
const put = (store: ArtifactStore, key: string, content: Uint8Array) =>
  store.put(key, inChunks(content), content.length, signal)
const isUnavailable = (error: unknown) =>
  error instanceof Error && 'kind' in error && error.kind === 'unavailable' && !error.message.includes(S3_SECRET)

for (const { kind, skip, open } of PLACES)
  describe(`a store in ${kind}`, { skip }, () => {
    let place: Place
    before(async () => {
      place = await open()
    })
    after(() => place?.stop())

    test('gives back what was put, whole and in ranges, and replaces it', async () => {
      const { store } = place
      const [key, content] = [randomUUID(), someBytes(100_000)]
      await put(store, key, someBytes(5))
      await put(store, key, content)
      assert.deepEqual(await digestOf(await store.read(key, null, signal)), {
        sha256: sha256(content),
        sizeBytes: content.length,
      })
      const part = await buffer(await store.read(key, { firstByte: 10, lastByte: 19 }, signal))
      assert.deepEqual(part, content.subarray(10, 20))
    })

    test('takes content of no bytes', async () => {
      const key = randomUUID()
      await put(place.store, key, new Uint8Array())
      assert.equal((await digestOf(await place.store.read(key, null, signal))).sizeBytes, 0)
    })

    test('takes large content in several parts, and ranges may cross them', async () => {
      const { store } = place
      const [key, content] = [randomUUID(), someBytes(40 * MIB)]
      await put(store, key, content)
      assert.equal((await digestOf(await store.read(key, null, signal))).sha256, sha256(content))
      const [from, to] = [16 * MIB - 3, 32 * MIB + 3]
      const part = await buffer(await store.read(key, { firstByte: from, lastByte: to }, signal))
      assert.ok(part.equals(content.subarray(from, to + 1)))
      await store.remove(key, signal)
    })

    test('has nothing of content whose source breaks off', async () => {
      const { store, files } = place
      const before = await files()
      const key = randomUUID()
      const breaking = Readable.from(
        (async function* () {
          for (let at = 0; at < 20; at++) yield someBytes(MIB)
          throw new Error('the disk is gone')
        })(),
        { objectMode: false },
      )
      await assert.rejects(store.put(key, breaking, 40 * MIB, signal), isUnavailable)
      await assert.rejects(store.read(key, null, signal), ContentMissing)
      assert.deepEqual(await files(), before)
    })

    test('ends at once when it is told to stop, and has nothing of it', async () => {
      const stop = new AbortController()
      const key = randomUUID()
      const endless = Readable.from(
        (async function* () {
          for (let at = 0; at < 200; at++) {
            if (at === 3) stop.abort()
            yield someBytes(MIB)
          }
        })(),
        { objectMode: false },
      )
      await assert.rejects(place.store.put(key, endless, 200 * MIB, stop.signal))
      await assert.rejects(place.store.read(key, null, signal), ContentMissing)
    })

    test('removes what it has, and does not mind what it never had', async () => {
      const { store, fileOf, files } = place
      const key = randomUUID()
      await put(store, key, someBytes(10))
      // what a crash while writing leaves in a directory
      await writeFile(`${fileOf(key)}.part`, 'half').catch(() => {})
      await store.remove(key, signal)
      await assert.rejects(store.read(key, null, signal), ContentMissing)
      if (kind === 'a directory') assert.equal((await files()).filter((name) => name.includes(key)).length, 0)
      await store.remove(key, signal)
      await store.remove(randomUUID(), signal)
    })

    test('says that it is away, and works again when it is back', async () => {
      const { store, away, back } = place
      const key = randomUUID()
      await away()
      await assert.rejects(put(store, key, someBytes(10)), isUnavailable)
      await assert.rejects(
        store.read(key, null, signal),
        (error) => isUnavailable(error) && !(error instanceof ContentMissing),
      )
      await assert.rejects(store.remove(key, signal), isUnavailable)
      await back()
      await put(store, key, someBytes(10))
      assert.equal((await digestOf(await store.read(key, null, signal))).sizeBytes, 10)
    })
  })

describe('a store in S3', { skip: whyNoS3() ?? false }, () => {
  test('tells a wrong key by its code and status alone', async () => {
    const s3 = await startS3()
    try {
      const wrong = s3Store({
        ...OWNER,
        name: 'fjord',
        kind: 's3',
        endpoint: s3.endpoint,
        region: 'us-east-1',
        bucket: S3_BUCKET,
        prefix: '',
        accessKeyId: S3_KEY,
        secretAccessKey: 'another-secret',
        timeoutMs: 5_000,
      })
      await assert.rejects(put(wrong, randomUUID(), someBytes(10)), {
        message: 'artifact store fjord cannot be used: it answers 403 SignatureDoesNotMatch',
      })
    } finally {
      await s3.stop()
    }
  })
})
