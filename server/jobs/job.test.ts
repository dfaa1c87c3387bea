/** Jobs against the contract's vectors, and over HTTP: the queue, the claim, who may do what. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { sql } from 'kysely'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { type Caller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { readVectors } from '../testing/vectors.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer()
  federation = await aFederation(server)
})
after(() => server.stop())

const jobOf = async (serviceId: string) =>
  (await server.admin.get(`/jobs?serviceId=${serviceId}&sort=-createdAt`)).body.items[0]

type GivenJob = { name: string; agent: string; group: string; priority: number; age: number; status: string }

describe('job-pending', () => {
  for (const { name, given, expect, quirk } of readVectors('job-pending').vectors)
    test(name, async () => {
      const world = await aFederation(server)
      const agents: Record<string, { id: string; caller: Caller }> = { a1: world.agent, a2: await world.sibling('a2') }
      const groups = new Map<string, string>()
      const names = new Map<string, string>()
      for (const job of given.jobs as GivenJob[]) {
        if (!groups.has(job.group)) groups.set(job.group, await world.group())
        // a service each, also where the vector gives one service two open jobs: ours cannot have two (Q-NO-LOCKS)
        const { id } = await jobOf(await world.order({}, groups.get(job.group)))
        names.set(id, job.name)
        await sql`
          UPDATE jobs SET agent_id = ${agents[job.agent]?.id}, priority = ${job.priority}, status = ${job.status},
                          created_at = now() - make_interval(secs => ${job.age})
          WHERE id = ${id}`.execute(server.platform.db)
      }
      const reply = await agents[String(given.agent)]?.caller.get(`/jobs/pending?limit=${given.limit}`)
      const offered = reply?.body.map((job: { id: string }) => names.get(job.id))
      const inOrder = (quirk?.recommend as JsonObject | undefined)?.offeredInOrder
      if (inOrder) assert.deepEqual(offered, inOrder)
      else assert.deepEqual(offered.toSorted(), expect.offered)
    })
})

describe('a claim', () => {
  // Without `forUpdate` in `lockJob` several of these claims answer 204.
  test('of a job is won by one of twenty', async () => {
    const { id } = await jobOf(await federation.order({}, await federation.group()))
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => federation.agent.caller.post(`/jobs/${id}/claim`)),
    )
    assert.deepEqual(replies.map(({ status }) => status).toSorted(), [204, ...Array(19).fill(409)])
  })

  test('comes with a JSON content type and no body, as agents have always sent it', async () => {
    const { id } = await jobOf(await federation.order({}, await federation.group()))
    const response = await fetch(`${server.url}/api/v1/jobs/${id}/claim`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${federation.agent.caller.token}`,
        'content-type': 'application/json',
        'content-length': '0',
      },
    })
    assert.equal(response.status, 204)
  })

  test('is for the agent of the job alone', async () => {
    const { id } = await jobOf(await federation.order({}, await federation.group()))
    const sibling = await federation.sibling('sibling of the claim')
    for (const [caller, status] of [
      [sibling.caller, 403],
      [(await aFederation(server)).agent.caller, 403],
      [federation.consumer.caller, 403],
      [server.admin, 403],
    ] as const)
      for (const [what, body] of [
        ['claim', undefined],
        ['complete', {}],
        ['fail', {}],
      ] as const)
        assert.equal((await caller.post(`/jobs/${id}/${what}`, body)).status, status)
    assert.equal((await federation.agent.caller.post(`/jobs/${randomUUID()}/claim`)).status, 404)
    assert.equal((await federation.agent.caller.post('/jobs/nonsense/claim')).status, 400)
  })
})

describe('reporting', () => {
  test('of two at once, complete and fail, one counts', async () => {
    for (let round = 0; round < 10; round++) {
      const serviceId = await federation.order({}, await federation.group())
      const { id } = await jobOf(serviceId)
      await federation.agent.caller.post(`/jobs/${id}/claim`)
      const replies = await Promise.all([
        federation.agent.caller.post(`/jobs/${id}/complete`, {}),
        federation.agent.caller.post(`/jobs/${id}/fail`, { errorMessage: 'x' }),
      ])
      assert.deepEqual(replies.map(({ status }) => status).toSorted(), [204, 400])
      const events = (await server.admin.get(`/events?entityId=${serviceId}&type=transitioned`)).body
      assert.equal(events.totalItems, 1)
    }
  })

  test('complete without a body is refused, with an empty object it is legal', async () => {
    const { id } = await jobOf(await federation.order({}, await federation.group()))
    await federation.agent.caller.post(`/jobs/${id}/claim`)
    assert.equal((await federation.agent.caller.post(`/jobs/${id}/complete`)).status, 400)
    assert.equal((await federation.agent.caller.post(`/jobs/${id}/complete`, {})).status, 204)
  })
})

describe('the result of a job', () => {
  async function claimed() {
    const serviceId = await federation.order({}, await federation.group())
    const { id } = await jobOf(serviceId)
    await federation.agent.caller.post(`/jobs/${id}/claim`)
    return { id, serviceId }
  }

  test('is kept with the job and changes nothing of the service', async () => {
    const { id, serviceId } = await claimed()
    const result = { artifactId: randomUUID(), sizeBytes: 5, content: { algorithm: 'a', digest: 'd' } }
    assert.equal((await federation.agent.caller.post(`/jobs/${id}/complete`, { result })).status, 204)
    assert.deepEqual((await federation.consumer.caller.get(`/jobs/${id}`)).body.result, result)
    assert.deepEqual((await jobOf(serviceId)).result, result)
    assert.equal(JSON.stringify((await server.admin.get(`/services/${serviceId}`)).body).includes('artifactId'), false)
  })

  test('is absent when the agent tells none', async () => {
    for (const body of [{}, { result: null }]) {
      const { id } = await claimed()
      assert.equal((await federation.agent.caller.post(`/jobs/${id}/complete`, body)).status, 204)
      assert.equal('result' in (await server.admin.get(`/jobs/${id}`)).body, false)
    }
  })

  test('is an object of at most 64 KiB; another one leaves the job with its agent', async () => {
    const { id } = await claimed()
    const complete = (result: unknown) => federation.agent.caller.post(`/jobs/${id}/complete`, { result })
    const ofBytes = (bytes: number) => ({ t: 'x'.repeat(bytes - '{"t":""}'.length) })
    for (const wrong of ['text', 5, ['a']]) assert.equal((await complete(wrong)).status, 400)
    const { status, body } = await complete(ofBytes(65_537))
    assert.deepEqual(
      [status, body.error],
      [400, 'invalid input: the result of a job may have 65536 bytes at most; this one has 65537'],
    )
    assert.equal((await server.admin.get(`/jobs/${id}`)).body.status, 'Processing')
    assert.equal((await complete(ofBytes(65_536))).status, 204)
  })
})

describe('two orders of one action at once', () => {
  // Without the lock on the service's row both are accepted now and then, or one of them is a 500.
  test('make one job', async () => {
    for (let round = 0; round < 10; round++) {
      const serviceId = await federation.order({}, await federation.group())
      await federation.complete(serviceId)
      const replies = await Promise.all(
        Array.from({ length: 6 }, () => federation.consumer.caller.post(`/services/${serviceId}/stop`)),
      )
      assert.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 400, 400, 400, 400, 400])
    }
  })
})

describe('waiting for a job', () => {
  test('ends when one comes, long before the time is up', async () => {
    const { caller } = await federation.sibling('waits')
    const world = await aFederation(server)
    const waiting = world.agent.caller.get('/jobs/pending?wait=30')
    const nobody = caller.get('/jobs/pending?wait=0.2')
    assert.deepEqual((await nobody).body, [])
    const started = performance.now()
    const serviceId = await world.order()
    const { body } = await waiting
    assert.equal(body[0].serviceId, serviceId)
    assert.equal(body[0].service.id, serviceId)
    assert.ok(performance.now() - started < 5_000)
  })

  test('ends when a job of the same group has ended and the next may start', async () => {
    const world = await aFederation(server)
    const first = await jobOf(await world.order())
    const second = await jobOf(await world.order())
    await world.agent.caller.post(`/jobs/${first.id}/claim`)
    const waiting = world.agent.caller.get('/jobs/pending?wait=30')
    await world.agent.caller.post(`/jobs/${first.id}/complete`, {})
    assert.deepEqual(
      (await waiting).body.map((job: { id: string }) => job.id),
      [second.id],
    )
  })

  test('is heard across processes', async () => {
    const world = await aFederation(server)
    const other = await startTestServer({ FULCRUM_DB_DSN: server.database })
    try {
      const waiting = other.as(world.agent.caller.token).get('/jobs/pending?wait=30')
      await new Promise((resolve) => setTimeout(resolve, 200))
      const started = performance.now()
      const serviceId = await world.order()
      assert.equal((await waiting).body[0].serviceId, serviceId)
      // a lost signal would be made good after ten seconds only
      assert.ok(performance.now() - started < 5_000)
    } finally {
      await other.stop()
    }
  })
})

describe('why', () => {
  test('tells what a pending job waits for, and of a failed one the reason', async () => {
    const world = await aFederation(server)
    const serviceId = await world.order()
    const second = await world.order()
    const why = async (path: string) => (await world.consumer.caller.get(`${path}/why`)).body
    assert.equal((await why(`/services/${serviceId}`)).state, 'waiting')
    assert.match((await why(`/services/${serviceId}`)).summary, /was never heard of/)

    await world.agent.caller.put('/agents/me/status', { status: 'Connected' })
    assert.match((await why(`/services/${second}`)).summary, /1 job\(s\) of the same group/)
    const job = await jobOf(serviceId)
    await world.agent.caller.post(`/jobs/${job.id}/claim`)
    assert.equal((await why(`/jobs/${job.id}`)).state, 'working')
    assert.match((await why(`/services/${second}`)).summary, /waits for create of service/)

    await world.agent.caller.post(`/jobs/${job.id}/fail`, { errorMessage: 'no room on the host' })
    const failed = await why(`/services/${serviceId}`)
    assert.equal(failed.state, 'failed')
    assert.match(failed.summary, /no room on the host/)
    assert.deepEqual(failed.possibleIf, ['action delete'])
    const stranger = (await aFederation(server)).consumer.caller
    assert.equal((await stranger.get(`/services/${serviceId}/why`)).status, 403)
  })

  test('tells what restricts a running service, in the words of its agent', async () => {
    const world = await aFederation(server)
    const serviceId = await world.order()
    await world.complete(serviceId)
    const report = (conditions: unknown[]) =>
      world.agent.caller.put(`/services/${serviceId}/conditions`, { conditions })
    const condition = {
      type: 'StorageLimitReached',
      message: 'The storage limit of 1 GiB is reached: order a bigger plan.',
    }
    assert.equal((await report([condition])).status, 204)
    assert.equal((await report([condition])).status, 204)
    const why = (await world.consumer.caller.get(`/services/${serviceId}/why`)).body
    assert.deepEqual([why.state, why.summary], ['restricted', condition.message])
    const events = (await server.admin.get(`/events?entityId=${serviceId}&type=conditions`)).body
    assert.equal(events.totalItems, 1)
    assert.equal((await report([{ type: 'not camel', message: 'x' }])).status, 400)
    assert.equal((await report([])).status, 204)
    assert.equal((await world.consumer.caller.get(`/services/${serviceId}/why`)).body.state, 'done')
  })
})
