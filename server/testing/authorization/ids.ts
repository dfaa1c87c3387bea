/** Puts ids into calls that succeed otherwise, and looks at the answer and at what has changed. */
import assert from 'node:assert/strict'
import type { Operation } from '@fulcrum/contract'
import { CASES } from '../cases.ts'
import type { Parts, Walk } from '../walk.ts'
import { ID_CASES, type IdCase, NO_IDS, type Probe, type Stock } from './id-cases.ts'
import { membersOf } from './members.ts'
import { changed } from './watch.ts'
import type { World } from './world.ts'

/** Cases of this operation, by member. A name may stand behind the member where there are several. */
export function idCasesOf({ id }: Operation): [member: string, one: IdCase, name: string][] {
  return Object.entries(ID_CASES).flatMap(([name, one]) => {
    const [operation, member = ''] = name.split(' ')
    return operation === id ? [[member, one, name]] : []
  })
}

/** @returns the members of an operation that may hold ids and that neither a case covers nor a reason excuses */
export function uncovered(operation: Operation): string[] {
  const covered = new Set(idCasesOf(operation).map(([member]) => member))
  return membersOf(operation)
    .map(({ path }) => path)
    .filter(
      (path) => !covered.has(path) && !Object.keys(NO_IDS).some((end) => path === end || path.endsWith(`.${end}`)),
    )
}

/** Cases that are for nothing that there is. */
export function idleCases(operations: readonly Operation[]): string[] {
  return Object.keys(ID_CASES).filter((name) => {
    const [id, member = ''] = name.split(' ')
    const operation = operations.find((one) => one.id === id)
    return !operation || !membersOf(operation).some(({ path }) => path === member)
  })
}

/** @returns one line for each deviation, and how many calls were made */
export async function tryIds(
  world: World,
  stock: Stock,
  operation: Operation,
  [member, one, name]: [string, IdCase, string],
): Promise<{ deviations: string[]; calls: number }> {
  const deviations: string[] = []
  let calls = 0
  for (const [kind, probes] of Object.entries(one))
    for (const probe of probesOf(probes)) {
      calls++
      const parts = withId(await baseOf(name, operation, stock), member, await probe.value(stock))
      const before = await world.fingerprint()
      const answer = await world.send(operation, probe.as, parts)
      const lines = probe.status < 400 ? [] : changed(before, await world.fingerprint())
      const here = `${name}, ${kind}, as ${probe.as}`
      if (answer.status !== probe.status)
        deviations.push(`${here}: ${answer.status} instead of ${probe.status} ${answer.text.trim().slice(0, 200)}`)
      deviations.push(...lines.map((line) => `${here}: a refused call has changed ${line}`))
    }
  return { deviations, calls }
}

function probesOf(kind: IdCase[keyof IdCase]): readonly Probe[] {
  if ('not' in kind) return []
  return 'status' in kind ? [kind] : kind
}

const userOfRole =
  (role: string) =>
  (parts: Parts, { unique }: Walk) => {
    const username = unique()
    return { ...parts, body: { ...bodyOf(parts), username, email: `${username}@fulcrum.example`, role } }
  }

/** Where a call has to be another than the case of the walk for the id to matter. */
const BASES: Readonly<Record<string, (parts: Parts, walk: Walk, stock: Stock) => Parts | Promise<Parts>>> = {
  'tokens.create body.scopeId of an agent': (parts) => ({ ...parts, body: { ...bodyOf(parts), role: 'agent' } }),
  'agents.update body.servicePoolSetId': (parts) => ({ ...parts, body: {} }),
  'agentTypes.update body.serviceTypeIds[]': (parts) => ({ ...parts, body: {} }),
  'services.create body.properties': (_parts, _walk, { references }) => ({ body: references.own.order() }),
  'services.update body.properties': async (_parts, { make, own }, { references }) => {
    const { id } = await make('/services', { ...references.own.order(), groupId: await own.group() })
    await own.complete(id)
    return { params: { id }, body: {} }
  },
  'jobs.complete body.properties': async (_parts, { make, own, callers }, { references }) => {
    const { id: serviceId } = await make('/services', { ...references.own.order(), groupId: await own.group() })
    const { body: jobs } = await callers.admin.get(`/jobs?serviceId=${serviceId}`)
    const { id } = jobs.items[0]
    assert.equal((await callers.agent.post(`/jobs/${id}/claim`)).status, 204)
    return { params: { id }, body: {} }
  },
  'vaultSchedules.create body.groupId': (parts) => ({ body: { ...bodyOf(parts), serviceId: null } }),
  'vaultSchedules.create body.consumerId': (parts) => ({ body: { ...bodyOf(parts), serviceId: null } }),
  'metricEntries.create body.agentInstanceId': (parts) => ({ body: { ...bodyOf(parts), serviceId: null } }),
  'metricEntries.createBatch body.entries[].agentInstanceId': (parts) => {
    const [entry] = entriesOf(parts)
    return { body: { entries: [entry, { ...entry, serviceId: null }] } }
  },
  'keycloakUsers.create body.participantId': userOfRole('participant'),
  'keycloakUsers.create body.agentId': userOfRole('agent'),
  'keycloakUsers.update body.participantId': (parts) => ({ ...parts, body: { role: 'participant' } }),
  'keycloakUsers.update body.agentId': (parts) => ({ ...parts, body: { role: 'agent' } }),
}

async function baseOf(name: string, { id }: Operation, stock: Stock): Promise<Parts> {
  const row = CASES[id]
  assert.ok(row, `${id} has no case`)
  const parts = await row.call(stock.own)
  const change = BASES[name]
  return change ? await change(parts, stock.own, stock) : parts
}

function bodyOf({ body }: Parts): Record<string, unknown> {
  assert.ok(body !== null && typeof body === 'object')
  return { ...body }
}

function entriesOf(parts: Parts): Record<string, unknown>[] {
  const { entries } = bodyOf(parts)
  assert.ok(Array.isArray(entries))
  return entries
}

function firstOf(parts: Parts, list: string): Record<string, unknown> {
  const entries = bodyOf(parts)[list]
  assert.ok(Array.isArray(entries))
  return { ...entries[0] }
}

/** Sets one member. Of entries the first stays good, so that half of the work could be done. */
function withId(parts: Parts, path: string, value: unknown): Parts {
  const [where = '', name = '', inner] = path.split('.')
  if (where === 'params') return { ...parts, params: { ...parts.params, [name]: String(value) } }
  if (where === 'query') return { ...parts, query: { ...parts.query, [name]: String(value) } }
  if (inner !== undefined) {
    const list = name.replace('[]', '')
    const object = bodyOf(parts)[list]
    if (list === name && object !== null && typeof object === 'object') {
      const [member, held] = inner.endsWith('[]') ? [inner.slice(0, -2), [value]] : [inner, value]
      return { ...parts, body: { ...bodyOf(parts), [list]: { ...object, [member]: held } } }
    }
    if (list !== 'entries')
      return { ...parts, body: { ...bodyOf(parts), [list]: [{ ...firstOf(parts, list), [inner]: value }] } }
    const [first, second = first] = entriesOf(parts)
    return { ...parts, body: { entries: [first, { ...second, [inner]: value }] } }
  }
  const member = name.replace('[]', '')
  return { ...parts, body: { ...bodyOf(parts), [member]: name.endsWith('[]') ? [value] : value } }
}
