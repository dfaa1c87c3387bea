/**
 * Remembers for a few seconds who is behind a bearer value, so that not every request asks again. A change of any token,
 * participant or agent in any process empties the memory.
 */
import { type Authenticate, IDENTITIES_SIGNAL, type Identity } from '../platform/identity.ts'
import type { Signals } from '../platform/signals.ts'
import { hashToken } from './token.ts'

/** The longest that a change in another process goes unnoticed when its signal was lost. */
const REMEMBER_MS = 5_000
/** More bearer values in use within that time are looked up again. */
const MAX_REMEMBERED = 10_000

export type Found = { identity: Identity; expireAt: Date }

/** @param find  asked for what is not remembered, with the value's hash; null: nobody, which is not remembered */
export function rememberIdentities(
  { signals, now }: { signals: Signals; now: () => Date },
  find: (bearer: string, hash: string, now: Date) => Promise<Found | null>,
): Authenticate {
  const remembered = new Map<string, { identity: Identity; until: number }>()
  // a look-up that began before a change must not be remembered after it
  let generation = 0
  signals.on(IDENTITIES_SIGNAL, () => {
    generation++
    remembered.clear()
  })

  return async (bearer) => {
    const hash = hashToken(bearer)
    const time = now()
    const known = remembered.get(hash)
    if (known && known.until > time.getTime()) return known.identity

    const asOf = generation
    const found = await find(bearer, hash, time)
    if (!found) return null
    if (asOf === generation) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      const until = Math.min(time.getTime() + REMEMBER_MS, found.expireAt.getTime())
      remembered.set(hash, { identity: found.identity, until })
    }
    return found.identity
  }
}
