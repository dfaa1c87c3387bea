/**
 * Measures exposure and concentration over HTTP on a large portfolio: 10,000 services at 200 offerings for 50 consumers. Run by hand:
 * `FULCRUM_TEST_DSN=… node server/exposure/testing/measure-exposure.ts [runs]`; prints one line for each question.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ExposureRequest } from '@fulcrum/contract'
import type { Profile } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { insertAgent, insertGroup, insertServiceType, publishProfile, setPrice } from './portfolio.ts'

const SERVICES = 10_000
const CONSUMERS = 50
const AGENTS = 50
const TYPES = 4
const PROVIDERS = 10
const MIB = 2 ** 20

// the file is ours and has this form
const { profiles } = JSON.parse(readFileSync(new URL('../../testdata/exposure.json', import.meta.url), 'utf8')) as {
  profiles: Record<string, Profile>
}

/** Offerings with profiles of their own, evidence and prices; half of the services are classified. */
async function fill({ platform: { db }, ...server }: TestServer): Promise<string> {
  const types = await Promise.all(Array.from({ length: TYPES }, (_, index) => insertServiceType(db, `type ${index}`)))
  const facts = Object.values(profiles)
  const providers = await each(PROVIDERS, (index) => server.participant(`provider ${index}`))
  const consumers = await each(CONSUMERS, (index) => server.participant(`consumer ${index}`))
  const groups = await each(CONSUMERS, (index) => insertGroup(db, consumers[index]?.id ?? ''))
  const agents: { agentId: string; providerId: string }[] = []
  for (let index = 0; index < AGENTS; index++) {
    const providerId = providers[index % PROVIDERS]?.id ?? ''
    const agentId = await insertAgent(db, providerId, `agent ${index}`, types)
    agents.push({ agentId, providerId })
    for (const [at, serviceTypeId] of types.entries()) {
      const offering = { providerId, agentId, serviceTypeId }
      await publishProfile(db, offering, facts[(index + at) % facts.length] ?? { id: '' })
      await setPrice(db, offering, 100 + at, 'EUR')
    }
  }
  for (const [index, { id }] of providers.entries())
    await publishProfile(db, { providerId: id }, facts[index % facts.length] ?? { id: '' })
  await sql`
    INSERT INTO sovereignty_evidences (id, participant_id, kind, asserts_paths, verification_status, verification_level,
                                       checks, created_at, updated_at)
    SELECT gen_random_uuid(), id, 'self-declaration', '{/control,/location}', 'verified', 'self-declared', '[]', now(), now()
    FROM unnest(${providers.map(({ id }) => id)}::uuid[]) AS id, generate_series(1, 5)`.execute(db)
  const rows = Array.from({ length: SERVICES }, (_, index) => {
    const at = agents[index % AGENTS]
    return {
      id: randomUUID(),
      name: `service ${index}`,
      consumer: consumers[index % CONSUMERS]?.id,
      group: groups[index % CONSUMERS],
      agent: at?.agentId,
      provider: at?.providerId,
      type: types[Math.floor(index / AGENTS) % TYPES],
    }
  })
  await sql`
    INSERT INTO services (id, name, status, terminal, status_since, provider_id, consumer_id, group_id, agent_id,
                          service_type_id, created_at, updated_at)
    SELECT id, name, 'Started', false, now(), provider, consumer, "group", agent, type, now(), now()
    FROM json_to_recordset(${JSON.stringify(rows)}) AS row (id uuid, name text, consumer uuid, "group" uuid, agent uuid,
                                                             provider uuid, type uuid)`.execute(db)
  await sql`
    INSERT INTO service_classifications (service_id, consumer_id, criticality, monthly_spend, spend_currency, created_at,
                                         updated_at)
    SELECT id, consumer_id, (ARRAY['critical', 'important', 'normal'])[1 + n % 3], 10 + n % 90, 'EUR', now(), now()
    FROM (SELECT id, consumer_id, row_number() OVER () AS n FROM services) numbered WHERE n % 2 = 0`.execute(db)
  await sql`ANALYZE`.execute(db)
  return consumers[0]?.caller.token ?? ''
}

async function each<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (let index = 0; index < count; index++) made.push(await make(index))
  return made
}

type Question = { name: string; path: string; body?: ExposureRequest; token?: string }

/** Wall time of the whole call, until the last byte has come; processor time of this process, which is server and caller at once. */
async function ask({ url }: TestServer, { path, body, token }: Question, admin: string) {
  const [begun, spent] = [performance.now(), process.cpuUsage()]
  const response = await fetch(`${url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token ?? admin}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const ms = performance.now() - begun
  const { user, system } = process.cpuUsage(spent)
  if (response.status !== 200) throw new Error(text)
  return { ms, text, cpuMs: (user + system) / 1_000 }
}

const { positionals } = parseArgs({ allowPositionals: true })
const runs = Number(positionals[0] ?? 20)
const server = await startTestServer()
try {
  const consumer = await fill(server)
  const scenario = { type: 'cut-off', jurisdictions: ['US'], at: '2026-11-23T12:00:00Z' } as const
  const asked = { ...scenario, jurisdictions: ['US'] }
  const questions: Question[] = [
    { name: 'every service', path: '/exposure', body: { scenario: asked, pageSize: SERVICES } },
    { name: 'the hit ones', path: '/exposure', body: { scenario: asked, pageSize: SERVICES, detail: 'hit' } },
    { name: 'first 1000', path: '/exposure', body: { scenario: asked } },
    { name: 'sums alone', path: '/exposure', body: { scenario: asked, detail: 'none' } },
    { name: 'one consumer', path: '/exposure', body: { scenario: asked }, token: consumer },
    { name: 'concentration', path: '/concentration' },
  ]
  for (const question of questions) {
    const times: number[] = []
    const cpuTimes: number[] = []
    let sizeBytes = 0
    for (let run = 0; run < runs; run++) {
      const { ms, cpuMs, text } = await ask(server, question, server.admin.token)
      times.push(ms)
      cpuTimes.push(cpuMs)
      sizeBytes = Buffer.byteLength(text)
    }
    const at = (some: readonly number[], share: number) => {
      const sorted = some.toSorted((a, b) => a - b)
      return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
    }
    const { rss, heapUsed } = process.memoryUsage()
    const memory = `rss ${(rss / MIB).toFixed(0)} MiB, heap ${(heapUsed / MIB).toFixed(0)} MiB`
    process.stdout.write(
      `${question.name.padEnd(15)} p50 ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, least ${at(times, 0)} ms, processor p50 ${at(cpuTimes, 0.5)} ms, ` +
        `${(sizeBytes / 1024).toFixed(0)} KiB, ${memory}\n`,
    )
  }
} finally {
  await server.stop()
}
