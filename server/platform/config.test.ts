import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'
import { parseDsn } from './dsn.ts'

describe('the configuration', () => {
  test('has defaults for everything', () => {
    const config = readConfig({})
    assert.deepEqual([config.host, config.port, config.healthPort, config.database], ['127.0.0.1', 3000, 8081, null])
    assert.equal(config.publicBaseUrl, 'http://127.0.0.1:3000')
    assert.equal(config.agentHealthTimeoutMs, 5 * 60_000)
    assert.equal(config.jobRetentionMs, 720 * 3_600_000)
  })

  test('reports all mistakes at once, by name', () => {
    const environment = {
      FULCRUM_PORT: 'x',
      FULCRUM_LOG_LEVEL: 'loud',
      FULCRUM_JOB_TIMEOUT_INTERVAL: '30d',
      FULCRUM_VAULT_ENCRYPTION_KEY: 'short',
      FULCRUM_DB_DSN: 'nonsense',
      FULCRUM_BOOTSTRAP_ADMIN_TOKEN: 'too short',
    }
    assert.throws(
      () => readConfig(environment),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.problems.map((line) => line.split(' ')[0]),
          [
            'FULCRUM_PORT',
            'FULCRUM_DB_DSN',
            'FULCRUM_BOOTSTRAP_ADMIN_TOKEN',
            'FULCRUM_VAULT_ENCRYPTION_KEY',
            'FULCRUM_JOB_TIMEOUT_INTERVAL',
            'FULCRUM_LOG_LEVEL',
          ],
        )
        return true
      },
    )
  })

  test('names an issuer directly or as a realm of a Keycloak, and wants one when OIDC is on', () => {
    assert.equal(readConfig({ FULCRUM_OAUTH_REALM: 'x' }).oauth, null)
    const keycloak = {
      FULCRUM_AUTHENTICATORS: 'oauth,token',
      FULCRUM_OAUTH_KEYCLOAK_URL: 'https://id.example/',
      FULCRUM_OAUTH_REALM: 'fulcrum',
      FULCRUM_OAUTH_CLIENT_ID: 'api',
    }
    const { authenticators, oauth } = readConfig(keycloak)
    assert.deepEqual(authenticators, ['oauth', 'token'])
    assert.equal(oauth?.issuer, 'https://id.example/realms/fulcrum')
    assert.equal(oauth?.validateIssuer, true)
    const other = { ...keycloak, FULCRUM_OAUTH_ISSUER: 'https://other.example' }
    assert.equal(readConfig(other).oauth?.issuer, 'https://other.example')
    for (const wrong of [
      { FULCRUM_AUTHENTICATORS: 'oauth', FULCRUM_OAUTH_CLIENT_ID: 'api' },
      { FULCRUM_AUTHENTICATORS: 'ldap' },
      { ...keycloak, FULCRUM_OAUTH_CLIENT_ID: '' },
      { ...keycloak, FULCRUM_KEYCLOAK_ADMIN: 'true' },
    ])
      assert.throws(() => readConfig(wrong), ConfigError, JSON.stringify(wrong))
  })

  test('reads retention, rate limits, origins and proxies', () => {
    const config = readConfig({
      FULCRUM_EVENT_RETENTION_INTERVAL: '8760h',
      FULCRUM_METRIC_RETENTION_INTERVAL: 'off',
      FULCRUM_RATE_LIMIT_PER_TOKEN: '50/10s',
      FULCRUM_RATE_LIMIT_PER_ADDRESS: 'off',
      FULCRUM_CORS_ORIGINS: 'https://console.example, http://localhost:5173',
      FULCRUM_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    })
    assert.equal(config.eventRetentionMs, 8760 * 3_600_000)
    assert.equal(config.metricRetentionMs, null)
    assert.deepEqual(config.rateLimitPerToken, { requests: 50, windowMs: 10_000 })
    assert.equal(config.rateLimitPerAddress, null)
    assert.deepEqual(config.corsOrigins, ['https://console.example', 'http://localhost:5173'])
    assert.deepEqual(config.trustedProxies, ['10.0.0.0/8', '::1'])
    assert.deepEqual(readConfig({ FULCRUM_CORS_ORIGINS: 'none' }).corsOrigins, [])
    for (const wrong of [
      { FULCRUM_RATE_LIMIT_PER_TOKEN: '50' },
      { FULCRUM_RATE_LIMIT_PER_TOKEN: '0/1m' },
      { FULCRUM_CORS_ORIGINS: 'https://console.example/path' },
      { FULCRUM_TRUSTED_PROXIES: '10.0.0.0/33' },
    ])
      assert.throws(() => readConfig(wrong), ConfigError, JSON.stringify(wrong))
  })

  test('believes no credential and asks no host unless told so', () => {
    assert.deepEqual(readConfig({}).credentials, {
      anchors: [],
      issuers: [],
      hosts: [],
      privateHosts: [],
      tlsAuthorities: null,
      recheckIntervalMs: 24 * 3_600_000,
      certificateChain: null,
      operator: null,
    })
    const { credentials } = readConfig({
      FULCRUM_CREDENTIAL_ISSUERS: 'did:web:compliance.example, did:web:notary.example%3A8443:v1',
      FULCRUM_CREDENTIAL_ALLOW_HOSTS: 'did.example:443,*.cloud.example,x.example:8443',
      FULCRUM_CREDENTIAL_PRIVATE_HOSTS: 'localhost:8443',
    })
    assert.deepEqual(credentials.issuers, ['did:web:compliance.example', 'did:web:notary.example%3A8443:v1'])
    assert.deepEqual(credentials.hosts, ['did.example', '*.cloud.example', 'x.example:8443'])
    assert.deepEqual(credentials.privateHosts, ['localhost:8443'])
    assert.equal(readConfig({ FULCRUM_CREDENTIAL_ALLOW_HOSTS: '*' }).credentials.hosts, 'any')
    for (const [name, wrong] of [
      ['FULCRUM_CREDENTIAL_TRUST_ANCHORS', '/nowhere/at/all.pem'],
      ['FULCRUM_CREDENTIAL_TRUST_ANCHORS', import.meta.dirname],
      ['FULCRUM_CREDENTIAL_ISSUERS', 'https://compliance.example'],
      ['FULCRUM_CREDENTIAL_ALLOW_HOSTS', 'a.example,*'],
      ['FULCRUM_CREDENTIAL_ALLOW_HOSTS', 'https://a.example'],
      ['FULCRUM_CREDENTIAL_PRIVATE_HOSTS', '10.0.0.1:8443'],
      ['FULCRUM_CREDENTIAL_OPERATOR', 'somebody'],
    ] as const)
      assert.throws(() => readConfig({ [name]: wrong }), new RegExp(name), `${name}=${wrong}`)
  })

  test('refuses one port for both doors', () => {
    assert.throws(() => readConfig({ FULCRUM_PORT: '3000', FULCRUM_HEALTH_PORT: '3000' }), ConfigError)
  })

  for (const [text, ms] of [
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5m', 90_000],
  ] as const)
    test(`reads the duration ${text}`, () => {
      assert.equal(readConfig({ FULCRUM_SHUTDOWN_TIMEOUT: text }).shutdownTimeoutMs, ms)
    })

  for (const text of ['', '0s', '5', '-5s', '5d', '5s!'])
    test(`takes '${text}' for no duration`, () => {
      const read = () => readConfig({ FULCRUM_SHUTDOWN_TIMEOUT: text })
      // empty is absent
      if (text === '') assert.equal(read().shutdownTimeoutMs, 30_000)
      else assert.throws(read, ConfigError)
    })
})

