import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { UnauthenticatedError } from '@fulcrum/client'
import type { ServiceType } from '@fulcrum/contract'
import type { AgentDefinition } from './agent.ts'
import { aJob, count, journalDir, lines, run, server } from './agent-under-test.ts'
import { fetchInstallConfig } from './install-config.ts'
import { JournalInUseError } from './journal-lock.ts'
import { ConfigurationError } from './run-agent.ts'

describe('secrets', () => {
  test('are resolved in configuration and parameters, null when gone, and on demand in properties', async () => {
    server.secrets.set('conf', 'conf-secret').set('param', { deep: 'param-secret' }).set('prop', 'prop-secret')
    server.agent.configuration = { key: 'vault://conf', list: ['vault://gone'] }
    const service = server.addService({ properties: { p: 'vault://prop' } })
    const job = server.addJob(service, 'act', { a: 'vault://param', b: 'vault://gone', c: 'plain' })
    let seen: unknown
    await run({
      handlers: {
        act: async ({ configuration, params, service: given, resolve, secret, log }) => {
          seen = { configuration, params, kept: given.properties, properties: await resolve(given.properties ?? {}) }
          log.info('all of it', { seen, one: await secret('vault://prop') })
          throw new Error('cannot use conf-secret and param-secret')
        },
      },
    })
    const { errorMessage } = await server.ended(job)
    assert.deepEqual(seen, {
      configuration: { key: 'conf-secret', list: [null] },
      params: { a: { deep: 'param-secret' }, b: null, c: 'plain' },
      kept: { p: 'vault://prop' },
      properties: { p: 'prop-secret' },
    })
    assert.equal(errorMessage, 'internal error of the agent: cannot use *** and ***')
    assert.doesNotMatch(lines.join(''), /conf-secret|param-secret|prop-secret|agent-token-of/)
  })
})

describe('heartbeat and health', () => {
  test('the agent is Connected at once, again and again, and Disconnected in the end', async () => {
    const agent = await run({}, { heartbeatMs: 20 })
    await server.until(() => server.statuses.length >= 4)
    await agent.stop()
    assert.deepEqual([...new Set(server.statuses)], ['Connected', 'Disconnected'])
    assert.equal(server.statuses.at(-1), 'Disconnected')
  })

  test('an agent that is not well tells so and takes no jobs until it is', async () => {
    let well = false
    const health = async () => well || Promise.reject(new Error('backend is down'))
    await run({ health, handlers: { act: async () => {} } }, { heartbeatMs: 20 })
    const job = aJob()
    await server.until(() => server.statuses.length >= 3)
    assert.deepEqual([...new Set(server.statuses)], ['Error'])
    assert.equal(server.jobs.get(job.id)?.status, 'Pending')
    well = true
    assert.equal((await server.ended(job)).status, 'Completed')
    assert.equal(server.statuses.at(-1), 'Connected')
  })
})

test('what a handler tells as the result of its job stands in the job', async () => {
  const result = { sizeBytes: 5, content: { digest: 'd' } }
  await run({ handlers: { export: async () => ({ result }), start: async () => undefined } })
  assert.deepEqual((await server.ended(server.addJob(server.addService(), 'export'))).result, result)
  assert.equal('result' in (await server.ended(server.addJob(server.addService(), 'start'))), false)
})

