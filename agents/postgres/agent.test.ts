/** The life of a service by jobs: the agent between a test server of the API and a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Service } from '@fulcrum/contract'
import { BIG, FILL, openWorld, type World } from './agent-under-test.ts'
import { startGateway } from './gateway/gateway.ts'
import { readRoutes } from './gateway/routes.ts'

let world: World
before(async () => {
  world = await openWorld({ backupsKept: 2, finalBackupDays: 5 })
  await world.startAgent()
})
after(() => world?.close())

async function created(properties = {}): Promise<Service> {
  const service = await world.order(properties)
  await world.done(service, 'create')
  return service
}

/** How backups are made on this machine. */
const format = () => (world.database.tools === 'bundled' ? 'pg_dump-plain' : 'pg_dump-custom')

const databases = async () =>
  (await world.asAdmin('SELECT datname FROM pg_database WHERE NOT datistemplate')).map(({ datname }) => datname)

const artifactIds = (of: Service, kind: string) =>
  [...world.api.artifacts.all.values()]
    .filter(({ artifact }) => artifact.serviceId === of.id && artifact.kind === kind)
    .map(({ artifact }) => artifact.id)

test('a created service says where its database is, and the gateway leads there', async () => {
  const service = await created({ extensions: ['citext'] })
  const { properties = {}, agentInstanceId, agentInstanceData, status } = service
  assert.equal(status, 'Running')
  assert.equal(agentInstanceId, properties.database)
  assert.deepEqual(agentInstanceData, { plan: 'small' })
  assert.equal(properties.port, properties.hostPort)
  assert.equal(properties.host, '127.0.0.1')
  const gateway = await startGateway(world.routesFile, () => undefined)
  try {
    const port = Number(properties.port)
    assert.deepEqual(await world.sql(service, `SELECT 'A'::citext = 'a' AS same`, { port }), [{ same: true }])
  } finally {
    await gateway.close()
  }
})

test('without a gateway the server itself is where consumers connect', async () => {
  const other = await openWorld()
  try {
    await other.startAgent({})
    const service = await other.order()
    await other.done(service, 'create')
    assert.equal(service.properties?.port, other.database.admin.port)
  } finally {
    await other.close()
  }
})

test('an update changes plan and extensions of the running database', async () => {
  const service = await created()
  await world.done(service, 'update', { ...service.properties, plan: BIG, extensions: ['hstore'] })
  assert.deepEqual(service.agentInstanceData, { plan: 'big' })
  assert.deepEqual(await world.sql(service, `SELECT 'a=>1'::hstore -> 'a' AS value`), [{ value: '1' }])
})

test('a stopped database refuses its tenant until it is started', async () => {
  const service = await created()
  await world.done(service, 'stop')
  await assert.rejects(world.sql(service, 'SELECT 1'), /not permitted to log in/)
  await world.done(service, 'start')
  await world.sql(service, 'SELECT 1')
})

test('rotated credentials replace the old ones', async () => {
  const service = await created()
  const password = String(service.properties?.password)
  await world.done(service, 'rotate-credentials')
  assert.notEqual(service.properties?.password, password)
  await world.sql(service, 'SELECT 1')
  await assert.rejects(world.sql(service, 'SELECT 1', { password }), /password authentication failed/)
})

test('the newest backups are kept, listed first, and restored by default', async () => {
  const service = await created()
  for (const round of [1, 2, 3]) {
    await world.sql(service, `DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT ${round} AS round`)
    await world.done(service, 'backup')
  }
  const backups = Array.isArray(service.properties?.backups) ? service.properties.backups : []
  const stored = artifactIds(service, 'backup')
  assert.deepEqual(
    backups.map((entry) =>
      typeof entry === 'object' && entry !== null && 'artifactId' in entry ? entry.artifactId : 0,
    ),
    stored.toReversed(),
  )
  assert.equal(stored.length, 2)
  const { artifact } = world.api.artifacts.all.get(String(stored[1])) ?? assert.fail()
  assert.deepEqual(backups[0], {
    artifactId: artifact.id,
    sha256: artifact.sha256,
    sizeBytes: artifact.sizeBytes,
    format: format(),
    createdAt: artifact.createdAt,
  })
  await world.sql(service, 'DROP TABLE t')
  await world.done(service, 'restore')
  assert.deepEqual(await world.sql(service, 'SELECT round FROM t'), [{ round: 3 }])
  service.properties = { ...service.properties, restoreFrom: String(stored[0]) }
  await world.done(service, 'restore')
  assert.deepEqual(await world.sql(service, 'SELECT round FROM t'), [{ round: 2 }])
})

test('an export of one service is imported into another one of the same consumer', async () => {
  const source = await created()
  await world.sql(source, 'CREATE TABLE moved AS SELECT 42 AS answer')
  await world.done(source, 'export')
  const [id = ''] = artifactIds(source, 'export')
  const target = await created({ databaseName: 'moved', importFrom: id })
  target.consumerId = world.api.artifacts.all.get(id)?.artifact.consumerId ?? ''
  await world.done(target, 'import')
  assert.deepEqual(await world.sql(target, 'SELECT answer FROM moved'), [{ answer: 42 }])
})

