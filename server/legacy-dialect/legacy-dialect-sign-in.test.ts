/** An agent that signs in by a JWT speaks the dialect of its type, too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startIssuer, type TestIssuer } from '../sign-in/testing/issuer.ts'
import { aFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const CLIENT = 'fulcrum-api'

let issuer: TestIssuer
let server: TestServer
before(async () => {
  issuer = await startIssuer()
  server = await startTestServer({
    FULCRUM_AUTHENTICATORS: 'oauth,token',
    FULCRUM_OAUTH_ISSUER: issuer.url,
    FULCRUM_OAUTH_CLIENT_ID: CLIENT,
  })
})
after(async () => {
  await server?.stop()
  await issuer?.stop()
})

test('the switch of the agent type is heard at once by an agent that signs in by a JWT', async () => {
  const { agent, provider, agentTypeId, order } = await aFederation(server)
  await order()
  const jwt = await issuer.sign({
    azp: CLIENT,
    aud: 'account',
    typ: 'Bearer',
    realm_access: { roles: ['agent'] },
    participant_id: provider.id,
    agent_id: agent.id,
  })
  const action = async () => (await server.as(jwt).get('/jobs/pending')).body[0]?.action
  assert.equal(await action(), 'create')
  await server.admin.patch(`/agent-types/${agentTypeId}`, { legacyDialect: true })
  assert.equal(await action(), 'ServiceCreate')
})
