/**
 * Runs the command line as a process of its own against an API in memory, for the tests of commands: a few services, a
 * profile-less environment, and checks that hold for every run.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach } from 'node:test'
import { type FakeApi, startFakeApi, TOKEN } from './fake-api.ts'

export const id = (n: number) => `0192f0c1-0000-7000-8000-${String(n).padStart(12, '0')}`
export const stamps = { createdAt: '2026-11-24T00:00:00Z', updatedAt: '2026-11-24T00:00:00Z' }

export const TYPE = {
  id: id(1),
  name: 'postgres',
  propertySchema: {
    validators: null,
    properties: {
      storageGb: { type: 'integer', label: 'Storage', required: true, immutable: false },
      size: {
        type: 'string',
        label: '',
        required: true,
        immutable: false,
        validators: [{ type: 'serviceOption', config: { value: 'pg_size' } }],
      },
    },
  },
  lifecycleSchema: {
    states: [{ name: 'New' }, { name: 'Started' }, { name: 'Stopped' }, { name: 'Deleted' }],
    initialState: 'New',
    terminalStates: ['Deleted'],
    actions: [
      { name: 'create', transitions: [{ from: 'New', to: 'Started' }] },
      { name: 'stop', transitions: [{ from: 'Started', to: 'Stopped' }] },
      { name: 'start', transitions: [{ from: 'Stopped', to: 'Started' }] },
      { name: 'update', transitions: [{ from: 'Started', to: 'Started' }] },
      { name: 'delete', transitions: [{ from: 'Started', to: 'Deleted' }] },
    ],
  },
  ...stamps,
}
export const AGENT = {
  id: id(2),
  name: 'pg-1',
  status: 'Connected',
  providerId: id(3),
  agentTypeId: id(4),
  tags: null,
  ...stamps,
}
export const service = (n: number, name: string, status: string) => ({
  id: id(n),
  name,
  status,
  providerId: id(3),
  consumerId: id(5),
  agentId: AGENT.id,
  agent: AGENT,
  serviceTypeId: TYPE.id,
  serviceType: TYPE,
  groupId: id(6),
  properties: {
    host: 'db.example',
    port: 5432,
    database: 'crm',
    username: 'crm',
    password: 'vault://ref',
    storageGb: 20,
  },
  ...stamps,
})
export const job = (n: number, serviceId: string, action: string, status: string, more = {}) => ({
  id: id(n),
  serviceId,
  action,
  status,
  priority: 1,
  providerId: id(3),
  consumerId: id(5),
  agentId: AGENT.id,
  ...stamps,
  ...more,
})

/** A directory for the time of one test file, and the API of the running test. */
export let root: string
export let api: FakeApi
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'fulcrum-cli-'))
})
after(async () => await rm(root, { recursive: true }))
beforeEach(async () => {
  api = await startFakeApi({
    participants: [{ id: id(5), name: 'City', status: 'Enabled', ...stamps }],
    tokens: [],
    agents: [AGENT],
    services: [service(10, 'crm', 'Started'), service(11, 'crm', 'Deleted'), service(12, 'twin', 'Started')],
    'service-types': [TYPE],
    'service-groups': [{ id: id(6), name: 'main', consumerId: id(5), ...stamps }],
    offers: [
      offer(id(3), 'ACME', AGENT.id, 'pg-1', ['eu', 'gold'], { Small: 'db-s', Large: 'db-l' }),
      offer(id(8), 'Beta', id(9), 'pg-2', ['eu'], { Small: 'beta.small', Huge: 'beta.huge' }),
    ],
    'service-option-types': [{ id: id(7), name: 'Size', type: 'pg_size', description: '', ...stamps }],
    'service-options': [option(20, id(3), 'Small', 'db-s'), option(21, id(3), 'Large', 'db-l')],
    jobs: [],
    events: [],
  })
})
afterEach(async () => await api.close())

export function offer(
  ...[providerId, providerName, agentId, agentName, tags, sizes]: [string, string, string, string, string[], object]
) {
  const options = Object.entries(sizes).map(([name, value]) => ({ type: 'pg_size', name, value }))
  return { providerId, providerName, agentId, agentName, tags, connected: true, options }
}

function option(n: number, providerId: string, name: string, value: string) {
  const rest = { serviceOptionTypeId: id(7), enabled: true, displayOrder: n, ...stamps }
  return { id: id(n), providerId, name, value, ...rest }
}

export function start(args: string[], env: Record<string, string | undefined> = {}): ChildProcess {
  const settings = { FULCRUM_URL: api.url, FULCRUM_TOKEN: TOKEN, ...env }
  const own = { HOME: root, PATH: process.env.PATH, XDG_CONFIG_HOME: join(root, 'config'), XDG_CACHE_HOME: root }
  const main = join(import.meta.dirname, 'fulcrum.js')
  return spawn(process.execPath, [main, ...args], { env: { ...own, ...settings }, stdio: ['pipe', 'pipe', 'pipe'] })
}

export async function ended(child: ChildProcess, input = '') {
  const { stdin, stdout, stderr } = child
  assert.ok(stdin && stdout && stderr)
  stdin.end(input)
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
  assert.ok(!(out + err).includes(TOKEN), 'the token was printed')
  assert.ok(!/^\s+at .*\.ts:\d+/m.test(err), `a stack trace was printed: ${err}`)
  return { out, err, code: Number(code) }
}

export const fulcrum = async (...args: string[]) => await ended(start(args))
export const sent = (line: string) => api.requests.filter((request) => request.line.startsWith(line))
