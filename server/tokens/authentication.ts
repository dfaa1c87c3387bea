/** From an API token to an identity. */
import type { Db } from '../platform/db.ts'
import type { Authenticate } from '../platform/identity.ts'
import type { Signals } from '../platform/signals.ts'
import { rememberIdentities } from './identity-memory.ts'
import { findIdentity } from './token-store.ts'

export function createAuthentication(deps: { db: Db; signals: Signals; now: () => Date }): Authenticate {
  return rememberIdentities(deps, (_bearer, hash, now) => findIdentity(deps.db, hash, now))
}
