/** Where dumps are kept while they are restored: a directory for each, removed at the end, or by the next process. */
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Provider } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'

/**
 * Writes the dump to a file of its own, removed at the end: what it is shows at its beginning and its end.
 *
 * @throws DatabaseRefusal `invalid` if the dump is bigger than the limit
 */
export async function withSpool<T>(
  provider: Provider,
  dump: Readable,
  limitBytes: number,
  signal: AbortSignal,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const { spoolDir = tmpdir() } = provider.options
  await mkdir(spoolDir, { recursive: true, mode: 0o700 })
  const directory = await mkdtemp(join(spoolDir, 'fulcrum-restore-'))
  try {
    const file = join(directory, 'dump')
    let bytes = 0
    await pipeline(
      dump,
      async function* (chunks: AsyncIterable<Buffer | string>) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > limitBytes)
            throw new DatabaseRefusal('invalid', `the dump has more than ${limitBytes / 2 ** 20} MiB`)
          yield chunk
        }
      },
      createWriteStream(file, { mode: 0o600 }),
      { signal },
    )
    return await work(file)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/**
 * Removes what an earlier process that was killed left in its own spool directory: a tenant's content. Nothing happens without
 * such a directory, because others may use the system's. No restore may be running.
 */
export async function clearSpool({ options: { spoolDir } }: Provider): Promise<void> {
  if (spoolDir !== undefined) await rm(spoolDir, { recursive: true, force: true })
}
