/** The parts that need no database: configuration, routes, tools, the list of extensions. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { anAgent, aService } from '@fulcrum/agent-sdk/testing'
import type { Service } from '@fulcrum/contract'
import { placeFromEnvironment } from './configuration.ts'
import { readRoutes } from './gateway/routes.ts'
import { parseConfiguration } from './index.ts'
import { createRoutes } from './routes.ts'
import { ALLOWED_EXTENSIONS } from './service-properties.ts'
import { findTools } from './tools.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postgres-parts-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const serverDsn = 'postgresql://admin:s3cret@db.example:5433/postgres'
const target = { host: 'db.example', port: 5433 }
const agent = anAgent()
const live = (hostPort: number, members: Partial<Service> = {}) =>
  aService(agent, { status: 'Running', agentInstanceId: 'shop', properties: { hostPort }, ...members })
const routesFile = () => join(dir, 'routes.json')
const ids = async () => (await readRoutes(routesFile())).map(({ serviceId }) => serviceId)
const deletions =
  (...services: Service[]) =>
  async () =>
    new Set(services.map(({ id }) => id))
const list = (...services: Service[]) =>
  async function* () {
    yield* services
  }

test('the configuration has defaults, and errors name the property without the connection', () => {
  assert.deepEqual(parseConfiguration({ serverDsn, host: 'h', port: 5433 }), {
    serverDsn,
    host: 'h',
    port: 5433,
    finalBackupDays: 30,
    backupsKept: 7,
  })
  assert.throws(() => parseConfiguration({ serverDsn, port: 1 }), /^Error: host must be/)
  assert.throws(() => parseConfiguration({ serverDsn, host: 'h', port: 70_000 }), /port must be .* from 1 to 65535/)
  assert.throws(() => parseConfiguration({ serverDsn, host: 'h', port: 1, backupsKept: 0 }), /backupsKept/)
  for (const wrong of ['admin:s3cret@db', 'mysql://admin:s3cret@db', 'postgresql:///postgres', 'postgresql://db', null])
    assert.throws(
      () => parseConfiguration({ serverDsn: wrong, host: 'h', port: 1 }),
      (error) =>
        error instanceof Error && /serverDsn must look like/.test(error.message) && !/s3cret/.test(error.message),
    )
})

test('dumps that are being restored lie beside the journal', () => {
  assert.equal(placeFromEnvironment({ FULCRUM_AGENT_DATA_DIR: dir }).spoolDir, join(dir, 'restore'))
  assert.equal(placeFromEnvironment({}).spoolDir, join('.fulcrum', 'agents', 'postgres', 'restore'))
})

test('routes of jobs that run side by side all come into the file', async () => {
  const routes = createRoutes(routesFile(), '127.0.0.1', target)
  const services = Array.from({ length: 20 }, (_, index) => live(6_000 + index))
  await Promise.all(services.map((service) => routes.add(service)))
  assert.deepEqual(
    await ids(),
    services.map(({ id }) => id),
  )
  const [first, second] = services
  assert.ok(first && second)
  assert.deepEqual((await readRoutes(routesFile()))[0], {
    listen: { host: '127.0.0.1', port: 6_000 },
    target,
    serviceId: first.id,
  })
  await Promise.all([routes.remove(first.id), routes.remove(second.id)])
  assert.equal((await ids()).length, 18)
})

test('a port that was given to another service leads there', async () => {
  const routes = createRoutes(routesFile(), '127.0.0.1', target)
  const [before, now] = [live(6_000), live(6_000)]
  await routes.add(before)
  await routes.add(now)
  assert.deepEqual(await ids(), [now.id])
})

test('the services decide on the routes, but a deleted one does not come back', async () => {
  const routes = createRoutes(routesFile(), '127.0.0.1', target)
  writeFileSync(routesFile(), 'not a routes file')
  const creating = aService(agent, { properties: { hostPort: 6_001 } })
  await routes.add(creating)
  const ordered = aService(agent, { properties: { hostPort: 6_002 } })
  const ended = aService(agent, { status: 'Deleted', properties: { hostPort: 6_003 } })
  const [running, deleting, portless] = [live(6_004), live(6_005), live(0, { properties: {} })]
  await routes.remove(deleting.id)
  await routes.replaceAll(list(creating, ordered, ended, running, deleting, portless), deletions())
  assert.deepEqual(await ids(), [creating.id, running.id])
})

test('a deletion that an earlier process began decides on the route, not what the service still says', async () => {
  const [begun, dropped, running] = [live(6_010), live(6_011), live(6_012)]
  const earlier = createRoutes(routesFile(), '127.0.0.1', target)
  for (const service of [begun, dropped]) await earlier.add(service)
  await earlier.remove(dropped.id)
  const routes = createRoutes(routesFile(), '127.0.0.1', target)
  await routes.replaceAll(list(begun, dropped, running), deletions(begun, dropped))
  assert.deepEqual(await ids(), [begun.id, running.id])
})

function programs(name: string, major: number): string {
  const bin = join(dir, name)
  mkdirSync(bin)
  for (const program of ['pg_dump', 'pg_restore']) {
    writeFileSync(join(bin, program), `#!/bin/sh\necho "${program} (PostgreSQL) ${major}.2"\n`)
    chmodSync(join(bin, program), 0o755)
  }
  return bin
}

test('of the programs that are new enough the oldest is taken', { skip: process.platform === 'win32' }, async () => {
  const before = process.env.PATH
  process.env.PATH = [programs('newest', 99), programs('newer', 98), programs('old', 96), before].join(':')
  try {
    const tools = { pgDump: join(dir, 'newer/pg_dump'), pgRestore: join(dir, 'newer/pg_restore') }
    assert.deepEqual(await findTools(97), tools)
    assert.equal(await findTools(100), 'bundled')
    await assert.rejects(
      findTools(97, join(dir, 'old')),
      /FULCRUM_POSTGRES_BIN_DIR has no pg_dump and pg_restore of .* 97/,
    )
  } finally {
    process.env.PATH = before
  }
})

test('the demo offers exactly the extensions that the agent allows', () => {
  const federation = readFileSync(new URL('../../demo/federation.yaml', import.meta.url), 'utf8')
  const listed = /label: Extensions[\s\S]*?values:\s*\[([^\]]*)\]/.exec(federation)?.[1] ?? ''
  assert.deepEqual(
    listed
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
    ALLOWED_EXTENSIONS,
  )
})
