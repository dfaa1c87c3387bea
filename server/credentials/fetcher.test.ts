/** Each rule of fetching against real https servers on this machine; names are resolved as the test says. */
import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { after, before, beforeEach, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createFetcher, FetchError, type Fetcher, type FetchRules } from './fetcher.ts'
import { type Authority, anAuthority } from './testing/authority.ts'
import { type Handler, type HttpsHost, startHttpsHost } from './testing/https-host.ts'

const WANTED = { types: ['application/json'], maxBytes: 1_000, keepMs: 0 }
const LOOPBACK = { address: '127.0.0.1', family: 4 }

let authority: Authority
let open: HttpsHost
let inner: HttpsHost
let foreign: HttpsHost
let fetcher: Fetcher | undefined
let names: Record<string, readonly LookupAddress[] | (() => readonly LookupAddress[])>
let lookups: string[]
let time = new Date('2026-11-24T12:00:00Z')

before(async () => {
  authority = await anAuthority()
  open = await startHttpsHost(authority, ['open.example', 'other.example'])
  inner = await startHttpsHost(authority, ['inner.example'])
  foreign = await startHttpsHost(await anAuthority('Somebody'), ['open.example'])
})
after(async () => {
  await fetcher?.close()
  await Promise.all([open.close(), inner.close(), foreign.close()])
})
beforeEach(async () => {
  await fetcher?.close()
  for (const host of [open, inner, foreign]) {
    host.pages.clear()
    host.requests.length = 0
  }
  names = { 'open.example': [LOOPBACK], 'inner.example': [LOOPBACK], 'other.example': [LOOPBACK] }
  lookups = []
})

function start(rules: Partial<FetchRules> = {}, limits: { totalMs?: number; connectMs?: number } = {}): Fetcher {
  fetcher = createFetcher(
    {
      hosts: [`inner.example:${inner.port}`],
      privateHosts: [`open.example:${open.port}`],
      tlsAuthorities: authority.root,
      ...rules,
    },
    {
      now: () => time,
      lookup: async (host) => {
        lookups.push(host)
        const found = names[host]
        if (!found) throw new Error('ENOTFOUND')
        return typeof found === 'function' ? found() : found
      },
      ...limits,
    },
  )
  return fetcher
}

const at = (path: string, host = `open.example:${open.port}`) => `https://${host}${path}`
const get = (path: string, wanted = WANTED) =>
  (fetcher ?? start()).fetchText(at(path), wanted, AbortSignal.timeout(20_000))

async function refusal(url: string, wanted = WANTED): Promise<FetchError> {
  const error = await (fetcher ?? start())
    .fetchText(url, wanted, AbortSignal.timeout(20_000))
    .then(() => assert.fail(`${url} was fetched`))
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof FetchError, String(error))
  return error
}

async function refused(path: string, reason: RegExp, passing = false): Promise<void> {
  const error = await refusal(path.startsWith('/') ? at(path) : path)
  assert.match(error.message, reason)
  assert.equal(error.passing, passing, error.message)
}

const json = (text: string) => ({ type: 'application/json; charset=utf-8', text })
const redirect =
  (location: string): Handler =>
  (_request, response) =>
    response.writeHead(302, { location }).end()

