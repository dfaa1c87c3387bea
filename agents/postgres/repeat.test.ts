/** Each action once more, as after a crash: with all that the journal remembers, and with nothing of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Json, Outcome } from '@fulcrum/agent-sdk'
import { runHandler } from '@fulcrum/agent-sdk/testing'
import type { JsonObject, Service } from '@fulcrum/contract'
import { BIG, openWorld, SMALL, type World } from './agent-under-test.ts'
import { postgresAgent } from './index.ts'

let world: World
let agent: ReturnType<typeof postgresAgent>
let configuration: ReturnType<typeof agent.parseConfiguration>
before(async () => {
  world = await openWorld()
  agent = postgresAgent({ routesFile: world.routesFile })
  const { host, port, user, password } = world.database.admin
  const serverDsn = `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/postgres`
  configuration = agent.parseConfiguration({ serverDsn, host, port })
})
after(async () => {
  await agent?.stop?.(undefined as never) // it needs nothing of a context
  await world?.close()
})

type Run = { params?: JsonObject; steps?: Map<string, Json>; attempt?: number }

const run = (action: string, service: Service, options: Run = {}): Promise<Outcome> =>
  runHandler(agent.handlers[action] ?? assert.fail(action), {
    configuration,
    client: world.api.client,
    service,
    ...(action === 'create' || action === 'update' ? { params: service.properties ?? {} } : {}),
    ...options,
  })

/** What the server does with an outcome. */
function apply(service: Service, { properties, ...rest }: Outcome): Service {
  return { ...service, ...rest, properties: { ...service.properties, ...properties } }
}

const ACTIONS = [
  'create',
  'update',
  'stop',
  'start',
  'rotate-credentials',
  'backup',
  'restore',
  'export',
  'import',
  'delete',
]

test('a repeated run tells the same and changes nothing more', async () => {
  let service = await world.order({ plan: BIG })
  for (const action of ACTIONS) {
    const steps = new Map<string, Json>()
    const first = await run(action, service, { steps })
    assert.deepEqual(await run(action, service, { steps, attempt: 2 }), first, action)
    service = apply(service, first)
    const { lastExport } = service.properties ?? {}
    if (action === 'export' && typeof lastExport === 'object' && lastExport !== null && 'artifactId' in lastExport)
      service = apply(service, { properties: { importFrom: lastExport.artifactId ?? null } })
    if (action !== 'stop' && action !== 'delete') await world.sql(service, 'SELECT 1')
  }
  const kinds = [...world.api.artifacts.all.values()].map(({ artifact }) => artifact.kind)
  assert.deepEqual(kinds.sort(), ['export', 'final-backup'])
})

test('a repeated run of which nothing is remembered comes to the same state', async () => {
  let service = await world.order({ plan: BIG, extensions: ['citext'] })
  for (const action of ['create', 'update', 'stop', 'start', 'rotate-credentials', 'backup', 'restore']) {
    await run(action, service)
    service = apply(service, await run(action, service, { attempt: 2 }))
    if (action !== 'stop') await world.sql(service, `SELECT 'a'::citext`)
  }
  await run('delete', service)
  assert.deepEqual(await run('delete', service, { attempt: 2 }), { properties: { backups: [] } })
})

test('a restore that had ended does not take away what was written since', async () => {
  let service = await world.order()
  service = apply(service, await run('create', service))
  service = apply(service, await run('backup', service))
  const steps = new Map<string, Json>()
  await run('restore', service, { steps })
  await world.sql(service, 'CREATE TABLE since ()')
  await run('restore', service, { steps, attempt: 2 })
  await world.sql(service, 'SELECT FROM since')
})

test('half of a dump is replaced by a whole one under the same id', async () => {
  let service = await world.order({ plan: SMALL })
  service = apply(service, await run('create', service))
  const id = '00000000-0000-4000-8000-00000000000a'
  world.api.artifacts.add(id, service.id, Buffer.from('PGDMP half'), { state: 'Uploading' })
  service = apply(service, await run('backup', service, { steps: new Map([['artifact', id]]), attempt: 2 }))
  assert.equal(world.api.artifacts.all.get(id)?.artifact.state, 'Complete')
  await run('restore', service)
})

test('a dump that cannot be stored leaves no half artifact', async () => {
  let service = await world.order()
  service = apply(service, await run('create', service))
  const before = world.api.artifacts.all.size
  world.api.fault = ({ method }) => (method === 'PUT' ? { status: 413, body: { error: 'too big' } } : undefined)
  await assert.rejects(run('backup', service), /the dump cannot be stored: .*too big/)
  world.api.fault = () => undefined
  assert.equal(world.api.artifacts.all.size, before)
})
