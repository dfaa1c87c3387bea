/**
 * The matrix itself: every operation, as every caller, on its own object, on a foreign one, on nobody's and on one that there is
 * not. Calls that must be refused share one object and are made together, and the database must be as it was; each call that must
 * succeed gets an object of its own.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Operation } from '@fulcrum/contract'
import { CASES } from '../cases.ts'
import type { Parts, Walk } from '../walk.ts'
import {
  CALLER_NAMES,
  type CallerName,
  describeCaller,
  expectedStatus,
  type ObjectKind,
  objectsOf,
  type Side,
} from './expectations.ts'
import { strayRelations } from './relations.ts'
import type { Rule } from './rules.ts'
import { changed } from './watch.ts'
import { type Answer, anInstallation, type World } from './world.ts'

/** A call on something, and the bearers that belong to just this something. */
type Target = { parts: Parts; tokens?: Partial<Record<CallerName, string>> }

/** Where the case of the walk is about another agent than the one that calls. */
const OF_THE_CALLER: Readonly<Record<string, (walk: Walk) => Target | Promise<Target>>> = {
  'agents.get': ({ own }) => ({ parts: { params: { id: own.agent.id } } }),
  'agents.installConfig': async (walk) => {
    const { agentToken: agent, installToken: token } = await anInstallation(walk)
    return { parts: { params: { token } }, tokens: { agent, otherAgent: agent, installer: token } }
  },
}

const GLOBAL_POOL = { propertyType: 'string', generatorType: 'list' }
const globalPool = ({ make, unique }: Walk) => make('/config-pools', { ...GLOBAL_POOL, name: unique(), type: unique() })
const byId = async ({ id }: { id: string }, body?: unknown): Promise<Parts> => ({
  params: { id },
  ...(body !== undefined && { body }),
})

/** The same operations on things of nobody. */
export const OF_NOBODY: Readonly<Record<string, (walk: Walk) => Promise<Parts>>> = Object.fromEntries([
  ...(['get', 'update', 'delete', 'regenerate'] as const).map((name) => [
    `tokens.${name}`,
    async ({ make, unique }: Walk) =>
      byId(await make('/tokens', { name: unique(), role: 'admin' }), name === 'update' ? { name: 'mine' } : undefined),
  ]),
  ['configPools.create', async ({ unique }: Walk) => ({ body: { ...GLOBAL_POOL, name: unique(), type: unique() } })],
  ['configPools.get', async (walk: Walk) => byId(await globalPool(walk))],
  ['configPools.update', async (walk: Walk) => byId(await globalPool(walk), { name: 'mine' })],
  ['configPools.delete', async (walk: Walk) => byId(await globalPool(walk))],
  [
    'configPoolValues.create',
    async (walk: Walk) => ({ body: { configPoolId: (await globalPool(walk)).id, name: walk.unique(), value: 'v' } }),
  ],
  ...(['get', 'delete'] as const).map((name) => [
    `configPoolValues.${name}`,
    async (walk: Walk) => {
      const { id: configPoolId } = await globalPool(walk)
      return byId(await walk.make('/config-pool-values', { configPoolId, name: walk.unique(), value: 'v' }))
    },
  ]),
])

export class Matrix {
  readonly #world: World
  /** What is there for refused callers, by operation, kind of object and side. */
  readonly #targets = new Map<string, Promise<Target>>()
  /** How many cells were called, by kind of object. */
  readonly cells: Record<ObjectKind, number> = { own: 0, foreign: 0, ownerless: 0, missing: 0, none: 0 }

  constructor(world: World) {
    this.#world = world
  }

