/** Roots and proofs from the stored nodes. Nodes never change once they are written, so that nothing has to be locked. */
import { consistencyProof, inclusionProof } from '@fulcrum/sovereignty/audit'
import type { Db } from '../platform/db.ts'
import { readNodes } from './log-store.ts'
import { withSubtrees } from './tree.ts'

/** @param size  of a tree that is there; 0 has the root of the empty tree */
export function rootAt(db: Db, size: number): Promise<Buffer> {
  return withSubtrees(
    async (subtree) => Buffer.from(await subtree(0, size)),
    (places) => readNodes(db, places),
  )
}

/** @param index  below `size` */
export function proveInclusion(db: Db, index: number, size: number): Promise<{ root: Buffer; proof: Buffer[] }> {
  return withSubtrees(
    async (subtree) => ({
      root: Buffer.from(await subtree(0, size)),
      proof: await inclusionProof(index, size, subtree),
    }),
    (places) => readNodes(db, places),
  )
}

/** @param from  above 0, `to` at most */
export function proveConsistency(
  db: Db,
  from: number,
  to: number,
): Promise<{ fromRoot: Buffer; toRoot: Buffer; proof: Buffer[] }> {
  return withSubtrees(
    async (subtree) => ({
      fromRoot: Buffer.from(await subtree(0, from)),
      toRoot: Buffer.from(await subtree(0, to)),
      proof: await consistencyProof(from, to, subtree),
    }),
    (places) => readNodes(db, places),
  )
}
