/** Discovery over real connections: what is taken, and how each fault is told. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { IssuerError, openIssuer } from './issuer.ts'
import { DISCOVERY, KEYS, startIssuer, type TestIssuer } from './testing/issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
})
after(() => issuer.stop())
afterEach(() => {
  issuer.away = false
  issuer.document = {}
  issuer.answers.clear()
  issuer.requests = []
})

const open = (settings: { issuer?: string; validateIssuer?: boolean } = {}) =>
  openIssuer({ issuer: issuer.url, validateIssuer: true, insecureSkipVerify: false, ...settings })

async function fails(reason: RegExp, settings = {}): Promise<void> {
  await assert.rejects(
    async () => (await open(settings)).close(),
    (error) => {
      assert.ok(error instanceof IssuerError)
      assert.match(error.message, reason)
      assert.doesNotMatch(error.message, /\n/)
      return true
    },
  )
}

describe('the issuer', () => {
  test('is read at the start, its keys when they are asked for', async () => {
    const opened = await open()
    assert.equal(opened.identifier, issuer.url)
    assert.deepEqual(issuer.requests, [DISCOVERY])
    assert.deepEqual(await opened.fetchKeys(), { keys: [issuer.keys[0]?.publicJwk] })
    assert.deepEqual(issuer.requests, [DISCOVERY, KEYS])
    await opened.close()
  })

  test('may end in a slash, as its tokens then say, too', async () => {
    issuer.document = { issuer: `${issuer.url}/` }
    const opened = await open()
    assert.equal(opened.identifier, `${issuer.url}/`)
    await opened.close()
  })

  test('that calls itself otherwise is refused unless the issuer is not to be checked', async () => {
    issuer.document = { issuer: 'https://other.example' }
    await fails(/of the issuer https:\/\/other\.example/)
    await (await open({ validateIssuer: false })).close()
  })

  test('that is away is told with its address and the reason, without a password in it', async () => {
    issuer.away = true
    await fails(new RegExp(`^${issuer.url}${DISCOVERY}: .+`))
    await fails(/^http:\/\/127\.0\.0\.1:1\/x\/\.well-known\/openid-configuration: .*ECONNREFUSED/, {
      issuer: 'http://user:pass@127.0.0.1:1/x',
    })
  })

  test('is not followed elsewhere', async () => {
    issuer.answers.set(DISCOVERY, (response) => response.writeHead(302, { location: `${issuer.url}/moved` }).end())
    await fails(/status 302/)
    assert.deepEqual(issuer.requests, [DISCOVERY])
  })

  test('is refused when its document is none', async () => {
    issuer.answers.set(DISCOVERY, (response) => response.end('<html>'))
    await fails(/no JSON/)
    issuer.answers.set(DISCOVERY, (response) => response.end('[]'))
    await fails(/no JSON object/)
    issuer.answers.clear()
    for (const jwks_uri of [undefined, 7, 'keys', 'file:///etc/passwd']) {
      issuer.document = { jwks_uri }
      await fails(/no usable jwks_uri/)
    }
  })

  test('is read no further than half a mebibyte', async () => {
    let sent = 0
    issuer.answers.set(DISCOVERY, (response) => {
      const more = () => {
        while (!response.destroyed && sent < 2 ** 28) {
          sent += 2 ** 16
          if (!response.write(' '.repeat(2 ** 16))) {
            response.once('drain', more)
            return
          }
        }
      }
      more()
    })
    await fails(/more than 524288 bytes/)
    assert.ok(sent < 2 ** 26)
  })

  test('is not waited for longer than five seconds', async () => {
    issuer.answers.set(DISCOVERY, (response) => response.write('{'))
    const begin = performance.now()
    await fails(/no answer within 5 s/)
    assert.ok(performance.now() - begin < 8_000)
  })
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe('an issuer with TLS', { skip: !hasOpenssl && 'needs openssl' }, () => {
  let secure: TestIssuer
  before(async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'issuer-'))
    const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
    const subject = ['-subj', '/CN=issuer', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes']
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject])
    secure = await startIssuer({ tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } })
    rmSync(dir, { recursive: true })
  })
  after(() => secure.stop())

  test('is refused with a certificate that nobody vouches for, unless that is not to be checked', async () => {
    await fails(/self.signed/i, { issuer: secure.url })
    const opened = await openIssuer({ issuer: secure.url, validateIssuer: true, insecureSkipVerify: true })
    assert.deepEqual(await opened.fetchKeys(), { keys: [secure.keys[0]?.publicJwk] })
    await opened.close()
  })

  test('does not have its keys fetched without TLS', async () => {
    secure.document = { jwks_uri: `${issuer.url}${KEYS}` }
    const opening = openIssuer({ issuer: secure.url, validateIssuer: true, insecureSkipVerify: true })
    await assert.rejects(opening, /no usable jwks_uri/)
    secure.document = {}
  })
})
