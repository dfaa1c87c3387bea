/**
 * A federation leaves a provider that a foreign power can switch off. The demo as it is started by `npm start`: three databases
 * at the provider that a parent in the United States controls, applications that write to them, an order to cut it off in two
 * hours; once with everything alive, once with the provider dead and only copies elsewhere, once while processes are killed.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  agents,
  type EvacuationDetail,
  type EvacuationItem,
  evacuations,
  exposures,
  type Job,
  jobs,
  type Migration,
  migrations,
  type Service,
  serviceClassifications,
  vaultCopies,
} from '@fulcrum/contract'
import { parse } from 'yaml'
import { collect, findInconsistencies } from './testing/consistency.ts'
import { type Application, DIGEST, type Hospital, openHospital, query } from './testing/hospital.ts'
import { seededRandom } from './testing/seeded-random.ts'

const SOURCE = 'liffey-postgres'
const VAULT = 'alpenarchiv'
const VICTIMS = ['server', SOURCE, 'nordlicht-postgres', 'garonne-postgres'] as const
const KILLS = 20
/** From one death to the next. */
const LONGEST_LIFE_MS = 4_000
const CUT_OFF = { type: 'cut-off' as const, jurisdictions: ['US'], graceHours: 2 }

const random = seededRandom()
let it: Hospital
before(async () => {
  it = await openHospital()
})
after(() => it?.close())

const migrationOf = (id: string) => it.insist(() => it.client.call(migrations.get, { params: { id } }))

const evacuate = () =>
  it.insist(() =>
    it.client.call(evacuations.create, {
      body: { providerId: it.placeOf(SOURCE).providerId, scenario: CUT_OFF, retrievalHours: 0 },
    }),
  )

/** Waits until everything has been cut over, and until the sources are what they are to be in the end. */
async function evacuated(id: string): Promise<EvacuationDetail> {
  return it.until(async () => {
    const found = await it.insist(() => it.client.call(evacuations.get, { params: { id } }))
    return !['running', 'cancelling'].includes(found.state) && found
  }, 'the evacuation to end')
}

const itemOf = ({ items }: EvacuationDetail, { id }: Service): EvacuationItem =>
  items.find(({ serviceId }) => serviceId === id) ?? assert.fail('the service is not in the evacuation')

async function finished(item: EvacuationItem): Promise<Migration> {
  const id = item.migrationId ?? assert.fail(`${item.serviceName} has no migration: ${item.failure ?? item.detail}`)
  return it.until(async () => {
    const migration = await migrationOf(id)
    assert.equal(migration.failure, undefined)
    return migration.endedAt !== undefined && migration
  }, `the migration of ${item.serviceName} to end`)
}

const jobsOf = (serviceId: string, action: string) =>
  collect(it.client.all(jobs.list, { query: { serviceId, action, status: 'Completed', sort: 'createdAt' } }))

/** What an agent told of the content; the agent of the demo tells an object. */
const contentOf = (job: Job | undefined) => job?.result?.content as { algorithm: string; digest: string } | undefined

/** The new place is an allowed one, has everything, works, and is the only one left. */
async function arrived(
  { service, content, writer, connection }: Application,
  item: EvacuationItem,
): Promise<Migration> {
  const migration = await finished(item)
  assert.equal(migration.state, 'done')
  assert.equal(migration.verification, 'verified')
  const targetId = migration.targetServiceId ?? assert.fail()
  assert.equal(migration.primaryServiceId, targetId)
  assert.notEqual(migration.targetProviderId, it.placeOf(SOURCE).providerId)
  assert.equal((await it.serviceOf(service.id)).status, 'Deleted')
  await assert.rejects(query(connection, 'SELECT 1'))

  const target = await it.serviceOf(targetId)
  assert.equal(target.status, 'Running')
  assert.equal(target.name, service.name)
  const there = await it.connectionOf(target)
  assert.deepEqual(await query(there, DIGEST), [content])
  const rows = await query<{ n: string }>(there, 'SELECT n FROM journal ORDER BY n')
  const kept = new Set(rows.map(({ n }) => Number(n)))
  if (migration.from === 'live')
    assert.deepEqual(
      writer.acknowledged.filter((n) => !kept.has(n)),
      [],
      'rows that were acknowledged are lost',
    )
  for (const n of kept) assert.ok(writer.sent.has(n), `row ${n} was never written`)
  await query(there, `INSERT INTO patients (name) VALUES ('after the move'); DELETE FROM patients WHERE id > 3000`)
  return migration
}