describe('metrics and tasks', () => {
  test('each running service of the agent is measured, over all pages', async () => {
    const states = { initialState: 'Fresh', terminalStates: ['Gone'], states: [], actions: [] }
    // The loop reads the lifecycle only.
    const serviceType = { lifecycleSchema: states } as unknown as ServiceType
    for (const status of ['Fresh', 'Gone']) server.addService({ status, serviceType })
    for (const status of ['New', 'Deleted']) server.addService({ status })
    server.addService({ status: 'Started', agentId: 'another' })
    const measured = Array.from(
      { length: 103 },
      (_, index) => server.addService({ status: 'Started', name: `s${index}` }).id,
    )
    await run({
      metrics: {
        report: async ({ name }) => {
          if (name === 's7') throw new Error('cannot be measured')
          return [{ resourceId: name, typeName: 'db.size', value: 5 }]
        },
      },
    })
    await server.until(() => server.metricEntries.length >= 102)
    assert.deepEqual(
      server.metricEntries.map((entry) => entry.serviceId).sort(),
      measured.filter((id) => server.services.get(id)?.name !== 's7').sort(),
    )
    await server.until(() => lines.some((line) => line.includes('cannot be measured')))
  })

  for (const [server_, fault, batches, singles] of [
    ['that knows batches', undefined, 1, 0],
    ['of API v1 without additions', 404, 1, 3],
  ] as const)
    test(`several measurements of a service reach a server ${server_}`, async () => {
      const path = '/metric-entries/batch'
      if (fault) server.fault = (request) => (request.path === path ? { status: fault } : undefined)
      server.addService({ status: 'Started' })
      const names = ['size', 'connections', 'transactions']
      let rounds = 0
      await run({
        metrics: {
          everyMs: 60_000,
          report: async () => {
            rounds++
            return names.map((typeName) => ({ resourceId: 'db', typeName, value: 1 }))
          },
        },
      })
      await server.until(() => server.metricEntries.length >= 3)
      assert.deepEqual(
        server.metricEntries.map((entry) => entry.typeName),
        names,
      )
      assert.equal(rounds, 1)
      const sent = (to: string) =>
        server.requests.filter((request) => request.method === 'POST' && request.path === to).length
      assert.deepEqual([sent(path), sent('/metric-entries')], [batches, singles])
    })

  test('a task runs again after it failed', async () => {
    let runs = 0
    const task = async () => {
      if (++runs === 1) throw new Error('once')
    }
    await run({ tasks: [{ name: 'watch', everyMs: 10, run: task }] })
    await server.until(() => runs >= 3)
    assert.ok(lines.some((line) => line.includes('"task":"watch"')))
  })
})

describe('the start', () => {
  test('waits for a server that is not there yet', async () => {
    await server.down()
    const starting = run()
    await server.until(() => lines.some((line) => line.includes('not available')))
    await server.up()
    await starting
  })

  test('ends with a wrong configuration or a failing connect, and frees the journal', async () => {
    const parseConfiguration = () => {
      throw new Error('host is missing')
    }
    await assert.rejects(run({ parseConfiguration }), (error) => {
      assert.ok(error instanceof ConfigurationError)
      return error.message.endsWith('is wrong: host is missing')
    })
    await assert.rejects(run({ connect: async () => Promise.reject(new Error('no backend')) }), /no backend/)
    assert.deepEqual(server.statuses, ['Error'])
    await run()
  })

  test('is refused while the journal is in use', async () => {
    await run()
    await assert.rejects(run(), JournalInUseError)
  })

  test('gives up a token that stays refused', async () => {
    await assert.rejects(run({}, { token: 'wrong', tokenPatienceMs: 0 }), UnauthenticatedError)
  })

  test('can be called off', async () => {
    await server.down()
    const controller = new AbortController()
    const starting = run({}, { signal: controller.signal })
    await server.until(() => lines.length > 0)
    controller.abort(new Error('called off'))
    await assert.rejects(starting, /called off/)
  })
})

describe('trouble on the way', () => {
  test('a restart of the server is survived', async () => {
    await run({ handlers: { act: async () => {} } })
    await server.until(() => count('GET', '/jobs/pending') >= 1)
    await server.down()
    await server.until(() => lines.some((line) => line.includes('not available')))
    const job = aJob()
    await server.up()
    assert.equal((await server.ended(job, 5_000)).status, 'Completed')
    assert.equal(lines.filter((line) => line.includes('"level":"warn"')).length, 1)
  })

  test('a refused token is said once, and a new one in the file is used', async () => {
    const tokenFile = join(journalDir, 'token')
    writeFileSync(tokenFile, `${server.token}\n`)
    await run({ handlers: { act: async () => {} } }, { tokenFile, heartbeatMs: 20 })
    server.token = 'the-second-token'
    await server.until(() => lines.some((line) => line.includes('refuses the token')))
    await server.until(() => server.requests.filter((request) => request.status === 401).length >= 3)
    writeFileSync(tokenFile, 'the-second-token')
    assert.equal((await server.ended(aJob(), 5_000)).status, 'Completed')
    assert.equal(lines.filter((line) => line.includes('refuses the token')).length, 1)
    assert.doesNotMatch(lines.join(''), /the-second-token/)
  })

  test('an agent whose token stays refused stops', async () => {
    const agent = await run({}, { tokenPatienceMs: 10, heartbeatMs: 10 })
    server.token = 'another'
    await assert.rejects(agent.stopped, UnauthenticatedError)
  })
})

