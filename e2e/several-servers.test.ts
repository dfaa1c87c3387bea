/**
 * Three servers on one database behave as one, while they are killed and started again all the time: everybody works through a
 * proxy that sends each request to another of them, and at the end everything must agree.
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FulcrumClient, UnavailableError } from '@fulcrum/client'
import {
  type Event,
  events,
  jobs,
  participants,
  type Service,
  servicePoolValues,
  services,
  tokens,
} from '@fulcrum/contract'
import { type CarefulConsumer, carefulConsumer } from './testing/careful-consumer.ts'
import { collect } from './testing/consistency.ts'
import { gapsInStory } from './testing/event-story.ts'
import { type EventSubscriber, subscribe } from './testing/event-subscriber.ts'
import { type Market, openMarket, REFUSED } from './testing/market.ts'
import { type RoundRobinProxy, startRoundRobinProxy } from './testing/round-robin-proxy.ts'
import { seededRandom } from './testing/seeded-random.ts'
import { newServerProcess, type ServerProcess } from './testing/server-process.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'
import { openField, waitForJobs } from './testing/waiting-agents.ts'

const SERVERS = 3
const KILLS = 16
const CONSUMERS = 2
const GROUPS = 3
const LIVES_AT_ONCE = 5
/** From one death to the next, and from a death to the new start. */
const PAUSE_MS = [300, 1_200] as const
const DOWN_MS = [0, 600] as const
/** What is promised of a token that was taken away: at once, or after so long when the server died before it could tell. */
const REFUSED_MS = 5_000
/** A request that was on its way when the time was up may still be answered. */
const SLACK_MS = 500
/** Of the usual case: a message between the servers, and the requests that look. A look by time would take longer. */
const AT_ONCE_MS = 2_000
const TOLD_MS = 2_000
const ARTIFACT_BYTES = 9 * 2 ** 20
const ADMIN_TOKEN = 'admin-token-for-tests'

const random = seededRandom()
let database: TestDatabase
let dataDir: string
let servers: ServerProcess[] = []
let proxy: RoundRobinProxy
let market: Market
let subscriber: EventSubscriber