describe('a connection string', () => {
  const parts = ({ host, port, user, password, database, ssl }: ReturnType<typeof parseDsn>) => ({
    host,
    port: Number(port),
    user,
    password,
    database,
    ssl: ssl !== undefined && ssl !== false,
  })

  test('is a URL', () => {
    assert.deepEqual(parts(parseDsn('postgres://u:p%40ss@db.example:5433/app?sslmode=disable')), {
      host: 'db.example',
      port: 5433,
      user: 'u',
      password: 'p@ss',
      database: 'app',
      ssl: false,
    })
  })

  test('or key=value pairs, quoted where needed', () => {
    const text =
      "host=db.example user=u password='it\\'s a \\\\ secret' dbname=app port=5433 sslmode=disable TimeZone=UTC".replace(
        'TimeZone',
        'timezone',
      )
    assert.deepEqual(parts(parseDsn(text)), {
      host: 'db.example',
      port: 5433,
      user: 'u',
      password: "it's a \\ secret",
      database: 'app',
      ssl: false,
    })
  })

  test('or a URL with a socket directory', () => {
    assert.equal(parseDsn('postgres://u:p@/app?host=%2Frun%2Fpostgresql').host, '/run/postgresql')
  })

  for (const text of ['nonsense', 'host', 'host=x colour=red', 'host=x port=abc', 'mysql://x/y'])
    test(`'${text}' is none, and the message repeats no password`, () => {
      assert.throws(
        () => parseDsn(`${text} password=hunter2`.trim()),
        (error) => error instanceof Error && !error.message.includes('hunter2'),
      )
    })
})
