/** What the walk over all operations works on: two whole federations that must not see each other, and how cases are written. */
import assert from 'node:assert/strict'
import type { Db } from '../platform/db.ts'
import { aFederation, type TestFederation } from './federation.ts'
import type { Caller, TestServer } from './test-server.ts'

/** `sibling`: another agent of the same provider. `other…`: of the second federation. */
export type Who =
  | 'admin'
  | 'provider'
  | 'consumer'
  | 'agent'
  | 'sibling'
  | 'otherProvider'
  | 'otherConsumer'
  | 'otherAgent'

export type Walk = {
  own: TestFederation
  callers: Readonly<Record<Who, Caller>>
  /** For what only time or a worker would bring about. */
  db: Db
  /** A name that nothing has yet. */
  unique(): string
  /** Creates something as an admin. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  make(path: string, body: unknown): Promise<any>
  /** The pending job of a new service, in a group of its own. */
  job(): Promise<string>
  /** A service whose create job is done. */
  running(): Promise<string>
}

export type Parts = {
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  body?: unknown
  bytes?: Uint8Array<ArrayBuffer>
}

export type OperationCase = {
  as: Who
  /** A call that succeeds, on something made for this call alone. */
  call(walk: Walk): Parts | Promise<Parts>
  /** To whom the same call is refused although their role may use the operation; a list shows them nothing of it. */
  foreign?: readonly Who[]
  /** What foreign callers get; 403 unless the contract says otherwise. */
  foreignStatus?: 403 | 404
  /** The operation makes what its id names, so that no id is missing. */
  makesItsId?: true
  /** Its id is somebody else's, of any form: one that is none to us is one that nothing has. */
  foreignIds?: true
  /** The list reads past filters that it does not have. */
  readsPastFilters?: true
  refusals?: Readonly<Record<string, { as?: Who; call(walk: Walk): Parts | Promise<Parts>; status: number }>>
}

export type Cases = Readonly<Record<string, OperationCase>>

let serial = 0

export async function aWalk(server: TestServer): Promise<Walk> {
  const own = await aFederation(server)
  const other = await aFederation(server)
  const sibling = await own.sibling('sibling')
  const make: Walk['make'] = async (path, body) => {
    const reply = await server.admin.post(path, body)
    assert.equal(reply.status, 201, `${path} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  // what the second federation has, so that its lists are not simply empty
  await other.order()
  return {
    own,
    db: server.platform.db,
    callers: {
      admin: server.admin,
      provider: own.provider.caller,
      consumer: own.consumer.caller,
      agent: own.agent.caller,
      sibling: sibling.caller,
      otherProvider: other.provider.caller,
      otherConsumer: other.consumer.caller,
      otherAgent: other.agent.caller,
    },
    unique: () => `walk_${serial++}`,
    make,
    job: async () => {
      const serviceId = await own.order({}, await own.group())
      return (await server.admin.get(`/jobs?serviceId=${serviceId}`)).body.items[0].id
    },
    running: async () => {
      const serviceId = await own.order({}, await own.group())
      await own.complete(serviceId)
      return serviceId
    },
  }
}