describe('the evacuation of a provider that can be switched off from abroad', () => {
  let all: Application[]
  let elsewhere: Service
  let evacuation: EvacuationDetail

  test('is worth it: a cut-off by the United States in two hours hits exactly what runs there', async () => {
    elsewhere = await it.ordered('archive', 'nordlicht-postgres', 'research')
    all = []
    for (const name of ['records', 'images', 'appointments'])
      all.push(await it.anApplication(name, SOURCE, 'patient-portal'))
    const body = { criticality: 'critical', rtoTargetSeconds: 7_200, rpoTargetSeconds: 0 } as const
    const [first = assert.fail()] = all
    await it.client.call(serviceClassifications.put, { params: { id: first.service.id }, body })

    const exposed = await it.client.call(exposures.calculate, {
      body: { scenario: CUT_OFF, detail: 'hit' },
    })
    const { totals, services: { items: hit } = assert.fail() } = exposed
    assert.deepEqual([totals.services, totals.hit, totals.blastRadius], [4, 3, 0.75])
    assert.deepEqual([totals.critical, totals.criticalHit], [1, 1])
    assert.deepEqual(hit.map(({ serviceId }) => serviceId).toSorted(), all.map(({ service }) => service.id).toSorted())
    assert.ok(hit.every(({ impact, reasons }) => impact === 'lost' && reasons.includes('CONTROLLED_FROM')))
    assert.ok(!hit.some(({ serviceId }) => serviceId === elsewhere.id))
  })

  test('moves all of it to allowed providers while applications write until the cut-over', async () => {
    for (const { writer } of all)
      await it.until(async () => writer.acknowledged.length > 50, 'the applications to write')
    evacuation = await evacuated((await evacuate()).id)
    assert.equal(evacuation.state, 'done', JSON.stringify(evacuation.items, null, 1))
    assert.equal(evacuation.progress.moved, 3)
    await Promise.all(all.map(({ writer }) => writer.stop()))
    for (const moving of all) {
      const item = itemOf(evacuation, moving.service)
      assert.equal(item.state, 'moved')
      assert.equal(item.measuredRpoSeconds, 0)
      assert.ok((item.measuredRtoSeconds ?? Number.POSITIVE_INFINITY) < 7_200)
      const migration = await arrived(moving, item)
      assert.equal(migration.from, 'live')
    }
    assert.equal((await it.serviceOf(elsewhere.id)).agentId, it.placeOf('nordlicht-postgres').id)
  })

  test('has compared what the two agents saw', async () => {
    for (const { service } of all) {
      const { targetServiceId = assert.fail() } = itemOf(evacuation, service)
      const [exported, imported] = [await jobsOf(service.id, 'export'), await jobsOf(targetServiceId, 'import')]
      const [a, b] = [contentOf(exported.at(-1)), contentOf(imported.at(-1))]
      assert.equal(a?.algorithm, 'fulcrum-postgresql-content-1')
      assert.deepEqual(b, a)
    }
  })

  test('leaves everything whole', async () => {
    assert.deepEqual(await findInconsistencies(it.demo), [])
  })
})

describe('when the provider is dead already', () => {
  test('its databases come back from copies elsewhere, and what is lost is said truthfully', async () => {
    const all: Application[] = []
    for (const name of ['lab', 'wards', 'pharmacy']) all.push(await it.anApplication(name, SOURCE, 'research'))
    const takenAt = new Map<string, number>()
    for (const { service } of all) {
      const { id } = service
      const copy = await it.client.call(vaultCopies.create, { params: { id }, body: { store: VAULT } })
      const stored = await it.until(async () => {
        const found = await it.client.call(vaultCopies.get, { params: { id: copy.id } })
        assert.notEqual(found.state, 'failed', found.reason)
        return found.state === 'stored' && found
      }, 'the copy to be stored')
      takenAt.set(id, Date.parse(stored.takenAt ?? ''))
    }
    await sleep(2_000)
    const death = await killProvider()
    try {
      await Promise.all(all.map(({ writer }) => writer.stop()))
      await it.until(async () => {
        const { status } = await it.admin.call(agents.get, { params: { id: it.placeOf(SOURCE).id } })
        return status === 'Disconnected'
      }, 'the server to notice')
      const evacuation = await evacuated((await evacuate()).id)
      assert.equal(evacuation.state, 'done', JSON.stringify(evacuation.items, null, 1))
      for (const { service, writer, content } of all) {
        const item = itemOf(evacuation, service)
        assert.deepEqual([item.state, item.from], ['moved', 'vault'])
        const taken = takenAt.get(service.id) ?? assert.fail()
        assert.equal(Date.parse(item.vaultCopyTakenAt ?? ''), taken)
        const migration = await migrationOf(item.migrationId ?? assert.fail())
        assert.equal(migration.verification, 'verified')
        assert.equal(migration.primaryServiceId, migration.targetServiceId)
        const age = (Date.parse(item.cutOverAt ?? '') - taken) / 1_000
        assert.ok(
          Math.abs((item.measuredRpoSeconds ?? 0) - age) < 2,
          `${item.measuredRpoSeconds} s instead of ${age} s`,
        )

        const there = await it.connectionOf(await it.serviceOf(migration.targetServiceId ?? assert.fail()))
        assert.deepEqual(await query(there, DIGEST), [content])
        const rows = await query<{ n: string; at: Date }>(there, 'SELECT n, at FROM journal ORDER BY n')
        // all that was acknowledged before the copy is there, and nothing that was written after it
        assert.ok(rows.length > 0 && rows.length < writer.acknowledged.length)
        assert.ok((rows.at(-1)?.at.getTime() ?? 0) <= taken + 1_000)
        assert.deepEqual(
          rows.map(({ n }) => Number(n)),
          writer.acknowledged.slice(0, rows.length),
        )
      }
    } finally {
      await death.revive()
    }
    for (const { service } of all) {
      const [migration = assert.fail()] = await collect(
        it.client.all(migrations.list, { query: { serviceId: service.id, sort: '-createdAt' } }),
      )
      // when the agent is back, its first job is to stop the source, which then is deleted as if nothing had been
      await it.until(async () => (await migrationOf(migration.id)).endedAt !== undefined, 'the migration to end')
      const { fence, state } = await migrationOf(migration.id)
      assert.deepEqual([fence, state], ['done', 'done'])
      assert.equal((await it.serviceOf(service.id)).status, 'Deleted')
    }
    assert.deepEqual(await findInconsistencies(it.demo), [])
  })
})

