/**
 * A store that speaks S3. It connects to its configured endpoint and nowhere else: keys, region and endpoint are given, so nothing
 * of the SDK looks for them in files of the home directory or at a metadata service. The SDK is loaded with the first use.
 */
import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { S3StoreConfig } from '../platform/artifact-stores-file.ts'
import { type ArtifactStore, ContentMissing, storeRefusal } from './store-port.ts'

type Sdk = typeof import('@aws-sdk/client-s3') & typeof import('@aws-sdk/lib-storage') & { client: S3Client }

/** The SDK repeats what may pass by itself so often; what fails for longer is the worker's affair. */
const ATTEMPTS = 3
const MIB = 2 ** 20
/** Two parts at a time are in memory. */
const PARTS_AT_ONCE = 2
const PART_BYTES = 16 * MIB
/** The protocol's limit is 10,000 (source: S3, multipart upload limits). */
const MOST_PARTS = 9_000
/** A part may take so many times as long as a silence may last. */
const PART_PATIENCE = 20

export function s3Store(config: S3StoreConfig): ArtifactStore {
  const { endpoint, region, bucket, prefix, accessKeyId, secretAccessKey, timeoutMs, ...owner } = config
  const keyOf = (key: string) => `${prefix}${prefix && '/'}${key.slice(0, 2)}/${key.slice(2, 4)}/${key}`
  let loading: Promise<Sdk> | undefined
  const sdk = () => {
    loading ??= load(config)
    return loading
  }
  const refused = (error: unknown, key: string) =>
    isMissing(error) ? new ContentMissing(owner.name, key, error) : storeRefusal(owner.name, saidBy(error), error)

  /** Parts of writes that never ended: the store keeps them, and charges for them, until somebody says so. */
  const abortBroken = async (
    { client, ListMultipartUploadsCommand, AbortMultipartUploadCommand }: Sdk,
    name: string,
  ) => {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: name }))
    for (const { Key, UploadId } of Uploads)
      if (Key === name && UploadId !== undefined)
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch(ignoreMissing)
  }

  return {
    ...owner,
    async put(key, content, sizeBytes, signal) {
      const name = keyOf(key)
      const aborter = new AbortController()
      const abort = () => aborter.abort()
      signal.addEventListener('abort', abort)
      try {
        const loaded = await sdk()
        await abortBroken(loaded, name)
        signal.throwIfAborted()
        await new loaded.Upload({
          client: loaded.client,
          params: { Bucket: bucket, Key: name, Body: content, ContentType: 'application/octet-stream' },
          queueSize: PARTS_AT_ONCE,
          partSize: Math.max(PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB),
          abortController: aborter,
        }).done()
      } catch (error) {
        throw refused(error, key)
      } finally {
        signal.removeEventListener('abort', abort)
        content.destroy()
      }
    },
    async read(key, range, signal) {
      try {
        const { client, GetObjectCommand } = await sdk()
        const Range = range ? `bytes=${range.firstByte}-${range.lastByte}` : undefined
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(key), Range }), {
          abortSignal: signal,
        })
        if (!Body) throw new Error('an answer without content')
        const stream = Body as Readable // in Node.js it is the response of node:http
        signal.addEventListener('abort', () => stream.destroy(), { once: true })
        return stream
      } catch (error) {
        throw refused(error, key)
      }
    },
    async remove(key, signal) {
      try {
        const loaded = await sdk()
        await abortBroken(loaded, keyOf(key))
        const command = new loaded.DeleteObjectCommand({ Bucket: bucket, Key: keyOf(key) })
        await loaded.client.send(command, { abortSignal: signal }).catch(ignoreMissing)
      } catch (error) {
        throw refused(error, key)
      }
    },
  }
}

async function load({ endpoint, region, accessKeyId, secretAccessKey, timeoutMs }: S3StoreConfig): Promise<Sdk> {
  const [s3, storage] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')])
  const client = new s3.S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    // what is given here is not looked up in the environment or in ~/.aws; `auto` would ask a metadata service
    defaultsMode: 'standard',
    followRegionRedirects: false,
    disableS3ExpressSessionAuth: true,
    disableMultiregionAccessPoints: true,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'fulcrum',
    // the whole content is read back and compared: stores that do not know the newer checksums are no worse
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      requestTimeout: timeoutMs * PART_PATIENCE,
      throwOnRequestTimeout: true,
    },
  })
  return { ...s3, ...storage, client }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NoSuchUpload')
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error) && statusOf(error) !== 404) throw error
}

/** The code and the status, never the message: a store may quote what it was sent, and that may hold keys. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const status = statusOf(error)
  return status === undefined ? code : `it answers ${status} ${code}`
}

function statusOf(error: unknown): number | undefined {
  const meta = error instanceof Error && '$metadata' in error ? error.$metadata : undefined
  const status = meta !== null && typeof meta === 'object' ? Reflect.get(meta, 'httpStatusCode') : undefined
  return typeof status === 'number' ? status : undefined
}
