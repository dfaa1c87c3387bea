/** `fulcrum sovereignty self` over this very installation, and the licences of everything that runs. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { api, fulcrum, root, stamps } from '../command-harness.ts'
import { componentsOf } from './sovereignty-self.ts'

/** What may be used in a product under Apache-2.0 without further thought. A new one needs a decision, and then its line here. */
const ALLOWED = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'Unlicense',
])

test('everything that runs is listed with a licence that is allowed, as an SBOM too', async () => {
  const file = join(root, 'sbom.json')
  const { code, out, err } = await fulcrum('sovereignty', 'self', '--no-server', '--sbom', file, '-o', 'wide')
  assert.equal(code, 0, err)
  const sbom = JSON.parse(await readFile(file, 'utf8'))
  assert.equal(sbom.bomFormat, 'CycloneDX')
  const components = componentsOf(JSON.stringify(sbom))
  assert.ok(components.length > 80)
  for (const name of ['fastify', 'pg', '@fulcrum/server', '@electric-sql/pglite-tools'])
    assert.ok(
      components.some((component) => component.name === name),
      `${name} is missing`,
    )
  assert.match(out, /^fastify +5\.\d+\.\d+ +MIT$/m)
  const odd = components.filter(({ licence }) => !ALLOWED.has(licence))
  assert.deepEqual(odd, [])
})

test('the server’s connections are shown, and one that nobody configured stands out', async () => {
  api.routes['GET /self'] = () => ({
    status: 200,
    body: {
      version: '0.1.0',
      startedAt: stamps.createdAt,
      destinations: [{ purpose: 'database', host: 'db.example', port: 5432, source: 'FULCRUM_DB_DSN' }],
      connections: [
        { host: 'db.example', port: 5432, count: 9, lastAt: stamps.createdAt, purpose: 'database' },
        { host: 'telemetry.example', port: 443, count: 1, lastAt: stamps.createdAt },
      ],
      undeclared: 1,
    },
  })
  const { code, out, err } = await fulcrum('sovereignty', 'self')
  assert.equal(code, 0, err)
  assert.match(out, /Connections that nobody configured: +1\n/)
  assert.match(out, /db\.example +5432 +database +FULCRUM_DB_DSN\n/)
  assert.match(out, /telemetry\.example +443 +1 .*NOBODY CONFIGURED IT\n/)
  assert.match(out, /^MIT +\d+$/m)
})

test('an SBOM without licences shows them as unknown, and expressions as they are', () => {
  const components = [
    { name: 'a', version: '1', purl: 'pkg:npm/%40scope/a@1' },
    { name: 'b', version: '2', licenses: [{ expression: 'MIT OR ISC' }] },
  ]
  assert.deepEqual(componentsOf(JSON.stringify({ components })), [
    { name: '@scope/a', version: '1', licence: 'unknown' },
    { name: 'b', version: '2', licence: 'MIT OR ISC' },
  ])
})