describe('what is fetched', () => {
  test('is the text of a host that is allowed, over a connection to the address that was checked', async () => {
    start()
    open.pages.set('/a', json('{"a":1}'))
    assert.equal(await get('/a'), '{"a":1}')
    assert.deepEqual(lookups, ['open.example'])
  })

  test('comes from the cache until its time is over', async () => {
    start()
    open.pages.set('/a', json('1'))
    const wanted = { ...WANTED, keepMs: 1_000 }
    await get('/a', wanted)
    open.pages.set('/a', json('2'))
    assert.equal(await get('/a', wanted), '1')
    time = new Date(time.getTime() + 1_000)
    assert.equal(await get('/a', wanted), '2')
    assert.equal(open.requests.length, 2)
  })

  test('is asked for without compression, and needs a type that fits', async () => {
    start()
    const seen: unknown[] = []
    open.pages.set('/a', (request, response) => {
      seen.push(request.headers['accept-encoding'], request.headers.authorization, request.headers.cookie)
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    })
    await refused('/a', /its type is text\/html/)
    assert.deepEqual(seen, ['identity', undefined, undefined])
    open.pages.set('/b', (_request, response) => response.writeHead(200).end('{}'))
    await refused('/b', /its type is not said/)
  })

  test('is text in UTF-8', async () => {
    start()
    open.pages.set('/a', (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
    )
    await refused('/a', /no text in UTF-8/)
  })
})

describe('a URL', () => {
  test('that is not https, holds a user name, names an address or is none is refused before anything is resolved', async () => {
    start({ hosts: 'any' })
    for (const [url, reason] of [
      ['http://open.example/', /only https/],
      ['file:///etc/passwd', /only https/],
      ['https://user:secret@open.example/', /user name/],
      ['https://127.0.0.1/', /an address/],
      ['https://2130706433/', /an address/],
      ['https://0x7f.1/', /an address/],
      ['https://[::1]/', /an address/],
      ['https://[::ffff:127.0.0.1]/', /an address/],
      ['no url', /no URL/],
      [`https://open.example/${'a'.repeat(3_000)}`, /no URL/],
    ] as const)
      await refused(url, reason)
    assert.deepEqual(lookups, [])
  })

  test('of a host or port that nobody configured is refused before anything is resolved', async () => {
    start({ hosts: ['a.example', '*.b.example'], privateHosts: [] })
    for (const url of ['https://c.example/', 'https://b.example/', 'https://xb.example/', 'https://x.b.example:8443/'])
      await refused(url, /not among the hosts/)
    start({ hosts: 'any', privateHosts: [] })
    await refused('https://a.example:8443/', /port 8443/)
    await refused('https://a.example:22/', /port 22/)
    assert.deepEqual(lookups, [])
    start({ hosts: ['a.example', '*.b.example'], privateHosts: [] })
    // allowed: now the name is looked up, and there is none
    for (const url of ['https://a.example/', 'https://x.b.example/']) await refused(url, /cannot be reached/, true)
    assert.deepEqual(lookups, ['a.example', 'x.b.example'])
  })
})

describe('an address', () => {
  test('that is private is refused, whatever the name, unless this host was configured', async () => {
    start({ hosts: [`inner.example:${inner.port}`] })
    inner.pages.set('/a', json('{}'))
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      'fe80::1',
      'fd00::1',
    ]) {
      names['inner.example'] = [{ address, family: address.includes(':') ? 6 : 4 }]
      await refused(at('/a', `inner.example:${inner.port}`), /not a public one/)
    }
    assert.deepEqual(inner.requests, [])
  })

  test('beside which there is a private one is refused', async () => {
    start({ hosts: [`inner.example:${inner.port}`] })
    names['inner.example'] = [{ address: '93.184.215.14', family: 4 }, LOOPBACK]
    await refused(at('/a', `inner.example:${inner.port}`), /not a public one/)
    assert.deepEqual(inner.requests, [])
  })

  test('of a private host counts for its port alone', async () => {
    start()
    await refused(at('/a', `open.example:${inner.port}`), /not among the hosts/)
    assert.deepEqual(inner.requests, [])
  })

  test('is looked up once for a connection: a name that answers otherwise the second time gains nothing', async () => {
    start({ hosts: [`inner.example:${inner.port}`] }, { connectMs: 300, totalMs: 1_000 })
    inner.pages.set('/a', json('{"secret":1}'))
    let asked = 0
    // a public address where nobody answers us, then the host inside
    names['inner.example'] = () => (asked++ === 0 ? [{ address: '93.184.215.14', family: 4 }] : [LOOPBACK])
    await refusal(at('/a', `inner.example:${inner.port}`))
    assert.equal(asked, 1)
    assert.deepEqual(inner.requests, [])
    // the next attempt is checked anew
    await refused(at('/a', `inner.example:${inner.port}`), /not a public one/)
    assert.equal(asked, 2)
    assert.deepEqual(inner.requests, [])
  })
})

