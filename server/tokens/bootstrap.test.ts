/** The first admin token: made once on an empty database, never again, by one of several servers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADMIN_TOKEN, startTestServer, testDatabase } from '../testing/test-server.ts'

test('of three servers that start on one empty database, one makes it; a later start makes none', async () => {
  const { url, drop } = await testDatabase()
  const start = (token: string) => startTestServer({ FULCRUM_DB_DSN: url, FULCRUM_BOOTSTRAP_ADMIN_TOKEN: token })
  const servers = await Promise.all([start(''), start(''), start('')])
  try {
    const made = servers.flatMap(({ bootstrapToken }) => bootstrapToken ?? [])
    assert.equal(made.length, 1)
    assert.match(made[0] ?? '', /^[\w-]{43}=$/)
    const later = await start(ADMIN_TOKEN)
    servers.push(later)
    assert.equal(later.bootstrapToken, null)
    assert.equal((await later.as(ADMIN_TOKEN).get('/tokens')).status, 401)
    assert.equal((await later.as('change-me').get('/tokens')).status, 401)
    const { items } = (await later.as(made[0] ?? '').get('/tokens')).body
    assert.equal(items.length, 1)
  } finally {
    for (const server of servers) await server.stop()
    await drop()
  }
})
