/** Who may read what is not a matter of owners alone: published things are everybody's, the rest is its owner's. */
import { isNarrowed } from '../platform/access.ts'
import type { Identity } from '../platform/identity.ts'

/** The participant that nobody is: whose things are nothing. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

/** An admin of the whole federation; one that is narrowed to a participant reads what that participant reads. */
export function seesEverything(identity: Identity): boolean {
  return identity.role === 'admin' && !isNarrowed(identity)
}