describe('an evacuation during which processes die', () => {
  test(`loses nothing and leaves one primary, after ${KILLS} deaths of the server and of agents`, async (t) => {
    await random.told(async () => {
      let kills = 0
      const died = new Map<string, number>()
      for (let round = 1; kills < KILLS; round++) {
        const all = [
          await it.anApplication(`first-${round}`, SOURCE, 'patient-portal'),
          await it.anApplication(`second-${round}`, SOURCE, 'research'),
        ]
        for (const { writer } of all)
          await it.until(async () => writer.acknowledged.length > 20, 'the applications to write')
        const { id } = await evacuate()
        let over = false
        const ended = evacuated(id).finally(() => {
          over = true
        })
        while (!over && kills < KILLS) {
          await sleep(random.between(0, LONGEST_LIFE_MS))
          if (over) break
          const victim = random.pick(VICTIMS)
          if (!kill(victim)) continue
          kills++
          died.set(victim, (died.get(victim) ?? 0) + 1)
        }
        const evacuation = await ended
        assert.equal(evacuation.state, 'done', JSON.stringify(evacuation.items, null, 1))
        await Promise.all(all.map(({ writer }) => writer.stop()))
        for (const moving of all) await arrived(moving, itemOf(evacuation, moving.service))
      }
      t.diagnostic(`kills ${JSON.stringify(Object.fromEntries(died))}, seed ${random.seed}`)
    })
    assert.deepEqual(await findInconsistencies(it.demo), [])
  })
})

const killed = new Map<string, number>()

/** @returns false while there is no process of that name that has not been killed already */
function kill(name: string): boolean {
  try {
    const pid = it.demo.pid(name)
    if (killed.get(name) === pid) return false
    process.kill(pid, 'SIGKILL')
    killed.set(name, pid)
    return true
  } catch {
    return false
  }
}

/** Stands the agent still and ends its PostgreSQL; whoever starts that again finds its port taken. */
async function killProvider(): Promise<{ revive(): Promise<void> }> {
  const agent = it.demo.pid(SOURCE)
  const dir = path.join(it.demo.dataDir, 'demo/agents', SOURCE, 'postgres')
  const postmaster = Number(readFileSync(path.join(dir, 'data/postmaster.pid'), 'utf8').split('\n')[0])
  const { providers } = parse(readFileSync(path.join(it.demo.dataDir, 'federation.yaml'), 'utf8'))
  const entry = providers
    .flatMap((provider: { agents: { name: string; server: { port: number } }[] }) => provider.agents)
    .find(({ name }: { name: string }) => name === SOURCE)
  process.kill(agent, 'SIGSTOP')
  process.kill(postmaster, 'SIGQUIT')
  const squatter = createServer((socket) => socket.destroy())
  await it.until(
    () =>
      new Promise<boolean>((resolve) => {
        squatter.once('error', () => resolve(false))
        squatter.listen(entry.server.port, '127.0.0.1', () => resolve(true))
      }),
    'the port of the dead PostgreSQL',
  )
  return {
    async revive() {
      await new Promise((resolve) => squatter.close(resolve))
      process.kill(agent, 'SIGCONT')
    },
  }
}
