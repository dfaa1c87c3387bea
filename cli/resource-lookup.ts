/** From what a person typed to a resource, its operations, and the one thing that a name means. */
import type { FulcrumClient } from '@fulcrum/client'
import type { ListOperation, Operation } from '@fulcrum/contract'
import { CliError, usage } from './errors.ts'
import { inline } from './output/format.ts'
import { RESOURCES, type Resource } from './resources.ts'
import type { Contract, Session } from './session.ts'

/** Anything the API answers with. */
export type Row = Readonly<Record<string, unknown>>

export type Operations = {
  list: ListOperation
  get?: Operation
  create?: Operation
  update?: Operation
  delete?: Operation
}

/**
 * Finds a resource by plural, singular or short name; `-` may be left out and letter case does not matter.
 *
 * @throws CliError (usage) with all names
 */
export function findResource(text: string): Resource {
  const wanted = squash(text)
  const found = RESOURCES.find((r) => [r.name, r.singular, ...r.short].some((known) => squash(known) === wanted))
  if (found !== undefined) return found
  throw usage(`There is no resource "${text}".`, RESOURCES.map(namesOf))
}

/** One line with all names of a resource, for help texts. */
export function namesOf(resource: Resource): string {
  return `${resource.name} (${[resource.singular, ...resource.short].join(', ')})`
}

export function operationsOf(contract: Contract, resource: Resource): Operations {
  // Every group of the contract is a record of operations; generic commands need no more of their types.
  const group = contract[resource.group] as Readonly<Record<string, Operation>>
  const { list, get, describe, create, update } = group
  if (list === undefined || !isList(list)) throw new Error(`${resource.name} cannot be listed`)
  const read = get ?? describe
  return {
    list,
    ...(read && { get: read }),
    ...(create && { create }),
    ...(update && { update }),
    ...(group.delete && { delete: group.delete }),
  }
}

/** Calls an operation that is only known while running: the parts are checked by the server. */
export async function callAny(
  client: FulcrumClient,
  operation: Operation,
  input: { params?: unknown; query?: unknown; body?: unknown },
): Promise<unknown> {
  return await client.call(operation, input)
}

/** Reads items of a list page by page until `limit`. `total` is what the server counts. */
export async function listRows(
  client: FulcrumClient,
  operation: ListOperation,
  query: Record<string, unknown>,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ rows: Row[]; total: number }> {
  const rows: Row[] = []
  const pageSize = Math.min(limit, 100)
  for (let page = 1; ; page++) {
    const input = { query: { ...query, page, pageSize } }
    // What a list answers is a Page; its items are looked into member by member only.
    const answer = (await callAny(client, operation, input)) as { items: Row[]; totalItems: number; hasNext: boolean }
    rows.push(...answer.items.slice(0, limit - rows.length))
    if (!answer.hasNext || rows.length >= limit) return { rows, total: answer.totalItems }
  }
}

/** Of more services with one name than these, the id has to be given. */
const MOST_MOVED = 20

export function isId(text: string): boolean {
  return /^(urn:uuid:)?\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(text)
}

/**
 * Turns an id or a name into an id. A service that still lives wins over ended ones of the same name.
 *
 * @throws CliError (notFound), (usage) with the candidates when several things have the name
 */
export async function resolveId(session: Session, resource: Resource, idOrName: string): Promise<string> {
  if (isId(idOrName)) return idOrName
  if (resource.nameFilters === undefined)
    throw usage(`${inArticle(resource.singular)} has no name: give its id.`, [`See: fulcrum get ${resource.name}`])
  const { list } = operationsOf(session.contract, resource)
  for (const filter of resource.nameFilters) {
    const { rows } = await listRows(session.client, list, { [filter]: idOrName })
    const named = pick(rows, filter, idOrName)
    const only = unique(await withoutMoved(session, resource, named), idOrName, resource)
    if (only !== undefined) return only
  }
  throw new CliError('notFound', `There is no ${resource.singular} "${idOrName}" among those you may see.`, [
    `See: fulcrum get ${resource.name}; an id always works.`,
  ])
}

/** The filter of a list finds parts of names too; here only the whole name counts, in any letter case when that is clear. */
function pick(rows: readonly Row[], member: string, name: string): readonly Row[] {
  const folded = name.toLowerCase()
  const exact = rows.filter((row) => row[member] === name)
  const loose = rows.filter((row) => typeof row[member] === 'string' && row[member].toLowerCase() === folded)
  const named = exact.length > 0 ? exact : loose
  const living = named.filter((row) => !hasEnded(row))
  return living.length > 0 ? living : named
}

/**
 * A service that moves, or is rehearsed to, is there twice under its name: only the one that counts is meant. The other one is
 * reached by its id.
 */
async function withoutMoved(session: Session, resource: Resource, rows: readonly Row[]): Promise<readonly Row[]> {
  if (resource.name !== 'services' || rows.length < 2 || rows.length > MOST_MOVED) return rows
  const { client, contract } = session
  const { NotFoundError } = await import('@fulcrum/client')
  const asked = async ({ id }: Row): Promise<Row[]> => {
    const found = await Promise.all([
      listRows(client, contract.migrations.list, { serviceId: id }),
      listRows(client, contract.migrations.list, { targetServiceId: id }),
      listRows(client, contract.drills.list, { serviceId: id, outcome: 'running' }),
    ])
    return found.flatMap(({ rows: moves }) => moves)
  }
  try {
    const moves = (await Promise.all(rows.map(asked))).flat()
    const others = moves.flatMap((move) =>
      [move.serviceId, move.targetServiceId].filter((id) => id !== (move.primaryServiceId ?? move.serviceId)),
    )
    const counting = rows.filter(({ id }) => !others.includes(id))
    return counting.length > 0 ? counting : rows
  } catch (error) {
    // a server that moves nothing
    if (error instanceof NotFoundError) return rows
    throw error
  }
}

/** @throws CliError (usage) with the candidates */
function unique(candidates: readonly Row[], name: string, resource: Resource): string | undefined {
  if (candidates.length > 1)
    throw usage(
      `"${name}" names ${candidates.length} ${resource.name}; give the id of one.`,
      candidates.slice(0, 20).map((row) => `${inline(row.id)}  ${describeCandidate(row, resource)}`),
    )
  const id = candidates[0]?.id
  return typeof id === 'string' ? id : undefined
}

function describeCandidate(row: Row, resource: Resource): string {
  return resource.columns
    .filter((column) => column.kind === undefined && column.wide === undefined && column.title !== 'ID')
    .map((column) => inline(valueAt(row, column.path)))
    .filter((text) => text !== '')
    .join('  ')
}

/** The value at `a.b|c`: of the alternatives the first that is there. */
export function valueAt(row: Row, path: string): unknown {
  for (const alternative of path.split('|')) {
    let value: unknown = row
    for (const member of alternative.split('.')) value = isRow(value) ? value[member] : undefined
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasEnded(row: Row): boolean {
  const terminal = valueAt(row, 'serviceType.lifecycleSchema.terminalStates')
  return Array.isArray(terminal) && terminal.includes(row.status)
}

function isList(operation: Operation): operation is ListOperation {
  return 'item' in operation && 'filters' in operation
}

function squash(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, '')
}

function inArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? `An ${noun}` : `A ${noun}`
}
