/**
 * Who may do what: every operation as every caller on every kind of object, every id in a body, every filter of every list. What
 * is expected comes from what was measured on the Go control plane and from the contract's list of differences, not from the
 * access rules that the server works by.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { operations } from '@fulcrum/contract'
import { CALLER_NAMES, type CallerName, objectsOf } from './testing/authorization/expectations.ts'
import { Matrix } from './testing/authorization/matrix.ts'
import { type Rule, readRules } from './testing/authorization/rules.ts'
import { aWorld, type World } from './testing/authorization/world.ts'

const RULES = readRules()
const SERVED = operations.filter(({ access }) => access !== 'public')

let world: World
let matrix: Matrix
before(async () => {
  world = await aWorld()
  matrix = new Matrix(world)
})
after(() => world.stop())

const ruleOf = (id: string): Rule => {
  const rule = RULES.get(id)
  assert.ok(rule, `nothing says who may use ${id}: it was not measured, and there is no rule by hand`)
  return rule
}
const expectNone = (lines: readonly string[]) => assert.equal(lines.length, 0, `\n${lines.join('\n')}`)

test('something says of every operation who may use it, and of nothing else', () => {
  assert.deepEqual([...RULES.keys()].toSorted(), SERVED.map(({ id }) => id).toSorted())
})

describe('the matrix', () => {
  for (const operation of SERVED)
    test(`${operation.id} answers every caller, on every kind of object, as it must`, async () => {
      expectNone(await matrix.run(operation, ruleOf(operation.id)))
    })

  describe('while they are disabled', () => {
    const setStatus = async (path: string, status: string) =>
      assert.equal((await world.server.admin.patch(path, { status })).status, 200)
    const runAll = async (callers: readonly CallerName[]) => {
      const all = SERVED.map((operation) => ({ operation, rule: ruleOf(operation.id) }))
      expectNone(await matrix.runDisabled(all, callers))
    }
    before(async () => {
      for (const operation of SERVED) await matrix.prepare(operation, ruleOf(operation.id))
    })

    test('a consumer and an agent read themselves and nothing else', async () => {
      const { consumer, agent } = world.walks.third.own
      await setStatus(`/participants/${consumer.id}`, 'Disabled')
      await setStatus(`/agents/${agent.id}`, 'Disabled')
      await runAll(['disabledConsumer', 'disabledAgent'])
      const { status } = await world.walks.third.callers.agent.get(`/agents/${world.siblings.third}`)
      assert.equal(status, 403, 'another agent of the same provider')
      await setStatus(`/participants/${consumer.id}`, 'Enabled')
      await setStatus(`/agents/${agent.id}`, 'Connected')
    })

    test('a provider and its agents read themselves and nothing else', async () => {
      const { provider } = world.walks.third.own
      await setStatus(`/participants/${provider.id}`, 'Disabled')
      await runAll(['disabledProvider', 'agentOfDisabledProvider'])
      await setStatus(`/participants/${provider.id}`, 'Enabled')
    })
  })

  test('has called every cell: operations by their kinds of objects by callers', (t) => {
    const products = SERVED.map((operation) => objectsOf(operation, ruleOf(operation.id)).length * CALLER_NAMES.length)
    const expected = products.reduce((sum, product) => sum + product, 0)
    const { cells } = matrix
    const total = Object.values(cells).reduce((sum, count) => sum + count, 0)
    t.diagnostic(
      `${total} cells: ${SERVED.length} operations, ${CALLER_NAMES.length} callers; ${Object.entries(cells)
        .map(([object, count]) => `${count} ${object}`)
        .join(', ')}`,
    )
    assert.equal(total, expected)
  })
})

test('nobody was told anything of another federation, and no refusal told anything', async (t) => {
  const { first, second, third } = world.walks
  const owners = ({ own }: typeof first) => ({ providerId: own.provider.id, consumerId: own.consumer.id })
  const stray = await world.watch.strayIds(world.server.platform.db, {
    first: owners(first),
    second: owners(second),
    third: owners(third),
  })
  t.diagnostic(`${world.watch.answers} answers with ${world.watch.ids} different ids were looked at`)
  expectNone([...new Set([...world.watch.faults, ...stray])])
})
