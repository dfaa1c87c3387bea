/** Vault copies from the request to the store and back, on a real PostgreSQL and a real directory; S3 has a file of its own. */
import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { purgeExpiredArtifacts } from '../artifacts/index.ts'
import { insertPublishedFacts } from '../testing/published-facts.ts'
import { newestVaultCopies, newestVaultCopy } from './index.ts'
import { DECLARATION, EXPORT_LIFECYCLE, sha256, someBytes, startVaultServer, type VaultServer } from './testing.ts'

let vault: VaultServer
before(async () => {
  vault = await startVaultServer()
})
after(() => vault?.stop())

/** Publishes who controls the provider; 100 % of the votes. */
async function controlledFrom(country: string, version: number): Promise<void> {
  const { server, federation } = vault
  const facts = { control: { owners: [{ country, votingPct: 100, capitalPct: 100 }] } }
  const at = new Date(Date.now() - 3_600_000)
  await insertPublishedFacts(server.platform.db, { participantId: federation.provider.id }, facts, { at, version })
}

const ask = (serviceId: string, store = 'shelf') =>
  vault.federation.consumer.caller.post(`/services/${serviceId}/vault-copies`, { store })
const stored = async (content = someBytes(1_000)) => {
  const serviceId = await vault.service()
  const { body: copy } = await ask(serviceId)
  await vault.export(serviceId, content)
  await vault.round()
  return { serviceId, copy, content }
}
const copyOf = async (id: string) => (await vault.federation.consumer.caller.get(`/vault-copies/${id}`)).body

describe('a copy that somebody asks for', () => {
  test("is exported by the agent, stored, read back, and then off the server's own disk", async () => {
    const serviceId = await vault.service()
    const asked = await ask(serviceId)
    assert.deepEqual([asked.status, asked.body.state], [201, 'exporting'])
    assert.equal((await vault.job(serviceId)).action, 'export')
    const content = someBytes(3_000_000)
    const artifactId = await vault.export(serviceId, content)
    assert.ok((await vault.onDisk()).includes(artifactId))
    await vault.round()

    const copy = await copyOf(asked.body.id)
    assert.deepEqual(
      [copy.state, copy.sha256, copy.sizeBytes, copy.format, copy.content.digest],
      ['stored', sha256(content), content.length, 'raw', sha256(content)],
    )
    assert.equal((await vault.onDisk()).includes(artifactId), false)
    const newest = await newestVaultCopy(vault.server.platform.db, serviceId)
    assert.deepEqual([newest?.artifactId, newest?.store, newest?.outside], [artifactId, 'shelf', false])

    const base = `${vault.server.url}/api/v1/artifacts/${artifactId}`
    const headers = { authorization: `Bearer ${vault.federation.consumer.caller.token}` }
    const whole = await fetch(base, { headers })
    assert.equal(sha256(new Uint8Array(await whole.arrayBuffer())), sha256(content))
    const part = await fetch(base, { headers: { ...headers, range: 'bytes=5-9' } })
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), new Uint8Array(content.subarray(5, 10)))
    assert.equal((await vault.events('vault_copy.stored')).length, 1)
  })

  test('waits while the service has another job, and says so', async () => {
    const serviceId = await vault.service()
    await vault.federation.consumer.caller.post(`/services/${serviceId}/stop`)
    const { body } = await ask(serviceId)
    assert.deepEqual([body.state, body.reason], ['requested', 'waits: the service has another job'])
    await vault.federation.complete(serviceId)
    vault.pass(0.1)
    await vault.round()
    assert.equal((await copyOf(body.id)).reason, 'waits: export is not possible while the service is Stopped')
    await vault.federation.consumer.caller.post(`/services/${serviceId}/start`)
    await vault.federation.complete(serviceId)
    vault.pass(0.1)
    await vault.round()
    assert.equal((await copyOf(body.id)).state, 'exporting')
  })

  test('gives the service back when no agent takes the export', async () => {
    const serviceId = await vault.service()
    const { body } = await ask(serviceId)
    await vault.round()
    assert.equal((await copyOf(body.id)).state, 'exporting')
    vault.pass(0.1)
    await vault.round()
    assert.deepEqual(
      [(await copyOf(body.id)).state, (await copyOf(body.id)).reason],
      ['requested', 'waits: no agent took the export'],
    )
    assert.equal((await vault.federation.consumer.caller.post(`/services/${serviceId}/stop`)).status, 200)
  })

  test('fails when the agent reports another digest than the artifact has, and leaves nothing held', async () => {
    const serviceId = await vault.service()
    const { body } = await ask(serviceId)
    const artifactId = await vault.export(serviceId, someBytes(10), (truth) => ({ ...truth, sha256: '0'.repeat(64) }))
    await vault.round()
    const copy = await copyOf(body.id)
    assert.equal(copy.state, 'failed')
    assert.match(copy.reason, /^the agent reports sha256 0+, but the artifact has [0-9a-f]{64}$/)
    assert.equal(await newestVaultCopy(vault.server.platform.db, serviceId), null)
    const failed = (await vault.events('vault_copy.failed'))[0]
    assert.deepEqual([failed.entityId, failed.properties.serviceId], [body.id, serviceId])
    vault.pass(8 * 24)
    await purgeExpiredArtifacts(vault.server.platform)
    assert.equal((await vault.onDisk()).includes(artifactId), false)
  })

  test('fails with the words of the agent when the export fails', async () => {
    const serviceId = await vault.service()
    const { body } = await ask(serviceId)
    const { id } = await vault.job(serviceId)
    await vault.federation.agent.caller.post(`/jobs/${id}/claim`)
    await vault.federation.agent.caller.post(`/jobs/${id}/fail`, { errorMessage: 'no room' })
    await vault.round()
    assert.equal((await copyOf(body.id)).reason, 'the export failed: no room')
  })

  test('cannot be taken away by the provider or its agent, and goes with its content when its consumer deletes it', async () => {
    const { copy } = await stored()
    const { provider, agent, consumer } = vault.federation
    const artifact = `/artifacts/${copy.artifactId}`
    for (const { caller } of [provider, agent, consumer]) assert.equal((await caller.delete(artifact)).status, 409)
    assert.equal((await provider.caller.delete(`/vault-copies/${copy.id}`)).status, 403)
    const before = (await vault.onShelf()).length
    assert.equal((await consumer.caller.delete(`/vault-copies/${copy.id}`)).status, 204)
    assert.equal((await consumer.caller.get(artifact)).status, 404)
    await vault.round()
    assert.equal((await vault.onShelf()).length, before - 1)
  })

  test('stays when the service is deleted', async () => {
    const { serviceId, copy, content } = await stored()
    await vault.federation.consumer.caller.delete(`/services/${serviceId}`)
    await vault.federation.complete(serviceId)
    vault.pass(24 * 365)
    await vault.round()
    await purgeExpiredArtifacts(vault.server.platform)
    assert.equal((await copyOf(copy.id)).state, 'stored')
    assert.equal((await newestVaultCopy(vault.server.platform.db, serviceId))?.sha256, sha256(content))
  })

  test("can be kept on the server's own disk, too", async () => {
    const serviceId = await vault.service()
    const { body } = await ask(serviceId, 'local')
    const artifactId = await vault.export(serviceId, someBytes(100))
    await vault.round()
    assert.equal((await copyOf(body.id)).state, 'stored')
    assert.ok((await vault.onDisk()).includes(artifactId))
  })
})

