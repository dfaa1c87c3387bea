/** Several ways to sign in as one. */
import { Refusal } from '../platform/errors.ts'
import type { Authenticate } from '../platform/identity.ts'

/**
 * Tries each in this order; the first that knows the bearer counts. One that cannot say now (Refusal) does not keep the next
 * from knowing it, but then nobody says that the bearer is unknown.
 */
export function firstOf(authenticators: readonly Authenticate[]): Authenticate {
  return async (bearer) => {
    let undecided: Refusal | undefined
    for (const authenticate of authenticators) {
      try {
        const identity = await authenticate(bearer)
        if (identity) return identity
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        undecided ??= error
      }
    }
    if (undecided) throw undecided
    return null
  }
}
