/**
 * Signs checkpoints. A log must never sign two histories that contradict each other: one process signs at a time, under the lock of
 * the log; what is signed must go on from the newest checkpoint, whose signature is verified first; and the checkpoint is committed
 * before anybody sees it.
 */
import { Frontier, signCheckpoint, verifyCheckpoint, verifyConsistency } from '@fulcrum/sovereignty/audit'
import type { Platform } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { isCheckpointDue, NO_KEY, OTHER_KEY } from './checkpoint.ts'
import { insertCheckpoint, readCheckpoints, type StoredCheckpoint } from './checkpoint-store.ts'
import { makeKey, openKey, originOf, type SealedKey } from './instance.ts'
import { type Log, lockLog, writeKey, writeProblem } from './log-store.ts'
import { proveConsistency, rootAt } from './proof-store.ts'

export type Signing =
  | { state: 'signed' | 'unchanged'; checkpoint: StoredCheckpoint; origin: string }
  | { state: 'nothing' }
  /** Nothing is signed, and why: there is no key, or the log was changed. */
  | { state: 'refused'; kind: 'no-key' | 'rewritten'; problem: string }

type Deps = Pick<Platform, 'db' | 'config' | 'now'>

/** @param always  also when the newest checkpoint is young and covers all but few entries */
export async function signLog({ db, config, now }: Deps, always: boolean): Promise<Signing> {
  return db.transaction().execute(async (tx): Promise<Signing> => {
    const log = await lockLog(tx)
    const { instance, size } = log
    if (instance === null || size === 0) return { state: 'nothing' }
    const origin = originOf(instance)
    const [newest] = await readCheckpoints(tx, 1)
    const standing = { size, signedSize: newest?.size ?? 0, signedAt: newest?.created_at ?? null }
    if (newest && (newest.size === size || !(always || isCheckpointDue(standing, now()))))
      return { state: 'unchanged', checkpoint: newest, origin }

    if (!config.vaultKey) return refuse(tx, log, 'no-key', NO_KEY)
    const key = log.key ?? (newest ? null : await newKey(tx, log, instance, config.vaultKey))
    const privateKey = key && openKey(config.vaultKey, log.instanceId, key)
    if (!privateKey) return refuse(tx, log, 'no-key', OTHER_KEY)
    const problem = await whyNot(tx, log, origin, key, newest)
    if (problem !== null) return refuse(tx, log, 'rewritten', problem)

    const root = new Frontier(size, log.peaks).root()
    const note = signCheckpoint({ origin, size, root }, origin, privateKey)
    const checkpoint = { size, root, note, created_at: now() }
    await insertCheckpoint(tx, checkpoint)
    if (log.problem !== null) await writeProblem(tx, null)
    return { state: 'signed', checkpoint, origin }
  })
}

/** Why the log does not go on from its newest checkpoint; null when it does. */
async function whyNot(
  tx: Tx,
  log: Log,
  origin: string,
  key: SealedKey,
  newest: StoredCheckpoint | undefined,
): Promise<string | null> {
  const { size } = log
  try {
    const kept = new Frontier(size, log.peaks).root()
    if (!kept.equals(await rootAt(tx, size))) return 'the nodes of the tree are not those that were appended'
    if (!newest) return null
    const signed = verifyCheckpoint(newest.note, origin, key.publicKey)
    if (signed.size !== newest.size || !newest.root.equals(signed.root))
      return `the checkpoint of ${newest.size} entries is not the one that was signed`
    if (signed.size > size) return `there are ${size} entries, and ${signed.size} were signed`
    const { proof } = await proveConsistency(tx, signed.size, size)
    return verifyConsistency(signed.size, size, signed.root, kept, proof)
      ? null
      : `the first ${signed.size} entries are not those that were signed`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function newKey(tx: Tx, { instanceId }: Log, instance: string, vaultKey: Buffer): Promise<SealedKey> {
  const key = makeKey(vaultKey, instanceId)
  await writeKey(tx, instance, key)
  return key
}

async function refuse(
  tx: Tx,
  log: Log,
  kind: 'no-key' | 'rewritten',
  problem: string,
): Promise<Signing & { state: 'refused' }> {
  if (log.problem !== problem) await writeProblem(tx, problem)
  return { state: 'refused', kind, problem }
}
