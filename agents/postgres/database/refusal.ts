/** What the database operations refuse. Everything else that they throw is a failure of the server, the network or this code. */

import pg from 'pg'

/**
 * `invalid`: the input is wrong and repeating cannot help. `conflict`: the server's state forbids it (a foreign
 * database has the name, objects depend on an extension). `not-found`: the service has no database here.
 * `unsupported`: this server, its settings or the admin's rights cannot do it.
 */
export type RefusalKind = 'invalid' | 'conflict' | 'not-found' | 'unsupported'

export class DatabaseRefusal extends Error {
  readonly kind: RefusalKind

  /** `message` may be shown to the tenant: it never contains a password or another tenant's data. */
  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseRefusal'
    this.kind = kind
  }
}

/** For `catch`: what PostgreSQL said about the input is a refusal, everything else stays what it is. */
export function refusing(what: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof pg.DatabaseError)) throw error
    throw new DatabaseRefusal('invalid', `${what}: ${error.message}`, { cause: error })
  }
}