before(async () => {
  database = await createTestDatabase()
  dataDir = mkdtempSync(path.join(tmpdir(), 'fulcrum-several-'))
  for (let number = 0; number < SERVERS; number++)
    servers.push(
      await newServerProcess({
        FULCRUM_DB_DSN: database.url,
        FULCRUM_DATA_DIR: dataDir,
        FULCRUM_BOOTSTRAP_ADMIN_TOKEN: ADMIN_TOKEN,
        FULCRUM_DB_POOL_SIZE: '6',
        FULCRUM_LOG_LEVEL: 'warn',
      }),
    )
  await Promise.all(servers.map((server) => server.start()))
  proxy = await startRoundRobinProxy(servers)
  market = await openMarket(proxy.url, ADMIN_TOKEN, { consumers: CONSUMERS, groups: GROUPS })
  subscriber = subscribe(market.admin, 'the subscriber')
})
after(async () => {
  await subscriber?.stop(0, 0).catch(() => {})
  await market?.close()
  await proxy?.close()
  await Promise.all(servers.map((server) => server.stop()))
  servers = []
  await database?.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

const running = () => servers.filter((server) => server.running)

test('an agent that waits at one server gets at once what is ordered at another', async (t) => {
  const slowest: number[] = []
  for (const [index, ordering] of servers.entries()) {
    const field = await openField({ url: ordering.url, adminToken: ADMIN_TOKEN }, { agents: SERVERS - 1, groups: 4 })
    const others = servers.filter((server) => server !== ordering)
    const handed = new Map<string, number>()
    const waiting = field.agents.map((agent, number) =>
      waitForJobs(others[number]?.url ?? '', agent, 30, ({ serviceId, atMs }) => handed.set(serviceId, atMs)),
    )
    try {
      await sleep(300)
      for (const [number, groupId] of field.groupIds.entries()) {
        const agent = field.agents[number % field.agents.length] ?? assert.fail()
        const atMs = performance.now()
        const id = await field.order(agent.id, groupId)
        while (!handed.has(id)) {
          assert.ok(performance.now() - atMs < TOLD_MS, `nobody told the agent of an order at server ${index + 1}`)
          await sleep(5)
        }
        slowest.push((handed.get(id) ?? 0) - atMs)
      }
    } finally {
      await Promise.all(waiting.map(({ stop }) => stop()))
      await field.close()
    }
  }
  t.diagnostic(`slowest ${Math.round(Math.max(...slowest))} ms of ${slowest.length}`)
})

/** What a life of a service should have come to. */
type Fate = { id: string; name: string; status: 'Running' | 'Failed' | 'Deleted'; size: number }
const fates: Fate[] = []
const problems: string[] = []
let working = true

/** Orders, changes and gives back, until the others have enough. */
async function live(consumer: CarefulConsumer, lane: number): Promise<void> {
  for (let number = 1; working; number++) {
    const name = `order-${lane}-${number}-${random.between(0, 1) < 0.15 ? REFUSED : 'kept'}.`
    const id = await consumer.order(name)
    const { status } = await consumer.rest(id, 'Running', 'Failed')
    const fate: Fate = { id, name, status: status === 'Failed' ? 'Failed' : 'Running', size: 1 }
    fates.push(fate)
    if (fate.status === 'Running') {
      fate.size = 1 + number
      await consumer.resize(id, fate.size)
      await consumer.rest(id, 'Running')
    }
    if (random.between(0, 1) < 0.6) {
      await consumer.remove(id)
      await consumer.rest(id, 'Deleted')
      fate.status = 'Deleted'
    }
  }
}

/** Lists, again and again: no address is held by two, events have no gaps and never become fewer. */
async function read(): Promise<void> {
  let newest = 0
  for (; working; await sleep(40)) {
    for (const { client } of market.consumers) {
      const { items } = await client.call(services.list, { query: { pageSize: 100, sort: '-createdAt' } })
      const addresses = items.filter(({ status }) => status !== 'Deleted').map(({ properties }) => properties?.address)
      if (new Set(addresses).size !== addresses.length) problems.push(`an address is held by two: ${addresses}`)
    }
    const { items } = await market.admin.call(events.list, { query: { pageSize: 50, sort: '-sequenceNumber' } })
    const numbers = items.map(({ sequenceNumber }) => sequenceNumber)
    for (const [index, number] of numbers.entries())
      if (number !== (numbers[0] ?? 0) - index) problems.push(`a list of events has gaps: ${numbers}`)
    if ((numbers[0] ?? 0) < newest) problems.push(`events became fewer: ${newest}, then ${numbers[0]}`)
    newest = numbers[0] ?? 0
  }
}

/** @returns the status of a read with this token at this server; null when it is not there now */
async function statusAt(server: ServerProcess, token: string): Promise<number | null> {
  const answer = await fetch(`${server.url}/api/v1/services?pageSize=1`, {
    headers: { authorization: `Bearer ${token}` },
  }).catch(() => null)
  await answer?.body?.cancel().catch(() => {})
  return answer?.status ?? null
}

/** Repeats what was lost. Only for what may be done twice. */
async function insist<T>(send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      await sleep(50)
    }
  }
}

/** Asks each server until it answers so. @returns after how many milliseconds the last one did */
async function everywhere(token: string, status: number, what: string): Promise<number> {
  const start = performance.now()
  await Promise.all(
    running().map(async (server) => {
      for (let seen: number | null = null; server.running; await sleep(10)) {
        seen = await statusAt(server, token)
        // one that is only being started, or was just killed, lets nobody in
        if (seen === status || seen === null) return
        if (performance.now() - start < REFUSED_MS + SLACK_MS) continue
        problems.push(`${what}: a server answers ${seen}, not ${status}`)
        return
      }
    }),
  )
  return performance.now() - start
}

const refusals: number[] = []

