/** When a checkpoint is signed. */

/** As often as there is something new. */
export const CHECKPOINT_EVERY_MS = 60_000
/** Or earlier, when so many entries are new. */
export const CHECKPOINT_ENTRIES = 1_000

/**
 * @param signedAt  null: nothing was signed yet
 * @param size  entries now @param signedSize  entries that the newest checkpoint covers
 */
export function isCheckpointDue(
  { size, signedSize, signedAt }: { size: number; signedSize: number; signedAt: Date | null },
  now: Date,
): boolean {
  if (size === signedSize) return false
  if (signedAt === null || size - signedSize >= CHECKPOINT_ENTRIES) return true
  return now.getTime() - signedAt.getTime() >= CHECKPOINT_EVERY_MS
}

export const NO_KEY =
  'the audit log is not signed: set FULCRUM_VAULT_ENCRYPTION_KEY, which its private key is sealed with'
export const OTHER_KEY =
  'the audit log is not signed: FULCRUM_VAULT_ENCRYPTION_KEY is another key than the one that sealed its private key'