describe('what is in a store', () => {
  test('is held against its digest: a tampered copy fails from then on, and is no copy any more', async () => {
    const { serviceId, copy } = await stored()
    const { caller } = vault.federation.consumer
    const verified = await caller.post(`/vault-copies/${copy.id}/verify`)
    assert.deepEqual([verified.status, verified.body.state], [200, 'stored'])
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM artifact_copies WHERE artifact_id = ${copy.artifactId}`.execute(vault.server.platform.db)
    const key = rows[0]?.id ?? ''
    await writeFile(path.join(vault.home, 'shelf', key.slice(0, 2), key.slice(2, 4), key), someBytes(1_000))
    const tampered = await caller.post(`/vault-copies/${copy.id}/verify`)
    assert.deepEqual([tampered.status, tampered.body.state], [200, 'failed'])
    assert.match(tampered.body.reason, /^artifact store shelf returns 1000 bytes with digest/)
    assert.equal(await newestVaultCopy(vault.server.platform.db, serviceId), null)
  })

  test('is missed when it is gone', async () => {
    const { copy } = await stored()
    await rm(path.join(vault.home, 'shelf'), { recursive: true })
    const { caller } = vault.federation.consumer
    assert.equal((await caller.post(`/vault-copies/${copy.id}/verify`)).status, 503)
    assert.equal((await copyOf(copy.id)).state, 'stored')
    await mkdir(path.join(vault.home, 'shelf'))
    assert.equal((await caller.post(`/vault-copies/${copy.id}/verify`)).body.state, 'failed')
  })

  test('a store that is away for a while gets its copy later, and one that stays away is given up', async () => {
    const shelf = path.join(vault.home, 'shelf')
    const first = await vault.service()
    const { body: copy } = await ask(first)
    const artifactId = await vault.export(first, someBytes(500))
    await rename(shelf, `${shelf}-away`)
    await vault.round()
    assert.equal((await copyOf(copy.id)).state, 'storing')
    assert.ok((await vault.onDisk()).includes(artifactId))
    await rename(`${shelf}-away`, shelf)
    vault.pass(1)
    await vault.round()
    assert.equal((await copyOf(copy.id)).state, 'stored')

    const second = await vault.service()
    const { body: lost } = await ask(second)
    await vault.export(second, someBytes(500))
    await rename(shelf, `${shelf}-away`)
    for (let hour = 0; hour < 12; hour++) {
      await vault.round()
      vault.pass(1.1)
    }
    assert.deepEqual(
      [(await copyOf(lost.id)).state, (await copyOf(lost.id)).reason],
      ['failed', 'artifact store shelf cannot be used: ENOENT'],
    )
    await rename(`${shelf}-away`, shelf).catch(() => mkdir(shelf))
  })

  test('a server that dies between the upload and the row writes and compares once more', async () => {
    const serviceId = await vault.service()
    const { body: copy } = await ask(serviceId)
    await vault.export(serviceId, someBytes(700))
    await vault.round()
    const { db } = vault.server.platform
    // as if the last transactions had never been
    await sql`UPDATE artifact_copies SET state = 'pending', stored_at = NULL, next_attempt_at = now() - interval '1 day'
              WHERE artifact_id = ${copy.artifactId}`.execute(db)
    await sql`UPDATE artifacts SET content_local = true WHERE id = ${copy.artifactId}`.execute(db)
    await sql`UPDATE vault_copies SET state = 'storing', stored_at = NULL WHERE id = ${copy.id}`.execute(db)
    const { artifactId } = copy
    const file = path.join(vault.home, 'data', 'artifacts', artifactId.slice(0, 2), artifactId.slice(2, 4), artifactId)
    await writeFile(file, await readShelf(artifactId))
    const before = (await vault.onShelf()).length
    await vault.round()
    assert.equal((await copyOf(copy.id)).state, 'stored')
    assert.equal((await vault.onShelf()).length, before)
    assert.equal((await vault.onDisk()).includes(copy.artifactId), false)
  })
})

async function readShelf(artifactId: string): Promise<Buffer> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM artifact_copies WHERE artifact_id = ${artifactId}`.execute(
    vault.server.platform.db,
  )
  const key = rows[0]?.id ?? ''
  return readFile(path.join(vault.home, 'shelf', key.slice(0, 2), key.slice(2, 4), key))
}

describe('a schedule', () => {
  const schedule = (body: object) => vault.federation.consumer.caller.post('/vault-schedules', body)
  const daily = { everyHours: 24, keep: 2, store: 'shelf' }

  test('makes copies when they are due, and keeps so many, the newest ones', async () => {
    const serviceId = await vault.service()
    const { status, body } = await schedule({ serviceId, ...daily })
    assert.equal(status, 201)
    for (let day = 0; day < 4; day++) {
      await vault.round()
      await vault.export(serviceId, someBytes(100 + day))
      await vault.round()
      await vault.round()
      assert.equal(await vault.job(serviceId), undefined)
      vault.pass(24.1)
    }
    const copies = (await vault.copies(serviceId)).filter(({ state }: { state: string }) => state === 'stored')
    assert.deepEqual(
      copies.map(({ sizeBytes, scheduleId }: { sizeBytes: number; scheduleId: string }) => [sizeBytes, scheduleId]),
      [
        [103, body.id],
        [102, body.id],
      ],
    )
    assert.equal((await vault.federation.consumer.caller.delete(`/vault-schedules/${body.id}`)).status, 204)
    assert.equal((await vault.copies(serviceId)).length, 2)
  })

  test('of a service counts more than that of its consumer, and services that cannot be exported are left alone', async () => {
    const [first, second] = [await vault.service(), await vault.service()]
    const consumerId = vault.federation.consumer.id
    const wide = (await schedule({ consumerId, ...daily })).body
    const narrow = (await schedule({ serviceId: first, everyHours: 1, keep: 1, store: 'shelf' })).body
    vault.pass(0.1)
    await vault.round()
    const ids = async (serviceId: string) => (await vault.copies(serviceId)).map(({ scheduleId }) => scheduleId)
    assert.deepEqual([await ids(first), await ids(second)], [[narrow.id], [wide.id]])
    for (const { id } of [wide, narrow]) await vault.federation.consumer.caller.delete(`/vault-schedules/${id}`)
  })

  test('tells once when no copy came in time, and why', async () => {
    const serviceId = await vault.service()
    const { body } = await schedule({ serviceId, ...daily })
    await vault.federation.agent.caller.put('/agents/me/status', { status: 'Disconnected' })
    await vault.round()
    vault.pass(13)
    await vault.round()
    await vault.round()
    const overdue = (await vault.events('vault_copy.overdue')).filter(({ entityId }) => entityId === serviceId)
    assert.deepEqual(
      overdue.map(({ properties }) => properties.reason),
      ['waits: its agent is Disconnected'],
    )
    const why = async () => (await vault.federation.consumer.caller.get(`/services/${serviceId}/why`)).body.considered
    assert.match((await why())[0].verdict, /^is overdue since .*Z: waits: its agent is Disconnected$/)
    await vault.federation.agent.caller.put('/agents/me/status', { status: 'Connected' })
    await vault.federation.consumer.caller.delete(`/vault-schedules/${body.id}`)
    await vault.round()
    assert.deepEqual(await why(), [])
  })

  test('is for services that can be exported, and for stores that there are', async () => {
    const serviceId = await vault.service()
    const { serviceTypeId } = vault.federation
    const store = await schedule({ serviceId, ...daily, store: 'moon' })
    assert.deepEqual(
      [store.status, store.body.error],
      [400, "invalid input: there is no artifact store 'moon'; there are local, shelf"],
    )
    await vault.server.admin.delete(`/service-types/${serviceTypeId}/portability`)
    assert.match((await schedule({ serviceId, ...daily })).body.error, /declares no export/)
    await vault.server.admin.put(`/service-types/${serviceTypeId}/portability`, DECLARATION)
  })
})

describe('a declaration', () => {
  const at = () => `/service-types/${vault.federation.serviceTypeId}`

  test('names actions of the lifecycle, and says which they are when it does not', async () => {
    const { status, body } = await vault.server.admin.put(`${at()}/portability`, { ...DECLARATION, importAction: 'x' })
    assert.deepEqual(
      [status, body.error],
      [
        400,
        "invalid input: importAction 'x' is no action of the service type's lifecycle; it has create, update, stop, start, delete, export, import",
      ],
    )
  })

  test('tells when the lifecycle has lost its actions since, and copies fail with that reason', async () => {
    const without = { ...EXPORT_LIFECYCLE, actions: EXPORT_LIFECYCLE.actions.filter(({ name }) => name !== 'export') }
    const serviceId = await vault.service()
    await vault.server.admin.patch(at(), { lifecycleSchema: without })
    const { body } = await vault.federation.consumer.caller.get(`${at()}/portability`)
    assert.deepEqual(body.problems, ["exportAction 'export' is no action of the lifecycle any more"])
    const { body: copy } = await ask(serviceId)
    assert.deepEqual(
      [copy.state, copy.reason],
      ['failed', 'its service type has lost the action export, which it declares as export'],
    )
    await vault.server.admin.patch(at(), { lifecycleSchema: EXPORT_LIFECYCLE })
  })
})

describe('whether a store is outside', () => {
  const storesFor = async (serviceId: string) =>
    Object.fromEntries(
      (await vault.federation.consumer.caller.get(`/services/${serviceId}/artifact-stores`)).body.items.map(
        (store: { name: string; outside: boolean }) => [store.name, store.outside],
      ),
    )

  test('is known only when it is known who controls the provider, and changes with that', async () => {
    const { serviceId } = await stored()
    assert.deepEqual(await storesFor(serviceId), { local: false, shelf: false })
    await controlledFrom('US', 1)
    assert.deepEqual(await storesFor(serviceId), { local: false, shelf: true })
    const newest = await newestVaultCopies(vault.server.platform.db, [serviceId])
    assert.equal(newest.get(serviceId)?.outside, true)
    assert.equal((await vault.copies(serviceId))[0].outside, true)
    await controlledFrom('NO', 2)
    assert.deepEqual(await storesFor(serviceId), { local: false, shelf: false })
  })

  test('prefers an older copy outside to a newer one inside', async () => {
    await controlledFrom('US', 3)
    const { serviceId, copy } = await stored()
    vault.pass(1)
    await ask(serviceId, 'local')
    await vault.export(serviceId, someBytes(5))
    await vault.round()
    assert.equal((await newestVaultCopy(vault.server.platform.db, serviceId))?.id, copy.id)
    // without a word the store outside is taken
    const asked = await vault.federation.consumer.caller.post(`/services/${serviceId}/vault-copies`)
    assert.deepEqual([asked.status, asked.body.store], [201, 'shelf'])
  })

  test('nothing is told of how stores are reached', async () => {
    const { body } = await vault.federation.provider.caller.get('/artifact-stores')
    assert.deepEqual(body.items, [
      { name: 'local', kind: 'local' },
      { name: 'shelf', kind: 'directory', operator: 'Fjord', country: 'NO', controllerCountry: 'NO' },
    ])
  })
})
