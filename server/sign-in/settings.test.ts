/** The settings of sign-in: which authenticators in which order, what is checked, and what the start needs. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ADMIN_TOKEN, startTestServer, type TestServer, testDatabase } from '../testing/test-server.ts'
import { IssuerError } from './issuer.ts'
import { ADMIN, CLIENT, environment, KEYS, startIssuer, type TestIssuer } from './testing/issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
})
after(() => issuer.stop())
beforeEach(() => {
  issuer.away = false
})

const statusOf = async (token: string, path: string, on: TestServer) => (await on.as(token).get(path)).status

describe('the order of the authenticators', () => {
  for (const order of ['oauth,token', 'token,oauth'])
    test(`${order} takes both kinds and nothing else`, async () => {
      const one = await startTestServer({ ...environment(issuer), FULCRUM_AUTHENTICATORS: order })
      try {
        assert.equal(await statusOf(ADMIN_TOKEN, '/participants', one), 200)
        assert.equal(await statusOf(await issuer.sign(ADMIN), '/participants', one), 200)
        assert.equal(await statusOf(await issuer.sign({ ...ADMIN, azp: 'x' }), '/participants', one), 401)
        assert.equal(await statusOf('nobody knows this', '/participants', one), 401)
      } finally {
        await one.stop()
      }
    })

  test('oauth alone knows no tokens, and makes no first one that would lie about', async () => {
    const one = await startTestServer({ ...environment(issuer), FULCRUM_AUTHENTICATORS: 'oauth' })
    try {
      assert.equal(one.bootstrapToken, null)
      assert.equal(await statusOf(ADMIN_TOKEN, '/participants', one), 401)
      const { body } = await one.as(await issuer.sign(ADMIN)).get('/tokens')
      assert.equal(body.totalItems, 0)
      assert.equal((await fetch(`${one.healthUrl}/ready`)).status, 200)
    } finally {
      await one.stop()
    }
  })

  test('token alone knows no JWT, and asks no issuer', async () => {
    const asked = issuer.requests.length
    const one = await startTestServer({ ...environment(issuer), FULCRUM_AUTHENTICATORS: 'token' })
    try {
      assert.equal(await statusOf(await issuer.sign(ADMIN), '/participants', one), 401)
      assert.equal(issuer.requests.length, asked)
    } finally {
      await one.stop()
    }
  })
})

describe('other settings', () => {
  test('a configured audience counts alone; an issuer that is not checked may be any', async () => {
    const settings = { FULCRUM_OAUTH_AUDIENCE: 'https://api.example', FULCRUM_OAUTH_VALIDATE_ISSUER: 'false' }
    const one = await startTestServer({ ...environment(issuer), ...settings })
    try {
      const on = async (claims: Record<string, unknown>) =>
        statusOf(await issuer.sign({ ...ADMIN, ...claims }), '/participants', one)
      assert.equal(await on({ aud: ['account', 'https://api.example'], azp: 'other' }), 200)
      assert.equal(await on({ aud: CLIENT, azp: CLIENT }), 401)
      assert.equal(await on({ aud: 'https://api.example', iss: 'https://other.example' }), 200)
    } finally {
      await one.stop()
    }
  })
})

describe('the start', () => {
  test('fails in one clear line when the issuer is away', async () => {
    const { url, drop } = await testDatabase()
    const child = spawn(process.execPath, [path.join(import.meta.dirname, '..', 'serve.ts')], {
      env: {
        ...process.env,
        ...environment(issuer),
        FULCRUM_OAUTH_ISSUER: 'http://127.0.0.1:1/realms/fulcrum',
        FULCRUM_DB_DSN: url,
        FULCRUM_PORT: '0',
        FULCRUM_HEALTH_PORT: '0',
        FULCRUM_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    await drop()
    assert.equal(code, 1)
    assert.match(said, /^The OpenID provider \(FULCRUM_OAUTH_ISSUER.*http:\/\/127\.0\.0\.1:1\/realms\/fulcrum.*\n$/)
    // the first admin token would be lost with it
    assert.doesNotMatch(said, /Admin token/)
  })

  test('fails when the keys of the issuer are none, or cannot be had', async () => {
    const { url, drop } = await testDatabase()
    const start = () => startTestServer({ ...environment(issuer), FULCRUM_DB_DSN: url })
    try {
      issuer.answers.set(KEYS, (response) => response.end('{"keys":7}'))
      await assert.rejects(
        start,
        (error) => error instanceof IssuerError && /its keys: .*malformed/.test(error.message),
      )
      issuer.answers.set(KEYS, (response) => response.writeHead(500).end('out of order'))
      await assert.rejects(start, (error) => error instanceof IssuerError && /status 500/.test(error.message))
    } finally {
      issuer.answers.clear()
      await drop()
    }
  })

  test('of a process that serves nobody needs no issuer', async () => {
    issuer.away = true
    const one = await startTestServer({ ...environment(issuer), FULCRUM_API_SERVER: 'false' })
    await one.stop()
  })
})
