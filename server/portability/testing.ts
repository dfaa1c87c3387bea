/** What the tests of the vault share: a server with stores, a service that can be exported, and an agent that is played by hand. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { aFederation, LIFECYCLE, PROPERTY_SCHEMA, type TestFederation } from '../testing/federation.ts'
import { type Reply, startTestServer, type TestServer } from '../testing/test-server.ts'
import { runVault } from './index.ts'

const HOUR_MS = 3_600_000

export type VaultServer = {
  server: TestServer
  federation: TestFederation
  /** A running service of the consumer, in a group of its own, whose type exports `raw`. */
  service(): Promise<string>
  /** What the agent is asked to do for a service now. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  job(serviceId: string): Promise<any>
  /** The agent exports: claims, uploads, reports. @param report  what it tells instead of the truth */
  export(serviceId: string, content: Uint8Array<ArrayBuffer>, report?: (truth: object) => unknown): Promise<string>
  /** One round of the vault, as its worker makes them. */
  round(): Promise<void>
  copies(serviceId: string): Promise<Reply['body'][]>
  /** Lets time pass. */
  pass(hours: number): void
  now(): Date
  home: string
  /** Files of the server's own disk and of the store `shelf`. */
  onDisk(): Promise<string[]>
  onShelf(): Promise<string[]>
  events(type: string): Promise<Reply['body'][]>
  stop(): Promise<void>
}

const lifecycle = {
  ...LIFECYCLE,
  actions: [
    ...LIFECYCLE.actions,
    {
      name: 'export',
      transitions: [
        { from: 'Started', to: 'Started' },
        { from: 'Started', to: 'Started', onError: true },
      ],
    },
    { name: 'import', transitions: [{ from: 'Started', to: 'Started' }] },
  ],
}
export const EXPORT_LIFECYCLE = lifecycle
export const DECLARATION = {
  exportAction: 'export',
  importAction: 'import',
  exportFormats: ['raw'],
  importFormats: ['raw'],
}

/** @param moreStores  beside `local` and the directory `shelf` in Norway */
export async function startVaultServer(
  moreStores: readonly object[] = [],
  environment: Record<string, string> = {},
): Promise<VaultServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-vault-'))
  const [shelf, file] = [path.join(home, 'shelf'), path.join(home, 'stores.json')]
  await mkdir(shelf)
  const norway = { operator: 'Fjord', country: 'NO', controllerCountry: 'NO' }
  const stores = [{ name: 'shelf', kind: 'directory', path: shelf, ...norway }, ...moreStores]
  await writeFile(file, JSON.stringify({ stores }))
  let aheadMs = 0
  const now = () => new Date(Date.now() + aheadMs)
  const server = await startTestServer(
    {
      FULCRUM_DATA_DIR: path.join(home, 'data'),
      FULCRUM_ARTIFACT_STORES: file,
      // rounds are made by the tests; nobody is silent for too long while they let hours pass
      FULCRUM_VAULT_INTERVAL: 'off',
      FULCRUM_AGENT_MAINTENANCE: 'false',
      FULCRUM_JOB_MAINTENANCE: 'false',
      ...environment,
    },
    now,
  )
  const federation = await aFederation(server)
  await sql`UPDATE tokens SET expire_at = now() + interval '10 years'`.execute(server.platform.db)
  const { agent, consumer, serviceTypeId } = federation
  const changed = await server.admin.patch(`/service-types/${serviceTypeId}`, {
    propertySchema: PROPERTY_SCHEMA,
    lifecycleSchema: lifecycle,
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  await agent.caller.put('/agents/me/status', { status: 'Connected' })
  const declared = await server.admin.put(`/service-types/${serviceTypeId}/portability`, DECLARATION)
  assert.equal(declared.status, 200, JSON.stringify(declared.body))
  const job = async (serviceId: string) =>
    (await server.admin.get(`/jobs?serviceId=${serviceId}&status=Pending`)).body.items[0]
  const filesBelow = async (root: string) => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }

  return {
    server,
    federation,
    service: async () => {
      const id = await federation.order({}, await federation.group())
      await federation.complete(id)
      return id
    },
    job,
    export: async (serviceId, content, report = (truth) => truth) => {
      const { id, params } = await job(serviceId)
      const { artifactId, kind, retentionDays } = params.portability
      assert.equal((await agent.caller.post(`/jobs/${id}/claim`)).status, 204)
      const query = new URLSearchParams({ serviceId, kind, format: 'raw', retentionDays })
      const put = await fetch(`${server.url}/api/v1/artifacts/${artifactId}?${query}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${agent.caller.token}` },
        body: content,
      })
      assert.equal(put.status, 200, await put.text())
      const truth = {
        artifactId,
        sha256: sha256(content),
        sizeBytes: content.length,
        format: 'raw',
        takenAt: `${now().toISOString().slice(0, 19)}Z`,
        content: { algorithm: 'bytes', digest: sha256(content) },
      }
      const done = await agent.caller.post(`/jobs/${id}/complete`, { result: report(truth) })
      assert.equal(done.status, 204, JSON.stringify(done.body))
      return artifactId
    },
    round: async () => {
      await runVault(server.platform, new AbortController().signal)
    },
    copies: async (serviceId) =>
      (await consumer.caller.get(`/vault-copies?serviceId=${serviceId}&sort=-createdAt`)).body.items,
    pass: (hours) => {
      aheadMs += hours * HOUR_MS
    },
    now,
    home,
    onDisk: () => filesBelow(path.join(home, 'data', 'artifacts')),
    onShelf: () => filesBelow(shelf),
    events: async (type) => {
      const { body } = await server.admin.get('/events?pageSize=100&sort=-sequenceNumber')
      return body.items.filter((event: { type: string }) => event.type === type)
    },
    stop: async () => {
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function someBytes(size: number): Buffer<ArrayBuffer> {
  return randomBytes(size) as Buffer<ArrayBuffer> // never a shared buffer
}