  /** Calls an operation as every caller that is not disabled. @returns one line for each deviation */
  async run(operation: Operation, rule: Rule): Promise<string[]> {
    const cells = objectsOf(operation, rule).flatMap((object) =>
      CALLER_NAMES.filter((name) => !describeCaller(name).disabled).map((caller) => ({ caller, object })),
    )
    const [refused, allowed] = partition(
      cells,
      ({ caller, object }) => expectedStatus(operation.id, rule, caller, object) >= 400,
    )
    for (const { caller, object } of refused) await this.#target(operation, object, sideOf(caller, object))
    const deviations = await this.#unchanged(async () =>
      (await Promise.all(refused.map((cell) => this.#call(operation, rule, cell, false)))).flat(),
    )
    for (const cell of allowed)
      deviations.push(...(await this.#call(operation, rule, cell, operation.method !== 'GET')))
    return deviations
  }

  /** Calls everything as callers that are disabled now; `prepare` must have been called for each operation before. */
  async runDisabled(
    all: readonly { operation: Operation; rule: Rule }[],
    callers: readonly CallerName[],
  ): Promise<string[]> {
    return this.#unchanged(async () => {
      const deviations: string[] = []
      for (const { operation, rule } of all) {
        const cells = objectsOf(operation, rule).flatMap((object) => callers.map((caller) => ({ caller, object })))
        const lines = await Promise.all(cells.map((cell) => this.#call(operation, rule, cell, false)))
        deviations.push(...lines.flat().map((line) => `${operation.id}: ${line}`))
      }
      return deviations
    })
  }

  /** Makes what disabled callers are to call on, while it can be made. */
  async prepare(operation: Operation, rule: Rule): Promise<void> {
    for (const object of objectsOf(operation, rule))
      await this.#target(operation, object, sideOf('disabledAgent', object))
  }

  async #unchanged(run: () => Promise<string[]>): Promise<string[]> {
    const before = await this.#world.fingerprint()
    const deviations = await run()
    const lines = changed(before, await this.#world.fingerprint())
    return [...deviations, ...lines.map((line) => `a refused call has changed ${line}`)]
  }

  async #call(
    operation: Operation,
    rule: Rule,
    { caller, object }: { caller: CallerName; object: ObjectKind },
    fresh: boolean,
  ): Promise<string[]> {
    const side = sideOf(caller, object)
    const { parts, tokens } = fresh
      ? await this.#make(operation, object, side)
      : await this.#target(operation, object, side)
    this.cells[object]++
    const answer = await this.#world.send(operation, caller, parts, object === 'own' ? tokens?.[caller] : undefined)
    return this.#faults(operation, rule, caller, object, answer)
  }

  #faults({ id }: Operation, rule: Rule, caller: CallerName, object: ObjectKind, answer: Answer): string[] {
    const cell = `${caller}, ${object === 'none' ? 'no object' : `${object} object`}`
    const expected = expectedStatus(id, rule, caller, object)
    if (answer.status !== expected)
      return [`${cell}: ${answer.status} instead of ${expected} ${answer.text.trim().slice(0, 200)}`]
    const reader = this.#world.identities[caller]
    if (answer.status >= 300 || !reader) return []
    return strayRelations(answer.body, reader).map((stray) => `${cell}: ${stray}`)
  }

  #target(operation: Operation, object: ObjectKind, side: Side): Promise<Target> {
    const key = `${operation.id} ${object} ${side}`
    const known = this.#targets.get(key) ?? this.#make(operation, object, side)
    this.#targets.set(key, known)
    return known
  }

  async #make({ id, path }: Operation, object: ObjectKind, side: Side): Promise<Target> {
    const walk = this.#world.walks[side]
    if (object === 'ownerless') {
      const make = OF_NOBODY[id]
      assert.ok(make, `${id} has no case for what belongs to nobody`)
      return { parts: await make(walk) }
    }
    const made = OF_THE_CALLER[id]
    const row = CASES[id]
    assert.ok(row, `${id} has no case`)
    const target = made ? await made(walk) : { parts: await row.call(walk) }
    if (object !== 'missing') return target
    const [named = ''] = /(?<=\{)\w+/.exec(path) ?? []
    return { parts: { ...target.parts, params: { ...target.parts.params, [named]: randomUUID() } } }
  }
}

/** Whose things a cell is about. */
function sideOf(caller: CallerName, object: ObjectKind): Side {
  const { side = 'first' } = describeCaller(caller)
  if (object !== 'foreign') return side
  return side === 'first' ? 'second' : 'first'
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
