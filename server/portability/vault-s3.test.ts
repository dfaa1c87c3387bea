/** Vault copies in a real S3 server: several parts, ranges, a store that dies in between, tampering, secrets that nobody is told. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { S3_BUCKET, S3_KEY, S3_SECRET, type S3Server, startS3, whyNoS3 } from '../testing/s3-server.ts'
import { sha256, someBytes, startVaultServer, type VaultServer } from './testing.ts'

describe('a vault in S3', { skip: whyNoS3() ?? false }, () => {
  let s3: S3Server
  let vault: VaultServer
  before(async () => {
    s3 = await startS3()
    const store = {
      name: 'fjord',
      kind: 's3',
      endpoint: s3.endpoint,
      region: 'us-east-1',
      bucket: S3_BUCKET,
      prefix: 'copies',
      accessKeyIdEnv: 'FJORD_ID',
      secretAccessKeyEnv: 'FJORD_SECRET',
      timeoutSeconds: 5,
      operator: 'Fjord AS',
      country: 'NO',
      controllerCountry: 'NO',
    }
    vault = await startVaultServer([store], { FJORD_ID: S3_KEY, FJORD_SECRET: S3_SECRET })
  })
  after(async () => {
    await vault?.stop()
    await s3?.stop()
  })

  const ask = async (content: Uint8Array<ArrayBuffer>) => {
    const serviceId = await vault.service()
    const asked = await vault.federation.consumer.caller.post(`/services/${serviceId}/vault-copies`, { store: 'fjord' })
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    await vault.export(serviceId, content)
    return asked.body
  }
  const copyOf = async (id: string) => (await vault.federation.consumer.caller.get(`/vault-copies/${id}`)).body
  const nameOf = async (artifactId: string) => {
    const { rows } = await sql<{
      id: string
    }>`SELECT id FROM artifact_copies WHERE artifact_id = ${artifactId}`.execute(vault.server.platform.db)
    const key = rows[0]?.id ?? ''
    return `copies/${key.slice(0, 2)}/${key.slice(2, 4)}/${key}`
  }

  test('a large copy goes there in parts, is read from there in ranges, and is found out when it is tampered with', async () => {
    const content = someBytes(20 * 2 ** 20)
    const asked = await ask(content)
    await vault.round()
    assert.equal((await copyOf(asked.id)).state, 'stored')
    assert.equal((await vault.onDisk()).includes(asked.artifactId), false)

    const url = `${vault.server.url}/api/v1/artifacts/${asked.artifactId}`
    const headers = { authorization: `Bearer ${vault.federation.consumer.caller.token}` }
    const [from, to] = [16 * 2 ** 20 - 2, 16 * 2 ** 20 + 2]
    const part = await fetch(url, { headers: { ...headers, range: `bytes=${from}-${to}` } })
    assert.equal(part.status, 206)
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), Buffer.from(content.subarray(from, to + 1)))
    assert.equal(sha256(new Uint8Array(await (await fetch(url, { headers })).arrayBuffer())), sha256(content))

    const { caller } = vault.federation.consumer
    assert.equal((await caller.post(`/vault-copies/${asked.id}/verify`)).body.state, 'stored')
    const attacker = new S3Client({
      endpoint: s3.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      credentials: { accessKeyId: S3_KEY, secretAccessKey: S3_SECRET },
    })
    await attacker.send(
      new PutObjectCommand({ Bucket: S3_BUCKET, Key: await nameOf(asked.artifactId), Body: someBytes(20 * 2 ** 20) }),
    )
    attacker.destroy()
    const verified = await caller.post(`/vault-copies/${asked.id}/verify`)
    assert.equal(verified.body.state, 'failed')
    assert.match(verified.body.reason, /^artifact store fjord returns 20971520 bytes with digest/)
  })

  test('a store that dies and comes back gets the copy, and nobody is told a secret', async () => {
    await s3.kill()
    const asked = await ask(someBytes(5_000))
    await vault.round()
    const waiting = await copyOf(asked.id)
    assert.equal(waiting.state, 'storing')
    assert.ok((await vault.onDisk()).includes(asked.artifactId))
    const { rows } = await sql<{ error: string }>`
      SELECT error FROM artifact_copies WHERE artifact_id = ${asked.artifactId}`.execute(vault.server.platform.db)
    assert.match(rows[0]?.error ?? '', /^artifact store fjord cannot be used: \w+$/)
    await s3.start()
    vault.pass(1)
    await vault.round()
    assert.equal((await copyOf(asked.id)).state, 'stored')

    const told = JSON.stringify([
      await vault.server.admin.get('/artifact-stores'),
      await vault.server.admin.get('/vault-copies'),
      await vault.server.admin.get('/events?pageSize=100'),
    ])
    for (const secret of [S3_SECRET, S3_KEY, s3.endpoint]) assert.ok(!told.includes(secret))
  })

  test('a deleted copy goes from there, even when the object is gone already', async () => {
    const [first, second] = [await ask(someBytes(10)), await ask(someBytes(10))]
    await vault.round()
    await rm(s3.fileOf(await nameOf(second.artifactId)))
    for (const { id } of [first, second])
      assert.equal((await vault.federation.consumer.caller.delete(`/vault-copies/${id}`)).status, 204)
    await vault.round()
    const { rows } = await sql`
      SELECT FROM artifact_copies WHERE artifact_id IN (${first.artifactId}, ${second.artifactId})`.execute(
      vault.server.platform.db,
    )
    assert.equal(rows.length, 0)
  })
})