describe('a redirect', () => {
  test('is followed to a place that is allowed', async () => {
    start()
    open.pages.set('/a', redirect('/b'))
    open.pages.set('/b', redirect(at('/c')))
    open.pages.set('/c', json('{}'))
    assert.equal(await get('/a'), '{}')
  })

  test('to a private address, another port, another scheme or a foreign host is refused', async () => {
    start()
    inner.pages.set('/a', json('{"secret":1}'))
    for (const [location, reason] of [
      [at('/a', `inner.example:${inner.port}`), /not a public one/],
      [at('/a', `127.0.0.1:${inner.port}`), /an address/],
      [at('/a', `open.example:${inner.port}`), /not among the hosts/],
      ['http://169.254.169.254/latest/meta-data', /only https/],
      ['https://elsewhere.example/', /not among the hosts/],
      ['https://%%%', /no URL/],
    ] as const) {
      open.pages.set('/r', redirect(location))
      await refused('/r', reason)
    }
    assert.deepEqual(inner.requests, [])
  })

  test('that leads on and on ends after three', async () => {
    start()
    open.pages.set('/loop', redirect('/loop'))
    await refused('/loop', /redirects too often/)
    assert.equal(open.requests.length, 4)
  })
})

describe('an answer', () => {
  test('that is larger than allowed is given up, whether it says so or not', async () => {
    start()
    open.pages.set('/said', (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000000000' }).write('['),
    )
    await refused('/said', /larger than 1000 bytes/)
    let gone = false
    open.pages.set('/endless', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '.repeat(500)), 1)
      response.on('close', () => {
        gone = true
        clearInterval(timer)
      })
    })
    await refused('/endless', /larger than 1000 bytes/)
    for (let n = 0; !gone && n < 200; n++) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.ok(gone, 'the connection is still open')
  })

  test('that comes too slowly is given up in time, at any byte', async () => {
    start({}, { totalMs: 400 })
    open.pages.set('/silent', () => {})
    open.pages.set('/slow', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    })
    for (const path of ['/silent', '/slow']) {
      const began = performance.now()
      await refused(path, /took too long/, true)
      assert.ok(performance.now() - began < 5_000)
    }
  })

  test('that is packed is not unpacked', async () => {
    start()
    const bomb = gzipSync(Buffer.alloc(50 * 2 ** 20))
    open.pages.set('/bomb', (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    )
    await refused('/bomb', /comes compressed/)
  })

  test('of a server that has trouble may be asked for again, one that says no may not', async () => {
    start()
    for (const [status, passing] of [
      [500, true],
      [503, true],
      [429, true],
      [404, false],
      [403, false],
    ] as const) {
      open.pages.set('/a', (_request, response) => response.writeHead(status).end())
      await refused('/a', new RegExp(`answers ${status}`), passing)
    }
  })
})

describe('a connection', () => {
  test('needs a certificate of an authority that is known, for this name', async () => {
    start({ privateHosts: [`open.example:${foreign.port}`] })
    await refused(at('/a', `open.example:${foreign.port}`), /cannot be reached/, true)
    start({ privateHosts: [`inner.example:${open.port}`] })
    await refused(at('/a', `inner.example:${open.port}`), /cannot be reached/, true)
    assert.deepEqual([foreign.requests, open.requests], [[], []])
  })

  test('ends when the caller gives up', async () => {
    start()
    open.pages.set('/silent', () => {})
    const gone = new AbortController()
    const fetched = (fetcher ?? start()).fetchText(at('/silent'), WANTED, gone.signal)
    setTimeout(() => gone.abort(), 50)
    await assert.rejects(fetched, FetchError)
  })
})
