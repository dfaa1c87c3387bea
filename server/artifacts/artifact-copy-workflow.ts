/**
 * Copies finished artifacts to their stores, reads them back and compares, and removes what is to go. The row is there before the
 * content and goes after it, so a crash anywhere leaves something that is tried again, and nothing that nobody knows of.
 */
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import {
  type ArtifactCopy,
  beginAttempt,
  dueCopies,
  forgetCopy,
  leaveDisk,
  markFailure,
  markSpoilt,
  markStored,
} from './artifact-copy-store.ts'
import { artifactFilesOf } from './artifact-files.ts'
import { storesOf } from './artifact-stores.ts'
import { removeLeftover } from './artifact-workflow.ts'
import { type ArtifactStore, ContentMissing, digestOf } from './store-port.ts'

const BATCH = 100
/** Eight hours of a store that is away, with the pauses below. */
const MOST_ATTEMPTS = 12
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 3_600_000
/** So long some server may take to come back with the disk that has the content. */
const CONTENT_AWAY_MS = 24 * 3_600_000
/** Slower than this, in bytes a second, counts as broken; and nothing takes less than the minutes. */
const SLOWEST = 256 * 2 ** 10
const LEAST_MS = 10 * 60_000

/** How long to wait after the attempt with this number, in milliseconds; they count from 1. */
export function pauseMs(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS)
}

/**
 * Writes, reads back and removes whatever is due. Each process does it for the content on its own disk.
 *
 * @param signal  aborted: end with the copy under way, which will be tried again
 */
export async function copyArtifacts(
  platform: Platform,
  signal: AbortSignal,
): Promise<{ copied: number; copiesFailed: number; copiesRemoved: number }> {
  const done = { copied: 0, copiesFailed: 0, copiesRemoved: 0 }
  for (const copy of await dueCopies(platform.db, 'pending', platform.now(), BATCH)) {
    if (signal.aborted) break
    const outcome = await copyOne(platform, copy, signal)
    if (outcome === 'stored') done.copied++
    if (outcome === 'failed') done.copiesFailed++
  }
  for (const copy of await dueCopies(platform.db, 'removing', platform.now(), BATCH)) {
    if (signal.aborted) break
    if (await removeOne(platform, copy, signal)) done.copiesRemoved++
  }
  return done
}

async function copyOne(
  platform: Platform,
  copy: ArtifactCopy,
  signal: AbortSignal,
): Promise<'stored' | 'failed' | 'not here'> {
  const { db, now } = platform
  const files = artifactFilesOf(platform)
  const giveUp = async (why: string) => {
    await markFailure(db, copy.id, why, true, now())
    return 'failed' as const
  }
  const store = storesOf(platform).find(({ name }) => name === copy.store)
  if ((await files.sizeBytes(copy.artifactId)) !== copy.sizeBytes) {
    const away = now().getTime() - copy.createdAt.getTime() > CONTENT_AWAY_MS
    return away ? giveUp("the content is on no server's disk") : 'not here'
  }
  const attempt = copy.attempts + 1
  await beginAttempt(db, copy.id, new Date(now().getTime() + pauseMs(attempt)), now())
  try {
    if (!store) throw new Refusal('unavailable', `artifact store ${copy.store} is not configured`)
    await putAndCompare(store, copy, () => files.read(copy.artifactId, null, signal), signal)
  } catch (error) {
    if (signal.aborted) return 'not here'
    const why = reasonOf(platform, copy, error)
    if (attempt >= MOST_ATTEMPTS) return giveUp(why)
    await markFailure(db, copy.id, why, false, now())
    return 'failed'
  }
  const leaves = await runCommand(platform, SYSTEM, async (c) => {
    if (!(await markStored(c.tx, copy.id, c.now))) return false
    return leaveDisk(c.tx, copy.artifactId)
  })
  if (leaves) await removeLeftover({ db, files }, copy.artifactId)
  return 'stored'
}

async function putAndCompare(
  store: ArtifactStore,
  { id, sha256, sizeBytes }: ArtifactCopy,
  open: () => ReturnType<ArtifactStore['read']>,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LEAST_MS + Math.ceil(sizeBytes / SLOWEST) * 1_000)])
  await store.put(id, await open(), sizeBytes, limit)
  const found = await readBack(store, id, limit)
  if (found.sha256 !== sha256 || found.sizeBytes !== sizeBytes) throw differs(store, found, { sha256, sizeBytes })
}

type Digest = { sha256: string; sizeBytes: number }

async function readBack(store: ArtifactStore, key: string, signal: AbortSignal): Promise<Digest> {
  try {
    return await digestOf(await store.read(key, null, signal))
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('unavailable', `reading from artifact store ${store.name} broke off`, { cause: error })
  }
}

function differs({ name }: ArtifactStore, found: Digest, expected: Digest): Refusal {
  return new Refusal(
    'unavailable',
    `artifact store ${name} returns ${found.sizeBytes} bytes with digest ${found.sha256} instead of ${expected.sizeBytes} with ${expected.sha256}`,
  )
}

/**
 * Reads a stored copy back as a whole and compares it. What is missing or differs is noted: it is no copy any more.
 *
 * @returns null when it is right, else what is wrong
 * @throws Refusal `unavailable` when the store cannot be asked
 */
export async function verifyCopy(platform: Platform, copy: ArtifactCopy, signal: AbortSignal): Promise<string | null> {
  const store = storesOf(platform).find(({ name }) => name === copy.store)
  if (!store) throw new Refusal('unavailable', `artifact store ${copy.store} is not configured`)
  const wrong = await compare(store, copy, signal)
  if (wrong !== null) await markSpoilt(platform.db, copy.id, wrong, platform.now())
  return wrong
}

async function compare(store: ArtifactStore, copy: ArtifactCopy, signal: AbortSignal): Promise<string | null> {
  try {
    const found = await readBack(store, copy.id, signal)
    const same = found.sha256 === copy.sha256 && found.sizeBytes === copy.sizeBytes
    return same ? null : differs(store, found, copy).message
  } catch (error) {
    if (error instanceof ContentMissing) return error.message
    throw error
  }
}

async function removeOne(platform: Platform, copy: ArtifactCopy, signal: AbortSignal): Promise<boolean> {
  const { db, now } = platform
  const store = storesOf(platform).find(({ name }) => name === copy.store)
  await beginAttempt(db, copy.id, new Date(now().getTime() + pauseMs(copy.attempts + 1)), now())
  try {
    if (!store) throw new Refusal('unavailable', `artifact store ${copy.store} is not configured`)
    await store.remove(copy.id, signal)
  } catch (error) {
    if (signal.aborted) return false
    await markFailure(db, copy.id, reasonOf(platform, copy, error), false, now())
    return false
  }
  await forgetCopy(db, copy.id)
  return true
}

/** What to write down. A defect is logged, and must not keep other copies waiting. */
function reasonOf({ log }: Platform, { artifactId, store, attempts }: ArtifactCopy, error: unknown): string {
  const about = { artifact: artifactId, store, attempt: attempts + 1 }
  if (error instanceof Refusal) {
    log.warn({ ...about, reason: error.message }, 'a copy of an artifact failed')
    return error.message
  }
  log.error({ ...about, err: error }, 'defect while an artifact was copied')
  return 'an error of the server: see its log'
}