test('what cannot be restored fails with a text that helps, and changes nothing', async () => {
  const service = await created()
  await world.sql(service, 'CREATE TABLE kept ()')
  const failing = async (action: string, properties: Record<string, string>) => {
    service.properties = { ...service.properties, ...properties }
    const { status, errorMessage } = await world.act(service, action)
    assert.equal(status, 'Failed')
    return errorMessage ?? ''
  }
  assert.match(await failing('restore', {}), /nothing to restore: make a backup first/)
  assert.match(await failing('import', {}), /nothing to import: set property importFrom/)
  const absent = '00000000-0000-4000-8000-000000000001'
  assert.match(await failing('restore', { restoreFrom: absent }), /does not exist/)

  const put = (id: string, content: string, members: object) =>
    world.api.artifacts.add(id, service.id, Buffer.from(content), members)
  const foreign = put('00000000-0000-4000-8000-000000000002', 'PGDMP', {
    serviceId: absent,
    consumerId: absent,
    format: 'pg_dump-custom',
  })
  assert.match(await failing('restore', { restoreFrom: foreign.id }), /belongs neither to this service/)
  const strange = put('00000000-0000-4000-8000-000000000003', 'x', { format: 'mysqldump' })
  assert.match(await failing('restore', { restoreFrom: strange.id }), /has the format mysqldump; it must be one of/)
  const damaged = put('00000000-0000-4000-8000-000000000004', 'PGDMP', {
    format: 'pg_dump-custom',
    sha256: '0'.repeat(64),
  })
  assert.match(await failing('import', { importFrom: damaged.id }), /cannot be read: .*SHA-256 digest differs/)
  const noDump = put('00000000-0000-4000-8000-000000000005', 'PGDMP and nothing else', { format: 'pg_dump-custom' })
  const reason = world.database.tools === 'bundled' ? /needs the program pg_restore/ : /the dump cannot be restored/
  assert.match(await failing('import', { importFrom: noDump.id }), reason)
  await world.sql(service, 'SELECT * FROM kept')
})

test('a wish that the provider does not offer fails with its reason', async () => {
  const service = await world.order({ extensions: ['plpython3u'] })
  const { errorMessage } = await world.act(service, 'create')
  assert.equal(errorMessage, 'extensions not offered: plpython3u')
  assert.equal(service.status, 'Failed')
  service.properties = { ...service.properties, extensions: [] }
  await world.done(service, 'create')
  assert.equal(service.status, 'Running')
})

test('a deletion leaves a last backup and nothing on the server', async () => {
  const service = await created()
  const database = String(service.properties?.database)
  await world.sql(service, FILL)
  await world.done(service, 'delete')
  assert.equal(service.status, 'Deleted')
  const [id] = artifactIds(service, 'final-backup')
  const { finalBackup } = service.properties ?? {}
  assert.ok(typeof finalBackup === 'object' && finalBackup !== null && 'artifactId' in finalBackup)
  assert.equal(finalBackup.artifactId, id)
  assert.ok(!(await databases()).includes(database))
  assert.deepEqual(await world.asAdmin(`SELECT rolname FROM pg_roles WHERE rolname LIKE '${database}%'`), [])
  assert.ok(!(await readRoutes(world.routesFile)).some((route) => route.serviceId === service.id))
})

test('a failed last backup keeps the database until the consumer does without it', async () => {
  const service = await created()
  world.api.fault = ({ method, path }) =>
    method === 'PUT' && path.startsWith('/artifacts/') ? { status: 413, body: { error: 'too big' } } : undefined
  try {
    for (const _again of [1, 2]) {
      const { errorMessage = '' } = await world.act(service, 'delete')
      assert.match(errorMessage, /the last backup failed, so nothing was deleted.*skipFinalBackup.*too big/)
      await world.sql(service, 'SELECT 1')
    }
    service.properties = { ...service.properties, skipFinalBackup: true }
    await world.done(service, 'delete')
  } finally {
    world.api.fault = () => undefined
  }
  assert.ok(!(await databases()).includes(String(service.properties?.database)))
  assert.deepEqual(artifactIds(service, 'final-backup'), [])
})

test('each database is measured', async () => {
  const service = await created()
  const names = () =>
    new Set(world.api.metricEntries.filter((entry) => entry.serviceId === service.id).map(({ typeName }) => typeName))
  await world.api.until(() => names().size === 4, 20_000)
  const size = world.api.metricEntries.find(
    (entry) => entry.serviceId === service.id && entry.typeName === 'postgresql.size_bytes',
  )
  assert.ok(size && Number(size.value) > 5_000_000)
  assert.equal(size.resourceId, service.properties?.database)
})

test('no password stands in the log', () => {
  const passwords = [...world.api.services.values()].flatMap(({ properties }) => String(properties?.password ?? []))
  assert.ok(passwords.length > 5)
  for (const secret of [
    ...passwords.filter(Boolean),
    world.database.admin.password,
    encodeURIComponent(world.database.admin.password),
  ])
    assert.ok(!world.lines.some((line) => line.includes(secret)))
})