describe('the end', () => {
  test('waits for running jobs and takes no new ones', async () => {
    let ran: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      ran = resolve
    })
    const job = aJob()
    let stopHook = false
    const agent = await run({
      handlers: {
        act: async () => {
          ran()
          await wait(100)
        },
      },
      stop: async () => {
        stopHook = true
      },
    })
    await begun
    const stopped = agent.stop()
    const later = aJob()
    await stopped
    assert.equal(server.jobs.get(job.id)?.status, 'Completed')
    assert.equal(server.jobs.get(later.id)?.status, 'Pending')
    assert.equal(stopHook, true)
  })

  test('leaves a job that does not end in time to the next start, without its completed steps', async () => {
    const job = aJob()
    const effects: string[] = []
    const attempts: number[] = []
    const act: AgentDefinition['handlers'][string] = async ({ once, attempt, signal }) => {
      attempts.push(attempt)
      const made = await once('make', async () => {
        effects.push('make')
        return { password: 'generated-secret' }
      })
      if (attempt === 1) await wait(60_000, undefined, { signal })
      return { properties: made }
    }
    const first = await run({ handlers: { act } }, { stopGraceMs: 20 })
    await server.until(() => effects.length === 1)
    await first.stop()
    assert.equal(server.jobs.get(job.id)?.status, 'Processing')
    const file = readFileSync(join(journalDir, server.agent.id, `${job.id}.jsonl`), 'utf8')
    assert.doesNotMatch(file, /generated-secret/)

    await run({ handlers: { act } })
    assert.equal((await server.ended(job)).status, 'Completed')
    assert.deepEqual(effects, ['make'])
    assert.deepEqual(attempts, [1, 2])
    assert.deepEqual(server.services.get(job.serviceId)?.properties, { password: 'generated-secret' })
  })

  test('a decided job is only reported again by the next start', async () => {
    const job = aJob()
    let runs = 0
    const act = async () => {
      runs++
      return { agentInstanceId: 'decided' }
    }
    server.fault = ({ path }) => (path.endsWith('/complete') ? { status: 503 } : undefined)
    const first = await run({ handlers: { act } }, { stopGraceMs: 20 })
    await server.until(() => count('POST', `/jobs/${job.id}/complete`) > 0)
    await first.stop()
    server.fault = () => undefined
    await run({ handlers: { act } })
    assert.equal((await server.ended(job)).status, 'Completed')
    assert.equal(runs, 1)
    assert.equal(server.services.get(job.serviceId)?.agentInstanceId, 'decided')
  })

  test('a claimed job is run again when the journal was lost, and other memories are removed', async () => {
    const job = server.addJob(server.addService(), 'act', {}, { status: 'Processing' })
    const attempts: number[] = []
    const folder = join(journalDir, server.agent.id)
    const first = await run()
    await first.stop()
    writeFileSync(join(folder, '00000000-0000-4000-8000-000000000000.jsonl'), '{"type":"claim"}\n')
    Object.assign(server.jobs.get(job.id) ?? {}, { status: 'Processing' })
    await run({
      handlers: {
        act: async ({ attempt }) => {
          attempts.push(attempt)
        },
      },
    })
    await server.until(() => attempts.length === 1)
    await server.until(() => readdirSync(folder).length === 0)
    assert.deepEqual(attempts, [2])
  })

  test('steps that another token sealed fail the job instead of running again', async () => {
    const job = aJob()
    let effects = 0
    const act: AgentDefinition['handlers'][string] = async ({ once, signal }) => {
      await once('make', async () => ++effects)
      await wait(60_000, undefined, { signal })
    }
    const first = await run({ handlers: { act } }, { stopGraceMs: 20 })
    const file = join(journalDir, server.agent.id, `${job.id}.jsonl`)
    await server.until(() => effects === 1 && readFileSync(file, 'utf8').includes('"type":"done"'))
    await first.stop()
    server.token = 'changed-while-stopped'
    await run({ handlers: { act } })
    assert.match((await server.ended(job)).errorMessage ?? '', /journal of this job was written with another token/)
    assert.equal(effects, 1)
  })
})

test('the install configuration is fetched by its address and bearer', async () => {
  server.token = 'bearer-of-install'
  server.fault = ({ path }) => (path === '/agents/install/abc/config' ? { status: 200, body: 'url: x' } : undefined)
  const text = await fetchInstallConfig(`${server.url}/api/v1/agents/install/abc/config`, 'bearer-of-install')
  assert.equal(text, '"url: x"')
  await assert.rejects(fetchInstallConfig(`${server.url}/other`, 'x'), /no install address/)
})
