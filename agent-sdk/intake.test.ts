import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '@fulcrum/contract'
import { type AgentDefinition, JobFailure, withParams } from './agent.ts'
import { aJob, count, journalDir, lines, run, server } from './agent-under-test.ts'

describe('a job', () => {
  test('is claimed, run and completed with all that the handler tells', async () => {
    const service = server.addService({ properties: { size: 1 } })
    const job = server.addJob(service, 'create', { size: 1 })
    await run({
      handlers: {
        create: async ({ params, service: given, attempt }) => ({
          agentInstanceId: `i-${given.name}`,
          agentInstanceData: { attempt, params },
          properties: { port: 5432 },
        }),
      },
    })
    assert.equal((await server.ended(job)).status, 'Completed')
    const after = server.services.get(service.id)
    assert.equal(after?.agentInstanceId, 'i-test-service')
    assert.deepEqual(after?.agentInstanceData, { attempt: 1, params: { size: 1 } })
    assert.deepEqual(after?.properties, { size: 1, port: 5432 })
    await server.until(() => readdirSync(join(journalDir, server.agent.id)).length === 0)
  })

  test('that comes later is taken at once through the long poll', async () => {
    await run({ handlers: { act: async () => {} } })
    await server.until(() => count('GET', '/jobs/pending') === 1)
    await server.ended(aJob(), 1_000)
    assert.ok(count('GET', '/jobs/pending') <= 4)
  })

  test('is found by plain polling when the server does not know how to wait', async () => {
    server.knowsWait = false
    await run({ handlers: { act: async () => {} } })
    await server.until(() => count('GET', '/jobs/pending') === 1)
    await server.ended(aJob(), 3_000)
  })

  test('is found when the server refuses the question to wait', async () => {
    let asked = 0
    server.fault = ({ path }) => (path === '/jobs/pending' && ++asked === 1 ? { status: 400 } : undefined)
    await run({ handlers: { act: async () => {} } })
    await server.ended(aJob(), 3_000)
  })

  test('with an unknown action is claimed and failed, and blocks nobody', async () => {
    const unknown = aJob('constructor')
    const known = aJob('act')
    await run({ handlers: { act: async () => {} } }, { parallelJobs: 1 })
    assert.equal((await server.ended(unknown)).errorMessage, "unsupported job action 'constructor'")
    assert.equal((await server.ended(known)).status, 'Completed')
    assert.equal(count('POST', `/jobs/${unknown.id}/claim`), 1)
  })

  test('fails with the text of a JobFailure, and with less of any other error', async () => {
    const refused = aJob('refuse')
    const broken = aJob('break')
    await run({
      handlers: {
        refuse: async () => Promise.reject(new JobFailure('the name is taken')),
        break: async () => Promise.reject(new TypeError('x is not a function')),
      },
    })
    assert.equal((await server.ended(refused)).errorMessage, 'the name is taken')
    assert.equal((await server.ended(broken)).errorMessage, 'internal error of the agent: x is not a function')
  })

  test('fails when its parameters are wrong', async () => {
    const job = aJob('grow', { sizeGb: 'much' })
    const parse = ({ sizeGb }: JsonObject) => {
      if (typeof sizeGb !== 'number') throw new Error('sizeGb must be a number')
      return { sizeGb }
    }
    await run({ handlers: { grow: withParams(parse, async () => {}) } })
    assert.equal((await server.ended(job)).errorMessage, 'sizeGb must be a number')
  })

  test('that takes too long is aborted and failed', async () => {
    const job = aJob()
    const act: AgentDefinition['handlers'][string] = async ({ signal }) => wait(60_000, undefined, { signal })
    await run({ handlers: { act } }, { jobTimeoutMs: 50 })
    assert.equal((await server.ended(job)).errorMessage, 'not finished within 0.05 s')
  })

  test('does not begin another step after its time', async () => {
    const job = aJob()
    let late = false
    await run(
      {
        handlers: {
          act: async ({ once }) => {
            await wait(80)
            await once('late', async () => {
              late = true
              return null
            })
          },
        },
      },
      { jobTimeoutMs: 40 },
    )
    assert.equal((await server.ended(job)).status, 'Failed')
    assert.equal(late, false)
  })

  test('runs beside others up to the limit, and the next of its group follows at once', async () => {
    let now = 0
    let most = 0
    const handler = async () => {
      most = Math.max(most, ++now)
      await wait(30)
      now--
    }
    const service = server.addService()
    const jobs = [
      ...Array.from({ length: 5 }, () => aJob()),
      server.addJob(service, 'act'),
      server.addJob(service, 'act'),
    ]
    await run({ handlers: { act: handler } }, { parallelJobs: 3 })
    await Promise.all(jobs.map((job) => server.ended(job, 3_000)))
    assert.equal(most, 3)
  })
})

