/** HTTP for the audit log: the key, checkpoints, entries, proofs, erasures. */
import { type AuditKey, audit } from '@fulcrum/contract'
import { keyId } from '@fulcrum/sovereignty/audit'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput, notFound, Refusal } from '../platform/errors.ts'
import { settleAudit } from './append-workflow.ts'
import { NO_KEY } from './checkpoint.ts'
import { checkpointToWire, readCheckpoints } from './checkpoint-store.ts'
import { findEntry, readRecords } from './entry-store.ts'
import { erase } from './erasure-workflow.ts'
import { originOf } from './instance.ts'
import { type Log, readLog } from './log-store.ts'
import { proveConsistency, proveInclusion } from './proof-store.ts'
import { numberIn } from './query.ts'
import { signLog } from './sign-workflow.ts'

const NOTHING_SIGNED = 'nothing is signed yet; the first checkpoint comes soon after the first event'
const hex = (bytes: Buffer) => bytes.toString('hex')

export function auditRoutes(api: Api, platform: Platform): void {
  const { db, config } = platform

  const newest = async () => {
    const [[checkpoint], log] = await Promise.all([readCheckpoints(db, 1), readLog(db)])
    if (!checkpoint || log.instance === null)
      throw new Refusal('not-found', log.problem ?? (config.vaultKey ? NOTHING_SIGNED : NO_KEY))
    return { checkpoint, origin: originOf(log.instance), problem: log.problem }
  }

  api.handle(audit.key, async () => keyOf(await readLog(db), config.vaultKey !== null))

  api.handle(audit.checkpoint, async () => {
    const { checkpoint, origin, problem } = await newest()
    return checkpointToWire(checkpoint, origin, problem)
  })

  api.handle(audit.checkpoints, async ({ query }) => {
    const before = numberIn(query, 'before', { min: 1 })
    const limit = numberIn(query, 'limit', { min: 1, max: 100 }) ?? 20
    const [found, { instance }] = await Promise.all([readCheckpoints(db, limit, before), readLog(db)])
    return { items: found.map((one) => checkpointToWire(one, originOf(instance ?? ''))) }
  })

  api.handle(audit.sign, async ({ authorize }) => {
    authorize({})
    await settleAudit(platform)
    const signing = await signLog(platform, true)
    if (signing.state === 'nothing') throw new Refusal('not-found', NOTHING_SIGNED)
    if (signing.state === 'refused')
      throw signing.kind === 'rewritten' ? conflict(signing.problem) : new Refusal('not-found', signing.problem)
    return checkpointToWire(signing.checkpoint, signing.origin)
  })

  api.handle(audit.entries, async ({ query, scope }) => {
    const from = numberIn(query, 'from', { min: 1 }) ?? 1
    const to = numberIn(query, 'to', { min: 1 })
    const limit = numberIn(query, 'limit', { min: 1, max: 1_000 }) ?? 100
    await settleAudit(platform)
    const { items, next } = await readRecords(db, { from, to, limit }, scope)
    const { size } = await readLog(db)
    return { items, size, ...(next !== null && { next }) }
  })

  api.handle(audit.inclusion, async ({ query, authorize }) => {
    const seq = numberIn(query, 'seq', { min: 1 })
    if (seq === null) throw invalidInput('seq is required')
    await settleAudit(platform)
    const found = await findEntry(db, seq)
    if (!found) throw notFound('audit entry', String(seq))
    authorize(found)
    const { index, entry, leaf } = found
    const [{ size: whole }, [checkpoint]] = await Promise.all([readLog(db), readCheckpoints(db, 1)])
    const standard = checkpoint && checkpoint.size > index ? checkpoint.size : whole
    const size = numberIn(query, 'size', { min: 1 }) ?? standard
    if (size <= index || size > whole)
      throw invalidInput(`size must be ${index + 1} to ${whole}: the entry is number ${index + 1} of ${whole}`)
    const { root, proof } = await proveInclusion(db, index, size)
    return { seq, index, size, entry, leaf: hex(leaf), root: hex(root), proof: proof.map(hex) }
  })

  api.handle(audit.consistency, async ({ query }) => {
    const from = numberIn(query, 'from', { min: 1 })
    if (from === null) throw invalidInput('from is required')
    const to = numberIn(query, 'to', { min: 1 }) ?? (await newest()).checkpoint.size
    const { size } = await readLog(db)
    if (to > size || from > to) throw invalidInput(`from must be 1 to ${Math.min(to, size)}, and to ${size} at most`)
    const { fromRoot, toRoot, proof } = await proveConsistency(db, from, to)
    return { from, to, fromRoot: hex(fromRoot), toRoot: hex(toRoot), proof: proof.map(hex) }
  })

  api.handle(audit.erase, async ({ body, authorize, command }) => {
    authorize({})
    return { erased: await erase(platform, command, body) }
  })
}

function keyOf({ instance, key }: Log, canSign: boolean): AuditKey {
  if (!key || instance === null) throw new Refusal('not-found', canSign ? NOTHING_SIGNED : NO_KEY)
  const origin = originOf(instance)
  return {
    instance,
    origin,
    algorithm: 'ed25519',
    publicKey: key.publicKey.toString('base64'),
    keyId: hex(keyId(origin, key.publicKey)),
  }
}
