/** What the agent finds out by itself: full databases, missing ones, and what ended services have left. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Service } from '@fulcrum/contract'
import { BIG, FILL, openWorld, type World } from './agent-under-test.ts'
import { freePort } from './database/test-server.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world?.close())

/** Runs an agent for as long as `work` takes; its rounds begin at its start. */
async function whileRunning(work: () => Promise<void>): Promise<void> {
  const agent = await world.startAgent()
  try {
    await work()
  } finally {
    await agent.stop()
  }
}

const typesOf = (service: Service) => (service.conditions ?? []).map(({ type }) => type)
const reportsOf = ({ id }: Service) =>
  world.api.requests.filter(({ path, method }) => method === 'PUT' && path === `/services/${id}/conditions`).length

async function aDatabase(): Promise<Service> {
  const service = await world.order()
  await whileRunning(() => world.done(service, 'create'))
  return service
}

test('a full database becomes read-only with a condition, and a bigger plan ends that', async () => {
  const service = await aDatabase()
  assert.equal(reportsOf(service), 0)
  await world.sql(service, FILL)
  await whileRunning(() => world.api.until(() => typesOf(service).length > 0))
  assert.deepEqual(typesOf(service), ['StorageLimitReached'])
  const message = service.conditions?.[0]?.message ?? ''
  assert.match(
    message,
    /^The database is read-only: it has \d+ MiB and its plan allows 16 MiB\. A plan with more storage/,
  )
  await assert.rejects(world.sql(service, 'INSERT INTO filling VALUES (1)'), /permission denied/)
  assert.equal(reportsOf(service), 1)

  await whileRunning(async () => {
    await world.api.until(() => reportsOf(service) === 2)
    await world.done(service, 'update', { ...service.properties, plan: BIG })
    assert.deepEqual(typesOf(service), [])
    await world.sql(service, 'INSERT INTO filling VALUES (1)')
    await world.done(service, 'update', { ...service.properties, plan: BIG })
  })
  assert.equal(reportsOf(service), 3)
})

test('a condition that an earlier process told and that does not hold is taken back', async () => {
  const service = await aDatabase()
  const since = new Date().toISOString()
  service.conditions = [{ type: 'StorageLimitReached', message: 'The database is read-only', since }]
  await whileRunning(() => world.api.until(() => typesOf(service).length === 0))
})

test('a dump that a killed process was restoring is gone after the next start', async () => {
  const left = join(world.spoolDir, 'fulcrum-restore-left', 'dump')
  mkdirSync(join(left, '..'), { recursive: true })
  writeFileSync(left, 'PGDMP')
  await whileRunning(async () => assert.equal(existsSync(left), false))
})

test('a service without database is told so, until it has one again', async () => {
  const service = await aDatabase()
  const database = String(service.properties?.database)
  await world.asAdmin(`ALTER DATABASE ${database} RENAME TO hidden`)
  await world.asAdmin(`COMMENT ON DATABASE hidden IS NULL`)
  await whileRunning(() => world.api.until(() => typesOf(service).includes('DatabaseMissing')))
  await world.asAdmin(`ALTER DATABASE hidden RENAME TO ${database}`)
  await world.asAdmin(`COMMENT ON DATABASE ${database} IS 'fulcrum service ${service.id}'`)
  await whileRunning(() => world.api.until(() => typesOf(service).length === 0))
})

test('only what an ended service has left is dropped', async () => {
  const [ended, unknown] = [await aDatabase(), await aDatabase()]
  ended.status = 'Deleted'
  delete ended.agentInstanceId
  world.api.services.delete(unknown.id)
  const names = async () => (await world.asAdmin('SELECT datname FROM pg_database')).map(({ datname }) => datname)
  const logged = (text: string) => () => world.lines.some((line) => line.includes(text))
  await whileRunning(async () => {
    await world.api.until(logged('what a service that is over had left was dropped'))
    await world.api.until(logged('of services that this agent does not have; they are left alone'))
  })
  assert.ok(!(await names()).includes(ended.properties?.database ?? null))
  assert.ok((await names()).includes(unknown.properties?.database ?? null))
})

test('an agent whose server is not there waits for it and takes no jobs', async () => {
  const dsn = world.api.secrets.get('dsn') ?? null
  world.api.secrets.set('dsn', `postgresql://admin:secret-of-nobody@127.0.0.1:${await freePort()}/postgres`)
  const service = await world.order()
  const job = world.api.addJob(service, 'create', service.properties)
  try {
    await whileRunning(() => world.api.until(() => world.api.statuses.at(-1) === 'Error'))
  } finally {
    world.api.secrets.set('dsn', dsn)
  }
  assert.equal(job.status, 'Pending')
  assert.ok(!world.lines.some((line) => line.includes('secret-of-nobody')))
  await whileRunning(async () => {
    assert.equal((await world.api.ended(job)).status, 'Completed')
  })
})
