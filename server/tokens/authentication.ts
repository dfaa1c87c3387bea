/**
 * From a bearer value to an identity. Known tokens are remembered for a few seconds; a change of any token, participant or
 * agent in any process empties the memory.
 */
import type { Db } from '../platform/db.ts'
import { type Authenticate, IDENTITIES_SIGNAL, type Identity } from '../platform/identity.ts'
import type { Signals } from '../platform/signals.ts'
import { hashToken } from './token.ts'
import { findIdentity } from './token-store.ts'

/** The longest that a change in another process goes unnoticed when its signal was lost. */
const REMEMBER_MS = 5_000
/** More tokens in use within that time are looked up again. */
const MAX_REMEMBERED = 10_000

export function createAuthentication(deps: { db: Db; signals: Signals; now: () => Date }): Authenticate {
  const remembered = new Map<string, { identity: Identity; until: number }>()
  // a look-up that began before a change must not be remembered after it
  let generation = 0
  deps.signals.on(IDENTITIES_SIGNAL, () => {
    generation++
    remembered.clear()
  })

  return async (bearer) => {
    const hash = hashToken(bearer)
    const now = deps.now()
    const known = remembered.get(hash)
    if (known && known.until > now.getTime()) return known.identity

    const asOf = generation
    const found = await findIdentity(deps.db, hash, now)
    if (!found) return null
    if (asOf === generation) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      const until = Math.min(now.getTime() + REMEMBER_MS, found.expireAt.getTime())
      remembered.set(hash, { identity: found.identity, until })
    }
    return found.identity
  }
}
