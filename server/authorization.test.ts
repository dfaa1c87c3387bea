/**
 * Who may do what: every operation as every caller on every kind of object, every id in a body, every filter of every list. What
 * is expected comes from what was measured on the Go control plane and from the contract's list of differences, not from the
 * access rules that the server works by.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type ListOperation, type Operation, operations } from '@fulcrum/contract'
import { CALLER_NAMES, type CallerName, objectsOf } from './testing/authorization/expectations.ts'
import type { Stock } from './testing/authorization/id-cases.ts'
import { idCasesOf, idleCases, tryIds, uncovered } from './testing/authorization/ids.ts'
import { Lists } from './testing/authorization/lists.ts'
import { Matrix } from './testing/authorization/matrix.ts'
import { authorizationPage } from './testing/authorization/page.ts'
import { sharedReferences } from './testing/authorization/references.ts'
import { type Rule, readRules } from './testing/authorization/rules.ts'
import { seed } from './testing/authorization/seed.ts'
import { changed } from './testing/authorization/watch.ts'
import { aWorld, type World } from './testing/authorization/world.ts'
import { CASES } from './testing/cases.ts'
import type { Caller } from './testing/test-server.ts'

const RULES = readRules()
const SERVED = operations.filter(({ access }) => access !== 'public')
const isList = (operation: Operation): operation is ListOperation => 'item' in operation
const LISTS = SERVED.filter(isList)

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
const MOST_LINES = 40
const expectNone = (lines: readonly string[]) => {
  const more = lines.length > MOST_LINES ? `\nand ${lines.length - MOST_LINES} more` : ''
  assert.equal(lines.length, 0, `\n${lines.slice(0, MOST_LINES).join('\n')}${more}`)
}

test('something says of every operation who may use it, and of nothing else', () => {
  assert.deepEqual([...RULES.keys()].toSorted(), SERVED.map(({ id }) => id).toSorted())
})

test('the page about authorization is the one that the contract makes', () => {
  const page = readFileSync(new URL('../docs/reference/authorization.md', import.meta.url), 'utf8')
  assert.equal(page, authorizationPage(), 'node server/testing/authorization/page.ts > docs/reference/authorization.md')
})

describe('a list', () => {
  let lists: Lists
  before(async () => {
    await seed(world)
    lists = new Lists(world, LISTS)
  })

  for (const operation of LISTS)
    test(`${operation.id} shows and counts what is the caller's own, however it is filtered`, async () => {
      expectNone(await lists.run(operation, ruleOf(operation.id)))
    })

  test('was asked in many ways', (t) => {
    t.diagnostic(`${lists.questions} questions to ${LISTS.length} lists`)
    assert.ok(lists.questions > 1_000)
  })
})

describe('an id in a request', () => {
  let stock: Stock
  let calls = 0
  before(async () => {
    const { first: own, second: other } = world.walks
    stock = { own, other, references: await sharedReferences(own, other) }
  })

  test('is covered by a case, whatever member it stands in', () => {
    const missing = SERVED.flatMap((operation) => uncovered(operation).map((path) => `${operation.id} ${path}`))
    expectNone([...missing, ...idleCases(SERVED).map((name) => `${name}: there is no such member`)])
  })

  for (const operation of SERVED.filter((one) => idCasesOf(one).length > 0))
    test(`of ${operation.id} is the caller's own, or the call is refused and changes nothing`, async () => {
      const deviations: string[] = []
      for (const one of idCasesOf(operation)) {
        const tried = await tryIds(world, stock, operation, one)
        deviations.push(...tried.deviations)
        calls += tried.calls
      }
      expectNone(deviations)
    })

  test('of a secret opens nothing in the hands of others, wherever they write it', async () => {
    const { secret, order } = stock.references.own
    const stolen = stock.references.other.secret
    const { admin, agent, consumer, provider } = stock.own.callers
    const opens = async (value: string) =>
      (await agent.get(`/vault/secrets/${value.replace('vault://', '')}`)).status === 200
    assert.equal(await opens(secret), true)

    const direct = await consumer.post('/services', { ...order(), properties: { secret: stolen } })
    assert.equal(direct.status, 400, 'in place of a secret')
    const { status, body: service } = await consumer.post('/services', { ...order(), properties: { text: stolen } })
    assert.equal(status, 201, JSON.stringify(service))
    const { agent: self } = stock.own.own
    assert.equal((await provider.patch(`/agents/${self.id}`, { configuration: { url: stolen } })).status, 200)
    await stock.own.own.complete(service.id, { agentInstanceData: { found: stolen } })

    // the text is declared a secret only now
    const typePath = `/service-types/${service.serviceTypeId}`
    const { propertySchema } = (await admin.get(typePath)).body
    propertySchema.properties.text = propertySchema.properties.secret
    assert.equal((await admin.patch(typePath, { propertySchema })).status, 200)
    const revealed = await consumer.post(`/services/${service.id}/reveal`)
    assert.deepEqual([revealed.status, revealed.body], [200, { secrets: {} }])
    assert.equal(await opens(stolen), false)
  })

  test('was tried in many calls', (t) => {
    t.diagnostic(`${calls} calls with ids`)
    assert.ok(calls > 100)
  })
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

describe('beside the matrix', () => {
  test('health is answered to everybody, with any token and with none', async () => {
    const open = operations.filter(({ access }) => access === 'public')
    assert.deepEqual(
      open.map(({ id }) => id),
      ['health.live', 'health.ready'],
    )
    for (const operation of open)
      for (const caller of CALLER_NAMES) assert.equal((await world.send(operation, caller, {})).status, 200, caller)
  })

  test('an agent is offered jobs of its own services only, however many it asks for and however long it waits', async () => {
    const { first, second } = world.walks
    await first.job()
    await second.job()
    for (const [caller, agentId] of [
      [first.callers.agent, first.own.agent.id],
      [first.callers.sibling, world.siblings.first],
      [second.callers.agent, second.own.agent.id],
    ] as const)
      for (const query of ['', '?limit=1000', '?limit=1000&wait=1', `?agentId=${second.own.agent.id}`]) {
        const { status, body } = await caller.get(`/jobs/pending${query}`)
        assert.equal(status, 200)
        assert.deepEqual(
          body.filter((job: { agentId: string }) => job.agentId !== agentId),
          [],
        )
        if (caller !== first.callers.sibling) assert.notEqual(body.length, 0)
      }
  })

  test('a series is empty for who may not see the service, and nobody can tell it from one that there is not', async () => {
    const { first, second } = world.walks
    const parts = await CASES['metricEntries.aggregate']?.call(first)
    assert.ok(parts)
    const { serviceId, resourceId, typeId } = parts.params ?? {}
    const ask = async (caller: Caller, id = serviceId) => {
      const range = 'start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z'
      const now = await caller.get(`/metric-entries/aggregate/${id}/${resourceId}/${typeId}`)
      const { body } = await caller.get(`/metric-entries/aggregate/${id}/${resourceId}/${typeId}?${range}`)
      return { count: now.body.data.length, empty: body }
    }
    for (const caller of [first.callers.admin, first.callers.provider, first.callers.consumer])
      assert.equal((await ask(caller)).count, 1)
    for (const caller of [second.callers.provider, second.callers.consumer]) {
      assert.equal((await ask(caller)).count, 0)
      assert.deepEqual(await ask(caller), await ask(caller, randomUUID()))
    }
  })

  test('an artifact is written on by nobody but its agent and its consumer', async () => {
    const { first, second } = world.walks
    const upload = operations.find(({ id }) => id === 'artifacts.upload')
    const parts = await CASES['artifacts.upload']?.call(first)
    assert.ok(upload && parts)
    const begun = { ...parts, query: { ...parts.query, complete: 'false' } }
    assert.equal((await world.send(upload, 'agent', begun)).status, 200)
    const more = { ...begun, query: { offset: '100' } }
    const ofItsOwn = { ...begun, query: { ...begun.query, serviceId: await second.own.order(), offset: '100' } }
    const before = await world.fingerprint()
    for (const caller of ['provider', 'sibling', 'otherProvider', 'otherConsumer', 'otherAgent'] as const)
      assert.equal((await world.send(upload, caller, more)).status, 403, caller)
    assert.equal((await world.send(upload, 'otherAgent', ofItsOwn)).status, 403, 'for a service of its own')
    assert.deepEqual(changed(before, await world.fingerprint()), [])
    assert.equal((await world.send(upload, 'consumer', more)).status, 200)
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
