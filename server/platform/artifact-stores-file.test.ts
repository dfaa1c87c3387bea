/** The file of artifact stores: what it may say, and how mistakes are told. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readArtifactStores } from './artifact-stores-file.ts'
import { ConfigError, readConfig } from './config.ts'

let home: string
before(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'fulcrum-stores-'))
})
after(() => rmSync(home, { recursive: true, force: true }))

let serial = 0
function fileWith(content: string): string {
  const file = path.join(home, `stores-${serial++}.yaml`)
  writeFileSync(file, content)
  return file
}

const OWNER = { operator: 'Fjord', country: 'NO', controllerCountry: 'NO' }
const S3 = {
  ...OWNER,
  name: 'fjord',
  kind: 's3',
  endpoint: 'https://s3.fjord.example',
  region: 'no-1',
  bucket: 'vault',
  accessKeyIdEnv: 'FJORD_ID',
  secretAccessKeyEnv: 'FJORD_SECRET',
}
const KEYS = { FJORD_ID: 'the-id', FJORD_SECRET: 'the-secret' }

const read = (stores: unknown, environment: Record<string, string> = KEYS) =>
  readArtifactStores(fileWith(JSON.stringify({ stores })), environment)
const refused = (stores: unknown, message: RegExp, environment?: Record<string, string>) =>
  assert.throws(() => read(stores, environment), { message })

test('names stores in YAML, and the own disk is always there, first, and unknown unless it is described', () => {
  const file = fileWith(`
stores:
  - name: fjord
    kind: s3
    endpoint: https://s3.fjord.example/
    region: no-1
    bucket: vault
    prefix: /a/b/
    accessKeyIdEnv: FJORD_ID
    secretAccessKeyFile: ${path.join(home, 'secret')}
    operator: Fjord AS
    country: 'NO'
    controllerCountry: 'NO'
    providerId: 0192F0C1-0000-7000-8000-000000000001
`)
  writeFileSync(path.join(home, 'secret'), 'from a file\n')
  const [local, fjord] = readArtifactStores(file, KEYS)
  assert.deepEqual([local?.name, local?.country, local?.controllerCountry], ['local', null, null])
  assert.ok(fjord?.kind === 's3')
  assert.deepEqual(
    [fjord.endpoint, fjord.prefix, fjord.accessKeyId, fjord.secretAccessKey, fjord.providerId],
    ['https://s3.fjord.example', 'a/b', 'the-id', 'from a file', '0192f0c1-0000-7000-8000-000000000001'],
  )
  const described = read([{ ...S3 }, { name: 'local', operator: 'We', country: 'DE', controllerCountry: 'DE' }])
  assert.deepEqual(
    described.map(({ name, country }) => [name, country]),
    [
      ['local', 'DE'],
      ['fjord', 'NO'],
    ],
  )
})

test('every mistake is told with its place, and no secret', () => {
  refused([{ ...S3, bucket: undefined }], /stores\[0\]: .*bucket/)
  refused([{ ...S3, controllerCountry: 'Norway' }], /stores\[0\]: controllerCountry /)
  refused([{ ...S3, secretAccessKey: 'oops' }], /stores\[0\]: keys do not belong into this file/)
  refused([{ ...S3, kind: 'ftp' }], /stores\[0\]: kind must be s3 or directory/)
  refused([{ ...S3, endpoint: 'http://s3.fjord.example' }], /must begin with https/)
  refused([{ ...S3, endpoint: 'https://id:secret@s3.fjord.example' }], /must not hold credentials/)
  refused([{ ...S3, providerId: 'we' }], /providerId must be the id of a participant/)
  refused([S3], /accessKeyId: FJORD_ID is empty/, {})
  refused([S3, S3], /two stores are called fjord/)
  refused([{ ...OWNER, name: 'shelf', kind: 'directory', path: 'shelf' }], /stores\[0\]: path must be absolute/)
  refused([{ ...S3, surprise: 1 }], /stores\[0\]/)
  assert.throws(() => readArtifactStores(fileWith('a: b: c'), {}), /cannot be read/)
  assert.throws(() => readArtifactStores(fileWith('[]'), {}), /must have a list called stores/)
})

test('http is accepted on this machine, and where that is said', () => {
  assert.equal(read([{ ...S3, endpoint: 'http://127.0.0.1:9000' }]).length, 2)
  assert.equal(read([{ ...S3, endpoint: 'http://s3.rack.internal', allowHttp: true }]).length, 2)
})

test('a server does not start with a file that is not valid', () => {
  assert.throws(
    () => readConfig({ FULCRUM_ARTIFACT_STORES: path.join(home, 'nowhere.yaml') }),
    (error) => error instanceof ConfigError && /^FULCRUM_ARTIFACT_STORES names .* cannot be read/.test(error.message),
  )
})
