/** The OpenAPI document as the server hands it out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import manifest from './package.json' with { type: 'json' }
import { startTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

test('is read without a token and names what the server serves, and nothing else', async () => {
  const response = await fetch(`${server.url}/api/v1/openapi.json`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const document = JSON.parse(await response.text())
  assert.equal(document.openapi, '3.1.0')
  const paths: Record<string, Record<string, { operationId: string }>> = document.paths
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
  assert.deepEqual(ids.toSorted(), [...server.api.handled].toSorted())
})

test('opens no other path', async () => {
  for (const path of ['openapi.json/', 'openapi.jsonx', 'openapi.json/../participants'])
    assert.equal((await fetch(`${server.url}/api/v1/${path}`)).status, 401)
})

async function lint(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source, config })
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} (${location.map(({ pointer }) => pointer).join(', ')})`,
  )
}

test('has no fault and no warning under the recommended rules of Redocly', async () => {
  const source = await (await fetch(`${server.url}/api/v1/openapi.json`)).text()
  assert.deepEqual(await lint(source), [])

  const { license: _, ...info } = JSON.parse(source).info
  const broken = { ...JSON.parse(source), info, tags: [{ name: 'without a description' }] }
  broken.paths['/participants'].get.responses['200'].content['application/json'].schema.$ref = '#/components/nothing'
  broken.components.schemas.Participant.examples = [{ id: 'no id' }]
  const rules = (await lint(JSON.stringify(broken))).map((problem) => problem.split(':')[0])
  for (const rule of ['info-license', 'tag-description', 'no-unresolved-refs', 'no-invalid-schema-examples'])
    assert.ok(rules.includes(rule), rule)
})

test('has the version of the program', async () => {
  const { info } = JSON.parse(await (await fetch(`${server.url}/api/v1/openapi.json`)).text())
  assert.equal(info.version, manifest.version)
  assert.equal(info.license.identifier, manifest.license)
})
