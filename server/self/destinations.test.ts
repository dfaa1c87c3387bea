/** What the configuration allows, and whether it explains what was connected to. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readConfig } from '../platform/config.ts'
import { destinationsOf, explained } from './destinations.ts'

const AT = new Date('2026-11-24T12:00:00Z')
const begun = (host: string, port: number | null = null) => ({ host, port, count: 2, lastAt: AT })
const DATABASE = { host: 'db.example', port: 6432 }

let directory: string
before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'fulcrum-self-'))
})
after(() => rm(directory, { recursive: true }))

test('a plain server may connect to its database and to nothing else', () => {
  const embedded = destinationsOf(readConfig({}), { host: '/data/run' })
  assert.deepEqual(embedded, [
    { purpose: 'database', host: '/data/run', source: 'FULCRUM_DATA_DIR (embedded PostgreSQL)' },
  ])
  const named = destinationsOf(readConfig({ FULCRUM_DB_DSN: 'postgres://u:secret@db.example:6432/f' }), DATABASE)
  assert.deepEqual(named, [{ purpose: 'database', host: 'db.example', port: 6432, source: 'FULCRUM_DB_DSN' }])
})

test('everything that can be configured is named with its setting, and no secret with it', () => {
  const anchors = path.join(directory, 'anchors.pem')
  writeFileSync(anchors, '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n')
  const stores = path.join(directory, 'stores.yaml')
  writeFileSync(
    stores,
    `stores:
  - { name: north, kind: s3, endpoint: "https://s3.north.example", region: n, bucket: copies,
      operator: North, country: DE, controllerCountry: DE,
      accessKeyIdEnv: KEY_ID, secretAccessKeyEnv: KEY_SECRET }
`,
  )
  const config = readConfig({
    FULCRUM_DB_DSN: 'postgres://u:secret@db.example:6432/f',
    FULCRUM_AUTHENTICATORS: 'token,oauth',
    FULCRUM_OAUTH_ISSUER: 'https://login.example/realm',
    FULCRUM_OAUTH_CLIENT_ID: 'fulcrum',
    FULCRUM_ARTIFACT_STORES: stores,
    KEY_ID: 'an-id',
    KEY_SECRET: 'a-secret',
    FULCRUM_CREDENTIAL_TRUST_ANCHORS: anchors,
    FULCRUM_CREDENTIAL_ISSUERS: 'did:web:compliance.example%3A8443:v2',
    FULCRUM_CREDENTIAL_ALLOW_HOSTS: '*.providers.example,pki.example:8443',
  })
  const found = destinationsOf(config, DATABASE)
  assert.deepEqual(
    found.map(({ host, port, source }) => [host, port, source]),
    [
      ['db.example', 6432, 'FULCRUM_DB_DSN'],
      ['login.example', 443, 'FULCRUM_OAUTH_ISSUER'],
      ['s3.north.example', 443, 'FULCRUM_ARTIFACT_STORES, north'],
      ['compliance.example', 8443, 'FULCRUM_CREDENTIAL_ISSUERS'],
      ['*.providers.example', undefined, 'FULCRUM_CREDENTIAL_ALLOW_HOSTS'],
      ['pki.example', 8443, 'FULCRUM_CREDENTIAL_ALLOW_HOSTS'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(found), /secret|an-id/)
  const explain = (host: string, port: number) => explained([begun(host, port)], found)[0]?.purpose
  assert.equal(explain('s3.north.example', 443), 'artifact store north')
  assert.equal(explain('s3.north.example', 80), undefined)
  assert.equal(explain('a.providers.example', 443), 'credentials and what they name')
  assert.equal(explain('providers.example', 443), undefined)
  assert.equal(explain('evil-providers.example', 443), undefined)
  assert.equal(explain('telemetry.example', 443), undefined)
})

test('without trust anchors nothing is fetched, so no host for it is a destination', () => {
  const config = readConfig({ FULCRUM_CREDENTIAL_ALLOW_HOSTS: 'any' })
  assert.equal(destinationsOf(config, DATABASE).length, 1)
})

test('the socket of PostgreSQL is explained by its directory, and no other socket', () => {
  const destinations = destinationsOf(readConfig({}), { host: '/data/run' })
  const purposes = explained([begun('/data/run/.s.PGSQL.5432'), begun('/data/running/x')], destinations)
  assert.deepEqual(
    purposes.map(({ purpose }) => purpose),
    ['database', undefined],
  )
})
