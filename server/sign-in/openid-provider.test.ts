/** Sign-in with access tokens that a certified OpenID provider makes. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { ALGORITHMS } from './testing/issuer.ts'
import { AUDIENCE, type OpenIdProvider, startOpenIdProvider } from './testing/openid-provider.ts'

const CLIENT = crypto.randomUUID()
const MINUTE_MS = 60_000

let aheadMs = 0
let provider: OpenIdProvider
let server: TestServer
before(async () => {
  provider = await startOpenIdProvider([CLIENT])
  server = await startTestServer(
    {
      FULCRUM_AUTHENTICATORS: 'token,oauth',
      FULCRUM_OAUTH_ISSUER: provider.issuer,
      FULCRUM_OAUTH_CLIENT_ID: 'fulcrum-api',
      FULCRUM_OAUTH_AUDIENCE: AUDIENCE,
      // the provider's clock stays behind while the server's is moved
      FULCRUM_OAUTH_CLOCK_SKEW: '2h',
    },
    () => new Date(Date.now() + aheadMs),
  )
})
after(async () => {
  await server?.stop()
  await provider?.stop()
})

const statusOf = async (token: string) => (await server.as(token).get('/participants')).status

describe('an access token of a provider', () => {
  for (const alg of ALGORITHMS)
    test(`is taken when the provider has turned to a key for ${alg}`, async () => {
      await provider.rotate(alg)
      aheadMs += MINUTE_MS
      const token = await provider.token(CLIENT, { role: 'admin' })
      const [header = ''] = token.split('.')
      assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).alg, alg)
      assert.equal(await statusOf(token), 200)
    })

  test('is no longer taken when its key is gone and the cache is over', async () => {
    await provider.rotate('ES256')
    aheadMs += MINUTE_MS
    const token = await provider.token(CLIENT, { role: 'admin' })
    assert.equal(await statusOf(token), 200)
    await provider.rotate('ES256')
    aheadMs += 15 * MINUTE_MS
    assert.equal(await statusOf(token), 401)
    assert.equal(await statusOf(await provider.token(CLIENT, { role: 'admin' })), 200)
  })

  test('is that of a participant when its claims say so, and of nobody when they say nothing', async () => {
    const { id } = await server.participant('of the provider')
    const caller = server.as(await provider.token(CLIENT, { role: 'participant', participant_id: id }))
    assert.deepEqual(
      (await caller.get('/participants')).body.items.map((item: { id: string }) => item.id),
      [id],
    )
    const group = await caller.post('/service-groups', { name: 'mine', consumerId: id })
    const event = (await server.admin.get(`/events?initiatorId=${CLIENT}`)).body.items.at(-1)
    assert.deepEqual([group.status, event.entityId], [201, group.body.id])
    assert.equal(await statusOf(await provider.token(CLIENT, {})), 401)
  })
})