/** Takes access away, in both ways, and looks at every server whether it holds there. */
async function takeAway(): Promise<void> {
  for (let number = 1; working; number++) {
    let visitor = await insist(() => market.visitor(`Visitor ${number}`))
    await everywhere(visitor.value, 200, 'a new token is good')
    const params = { id: visitor.tokenId }
    const { value = '' } = await insist(() => market.admin.call(tokens.regenerate, { params }))
    refusals.push(await everywhere(visitor.value, 401, 'the old value of a regenerated token is refused'))
    visitor = { ...visitor, value }
    await everywhere(value, 200, 'its new value is good')

    const change = (status: 'Enabled' | 'Disabled') =>
      insist(() => market.admin.call(participants.update, { params: { id: visitor.participantId }, body: { status } }))
    await change('Disabled')
    refusals.push(await everywhere(value, 403, 'a disabled participant is refused'))
    await change('Enabled')
    await everywhere(value, 200, 'an enabled one is let in again')
  }
}

let artifactsMoved = 0

/** Uploads through whatever servers there are, and reads it back at each of them. */
async function moveArtifacts(serviceId: string, client: FulcrumClient): Promise<void> {
  for (; working; await sleep(1_000)) {
    const content = randomBytes(ARTIFACT_BYTES)
    const [id, sha256] = [randomUUID(), createHash('sha256').update(content).digest('hex')]
    await client.uploadArtifact(id, async () => inChunks(content), { serviceId, kind: 'backup', format: 'raw' })
    const { stream } = await client.downloadArtifact(id)
    const digest = createHash('sha256')
    for await (const chunk of stream) digest.update(chunk)
    if (digest.digest('hex') !== sha256) problems.push(`artifact ${id} came back changed`)
    artifactsMoved++
  }
}

async function* inChunks(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 2 ** 18) yield content.subarray(at, at + 2 ** 18)
}

/** Kills one after the other, never the last one that runs, and starts each again. */
async function killThem(): Promise<number> {
  const restarts = new Set<Promise<void>>()
  let kills = 0
  while (kills < KILLS) {
    await sleep(random.between(...PAUSE_MS))
    // ready, not only running: the one that stays must be able to work
    const ready = servers.filter((server) => server.running && !starting.has(server))
    const [victim, another] = ready.toSorted(() => random.between(-1, 1))
    if (!victim || !another) continue
    await victim.kill()
    kills++
    starting.add(victim)
    const restart = sleep(random.between(...DOWN_MS))
      .then(() => victim.start())
      .finally(() => starting.delete(victim))
    restarts.add(restart)
  }
  await Promise.all(restarts)
  return kills
}
const starting = new Set<ServerProcess>()

test(`${SERVERS} servers work as one while they are killed ${KILLS} times`, (t) =>
  random.told(async () => {
    let number = 0
    const lanes = market.consumers.flatMap(({ client, groupIds }) =>
      Array.from({ length: LIVES_AT_ONCE }, () =>
        carefulConsumer(client, {
          groupId: () => groupIds[number++ % groupIds.length] ?? assert.fail(),
          serviceTypeId: market.serviceTypeId,
          agentId: () => market.agents[number % market.agents.length]?.id ?? assert.fail(),
        }),
      ),
    )
    const [first] = lanes
    const holder = (await first?.order('holder.')) ?? assert.fail()
    await first?.rest(holder, 'Running')
    fates.push({ id: holder, name: 'holder.', status: 'Running', size: 1 })
    const held = await market.admin.call(services.get, { params: { id: holder } })

    const startedMs = performance.now()
    const clients = [
      ...lanes.map((consumer, lane) => live(consumer, lane)),
      read(),
      takeAway(),
      moveArtifacts(holder, market.agentClient(held.agentId)),
    ]
    const stop = () => {
      working = false
    }
    for (const client of clients) client.catch(stop)
    const kills = await killThem().finally(stop)
    const chaosMs = performance.now() - startedMs
    await Promise.all(clients)

    t.diagnostic(
      `seed ${random.seed}: ${kills} kills in ${Math.round(chaosMs / 1_000)} s, ${fates.length} orders, ` +
        `${subscriber.seen.length} events, ${artifactsMoved} artifacts; the proxy repeated ${proxy.repeated} and lost ` +
        `${proxy.lost}; refused after ${describe(refusals)}`,
    )
    assert.ok(kills >= 15)
    assert.deepEqual(problems, [])
    assert.ok(median(refusals) < AT_ONCE_MS, `normally at once: ${describe(refusals)}`)
    assert.ok(artifactsMoved > 0)
    assert.ok(proxy.answered.every((count) => count > 0))
  }))

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

