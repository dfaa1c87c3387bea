/** Lists under arbitrary query strings on a real server: 200 or 400 and nothing else, and never a row of somebody else. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ListOperation, operations } from '@fulcrum/contract'
import fc from 'fast-check'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const LISTS = [
  'participants.list',
  'agents.list',
  'agentTypes.list',
  'tokens.list',
  'services.list',
  'serviceGroups.list',
  'jobs.list',
  'events.list',
  'metricEntries.list',
  'servicePoolSets.list',
]

let server: TestServer
let own: TestFederation
let other: TestFederation
before(async () => {
  server = await startTestServer()
  own = await aFederation(server)
  other = await aFederation(server)
  await own.order()
  await other.order()
})
after(() => server.stop())

const isListed = (operation: { id: string }): operation is ListOperation => LISTS.includes(operation.id)
const lists = operations.filter(isListed)
assert.equal(lists.length, LISTS.length, 'an id of a list is wrong')
const names = [...new Set(lists.flatMap(({ filters }) => Object.keys(filters)))]
const sorts = [...new Set(lists.flatMap(({ sort }) => sort))]

const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...names, 'page', 'pageSize', 'sort') },
  {
    weight: 1,
    arbitrary: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('__proto__', 'toString', 'id', 'PAGE')),
  },
)
const value = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '%',
    '_',
    '\\',
    "'",
    '"',
    'e',
    'true',
    '0',
    '1',
    '-1',
    '100',
    '101',
    '1e3',
    'NaN',
    'Enabled',
  ),
  fc
    .constantFrom(...sorts)
    .chain((sort) => fc.constantFrom(sort, `-${sort}`, `+${sort}`, `${sort} `, sort.toUpperCase())),
  fc.constantFrom(
    "' OR true --",
    ') OR (true',
    '00000000-0000-0000-0000-000000000000',
    'New',
    'Pending',
    '9'.repeat(30),
  ),
  fc.uuid(),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const query = fc
  .array(fc.tuple(key, value), { maxLength: 5 })
  .map((pairs) => pairs.map(([name, text]) => `${encoded(name)}=${encoded(text)}`).join('&'))

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

test('an arbitrary query gets a page or 400, and shows only what the caller may see', async () => {
  const foreign = [other.provider.id, other.consumer.id, other.agent.id, other.groupId]
  let pages = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...lists),
      fc.constantFrom('provider', 'consumer', 'agent', 'admin'),
      query,
      async (list, who, text) => {
        const caller = who === 'admin' ? server.admin : own[who].caller
        const { status, body } = await caller.get(`${list.path}?${text}`)
        assert.ok(
          status === 200 || status === 400 || (status === 403 && who !== 'admin'),
          `${status} ${JSON.stringify(body)}`,
        )
        if (status !== 200) {
          assert.equal(typeof body.error, 'string')
          return
        }
        pages++
        assert.ok(Array.isArray(body.items) && body.items.length <= 100 && body.totalItems >= body.items.length)
        if (who === 'admin') return
        const shown = JSON.stringify(body.items)
        for (const id of foreign) assert.ok(!shown.includes(id), `${who} sees ${id}`)
      },
    ),
    { numRuns: 500, interruptAfterTimeLimit: 8_000 },
  )
  assert.ok(pages > 50, `only ${pages} pages`)
})
