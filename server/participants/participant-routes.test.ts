/** Participants over HTTP against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

describe('participants', () => {
  test('an admin creates, reads, renames and deletes one, and each change is an event', async () => {
    const { admin } = server
    const created = await admin.post('/participants', { NAME: 'acme', status: 'Enabled', unknown: 1 })
    assert.equal(created.status, 201)
    const { id } = created.body
    assert.match(created.body.createdAt, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
    assert.deepEqual((await admin.get(`/participants/${id.toUpperCase()}`)).body, created.body)
    assert.equal((await admin.patch(`/participants/${id}`, { name: 'acme 2', status: null })).body.name, 'acme 2')
    assert.equal((await admin.delete(`/participants/${id}`)).status, 204)
    assert.equal((await admin.get(`/participants/${id}`)).status, 404)

    const events = (await admin.get('/events?type=participant')).body.items.filter(
      (event: { sequenceNumber: number }) => event.sequenceNumber > 0,
    )
    assert.deepEqual(
      events.map((event: { type: string; properties: unknown }) => [event.type, event.properties]),
      [
        ['participant.created', null],
        [
          'participant.updated',
          {
            diff: [
              { op: 'test', path: '/name', value: 'acme' },
              { op: 'replace', path: '/name', value: 'acme 2' },
            ],
          },
        ],
        ['participant.deleted', null],
      ],
    )
  })

  test('refuses a participant another one, and answers 404 for what nobody has', async () => {
    const one = await server.participant('one')
    const other = await server.participant('other')
    assert.equal((await one.caller.get(`/participants/${one.id}`)).status, 200)
    assert.equal((await one.caller.get(`/participants/${other.id}`)).status, 403)
    assert.equal((await one.caller.patch(`/participants/${other.id}`, { name: 'mine' })).status, 403)
    assert.equal((await one.caller.get(`/participants/${randomUUID()}`)).status, 404)
    assert.equal((await one.caller.post('/participants', { name: 'x', status: 'Enabled' })).status, 403)
    assert.equal((await one.caller.delete(`/participants/${one.id}`)).status, 403)
  })

  test('a list never leaves the scope of its caller, whatever the filters', async () => {
    const mine = await server.participant('scoped e')
    await server.participant('somebody e')
    const list = (await mine.caller.get('/participants?name=scoped&name=e&name=a')).body
    assert.deepEqual([list.totalItems, list.items[0].id], [1, mine.id])
  })

  for (const [what, body, status] of [
    ['no body', undefined, 400],
    ['a broken body', '{"name":', 400],
    ['no name', { status: 'Enabled' }, 400],
    ['an empty name', { name: '', status: 'Enabled' }, 400],
    ['a status of another spelling', { name: 'x', status: 'enabled' }, 400],
    ['a name of another type', { name: 7, status: 'Enabled' }, 400],
    ['NUL in the name', { name: 'a\0b', status: 'Enabled' }, 400],
    ['a number that no double holds', '{"name":"x","status":"Enabled","n":1e400}', 400],
    ['a body over the limit', { name: 'x'.repeat(2 ** 20), status: 'Enabled' }, 413],
    ['text behind the value', '{"name":"x","status":"Enabled"} and more', 201],
  ] as const)
    test(`create with ${what} answers ${status}`, async () => {
      assert.equal((await server.admin.post('/participants', body)).status, status)
    })

  for (const query of ['page=0', 'page=x', 'pageSize=101', 'sort=status', 'nope=1', 'status=enabled', 'status=a%00'])
    test(`list with ${query} answers 400`, async () => {
      assert.equal((await server.admin.get(`/participants?${query}`)).status, 400)
    })

  test('a page far beyond the end is empty and echoes its number', async () => {
    const page = (await server.admin.get('/participants?page=9007199254740993')).body
    assert.deepEqual([page.items, page.hasNext, page.hasPrev], [[], false, true])
  })

  test('without a token, with a wrong one, on a wrong path and with a wrong method', async () => {
    const bare = await fetch(`${server.url}/api/v1/participants`)
    assert.equal(bare.status, 401)
    assert.equal((await server.as('nobody').get('/participants')).status, 401)
    assert.equal((await server.admin.get('/nothing')).status, 404)
    const wrong = await server.admin.put('/participants', {})
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, POST'])
    assert.equal((await server.admin.get('/participants/')).status, 200)
  })
})