function describe(numbers: readonly number[]): string {
  return `${Math.round(median(numbers))} ms (median of ${numbers.length}), ${Math.round(Math.max(...numbers))} ms at most`
}

test('afterwards everything agrees, whichever server is asked', async () => {
  assert.equal(running().length, SERVERS)
  const worlds = await Promise.all(servers.map(readWorld))
  const world = worlds[0] ?? assert.fail()
  for (const other of worlds) assert.deepEqual(other, world)

  // every order has one service, in the state that its life led to
  const mine = world.services.filter(({ name }) => name.endsWith('.'))
  assert.equal(mine.length, fates.length)
  for (const { id, name, status, size } of fates) {
    const service = mine.find((one) => one.id === id) ?? assert.fail(`${name} is gone`)
    assert.deepEqual([service.name, service.status, service.properties?.size], [name, status, size])
    const own = world.jobs.filter((job) => job.serviceId === id)
    for (const job of own) {
      assert.ok(job.status === 'Completed' || job.status === 'Failed', `job ${job.action} of ${name} is ${job.status}`)
      assert.equal(market.runs.get(job.id), 1, `job ${job.action} of ${name} ran ${market.runs.get(job.id)} times`)
      if (job.status === 'Failed') assert.equal(job.errorMessage, 'as asked for')
    }
    const count = (action: string) => own.filter((job) => job.action === action).length
    assert.deepEqual([count('create'), count('delete')], [1, status === 'Deleted' ? 1 : 0], name)
    assert.equal(count('update'), size > 1 ? 1 : 0, name)
    const story = world.events.filter(({ entityId, type }) => entityId === id && type.startsWith('service.'))
    assert.deepEqual(gapsInStory(service, story, 'New'), [])
  }

  // the addresses are held by those who show them, each once
  const holding = new Map(
    world.values.filter(({ serviceId }) => serviceId !== undefined).map(({ value, serviceId }) => [value, serviceId]),
  )
  const showing = new Map(
    mine.filter(({ status }) => status !== 'Deleted').map(({ properties, id }) => [properties?.address, id]),
  )
  assert.deepEqual(new Map([...holding].toSorted()), new Map([...showing].toSorted()))
  assert.equal(new Set(world.values.map(({ value }) => value)).size, world.values.length)
})

test('the subscriber saw every event once and in order', async () => {
  const all = await collect(market.admin.all(events.list, { query: { sort: 'sequenceNumber' } }))
  await subscriber.stop(all.at(-1)?.sequenceNumber ?? 0, 10_000)
  assert.deepEqual(subscriber.problems, [])
  const numbers = all.map(({ sequenceNumber }) => sequenceNumber)
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  )
  const seen = subscriber.seen.slice(0, all.length).map(({ sequenceNumber, id }) => ({ sequenceNumber, id }))
  assert.deepEqual(
    seen,
    all.map(({ sequenceNumber, id }: Event) => ({ sequenceNumber, id })),
  )
})

async function readWorld({ url }: ServerProcess) {
  const client = new FulcrumClient({ url, token: ADMIN_TOKEN })
  try {
    const all = await collect(client.all(services.list, { query: { sort: 'createdAt' } }))
    return {
      services: all.map(withoutRelations),
      jobs: await collect(client.all(jobs.list, { query: { sort: 'createdAt' } })),
      // whose heartbeats come meanwhile
      events: (await collect(client.all(events.list, { query: { sort: 'sequenceNumber' } }))).filter(
        ({ type }) => !type.startsWith('agent.'),
      ),
      values: await collect(client.all(servicePoolValues.list, {})),
    }
  } finally {
    await client.close()
  }
}

/** Agents change by their heartbeats. */
function withoutRelations(service: Service): Service {
  const { agent: _agent, ...rest } = service as Service & { agent?: unknown } // an embedded relation that lists may have
  return rest
}