describe('a report', () => {
  test('whose answer was lost is repeated and does no harm', async () => {
    const job = aJob()
    let calls = 0
    server.fault = ({ path }) => (path.endsWith('/complete') && ++calls === 1 ? 'lose answer' : undefined)
    await run({ handlers: { act: async () => {} } })
    await server.until(() => calls === 2 && readdirSync(join(journalDir, server.agent.id)).length === 0)
    assert.equal(server.jobs.get(job.id)?.status, 'Completed')
  })

  test('is repeated while the server is not available', async () => {
    const job = aJob()
    let calls = 0
    server.fault = ({ path }) => (path.endsWith('/complete') && ++calls === 1 ? { status: 503 } : undefined)
    await run({ handlers: { act: async () => {} } })
    assert.equal((await server.ended(job)).status, 'Completed')
    assert.equal(calls, 2)
  })

  test('that the server refuses for its content becomes a failure', async () => {
    const job = aJob()
    server.fault = ({ path }) =>
      path.endsWith('/complete')
        ? { status: 409, body: { status: 'Conflict', error: 'instance id is taken' } }
        : undefined
    await run({ handlers: { act: async () => ({ agentInstanceId: 'x' }) } })
    const { status, errorMessage } = await server.ended(job)
    assert.equal(status, 'Failed')
    assert.match(errorMessage ?? '', /^the result was refused: .*instance id is taken$/)
  })

  test('of a job that was decided elsewhere is dropped', async () => {
    const job = aJob()
    await run({
      handlers: {
        act: async () => {
          Object.assign(server.jobs.get(job.id) ?? {}, { status: 'Failed', errorMessage: 'timeout' })
        },
      },
    })
    await server.until(() => lines.some((line) => line.includes('does not wait for the result')))
    await server.until(() => readdirSync(join(journalDir, server.agent.id)).length === 0)
    assert.equal(server.jobs.get(job.id)?.errorMessage, 'timeout')
  })
})

test('a disabled agent takes up its jobs when it is enabled', async () => {
  const job = server.addJob(server.addService(), 'act', {}, { status: 'Processing' })
  server.fault = ({ path }) => (path === '/agents/me' ? undefined : { status: 403 })
  await run({ handlers: { act: async () => {} } })
  await server.until(() => count('GET', '/jobs') > 0)
  server.fault = () => undefined
  assert.equal((await server.ended(job)).status, 'Completed')
})

test('a secret that cannot be read now is waited for', async () => {
  server.secrets.set('s', 'value')
  const job = aJob('act', { s: 'vault://s' })
  let asked = 0
  server.fault = ({ path }) => (path === '/vault/secrets/s' && ++asked === 1 ? { status: 401 } : undefined)
  await run({ handlers: { act: async ({ params }) => ({ agentInstanceData: params }) } })
  assert.equal((await server.ended(job)).status, 'Completed')
  assert.deepEqual(server.services.get(job.serviceId)?.agentInstanceData, { s: 'value' })
})

describe('a claim', () => {
  test('whose answer was lost is ours', async () => {
    const job = aJob()
    let calls = 0
    server.fault = ({ path }) => (path.endsWith('/claim') && ++calls === 1 ? 'lose answer' : undefined)
    await run({ handlers: { act: async () => {} } })
    assert.equal((await server.ended(job)).status, 'Completed')
  })

  test('that is refused is not repeated at once', async () => {
    const job = aJob()
    server.fault = ({ path }) => (path.endsWith('/claim') ? { status: 403 } : undefined)
    await run({ handlers: { act: async () => {} } })
    await server.until(() => count('POST', `/jobs/${job.id}/claim`) === 1)
    await wait(300)
    assert.equal(count('POST', `/jobs/${job.id}/claim`), 1)
    assert.ok(count('GET', '/jobs/pending') < 4)
  })
})
