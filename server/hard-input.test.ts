/**
 * Input that is meant to break, hold up or fill a server, over real sockets to a process of its own: each gets a clear answer in
 * time, others are answered meanwhile, and the process stays small. Over 400 lines, because nearly all of it is one table of cases.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveProcess } from './artifacts/testing.ts'
import { ADMIN_TOKEN, testDatabase } from './testing/test-server.ts'

/** Answers take far less; what hangs takes for ever. Two cores are shared with other tests. */
const ANSWER_MS = 5_000
/** So long may one request keep all others waiting. */
const OTHERS_MS = 2_500
/** What garbage may add to the peak; a server that kept what it was sent would grow by more. */
const GROWTH_BYTES = 400 * 2 ** 20
const MIB = 2 ** 20

let url: string
let port: number
let pid: number
const stops: (() => Promise<unknown>)[] = []

before(async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-hard-input-'))
  stops.push(() => rm(dataDir, { recursive: true, force: true }))
  const database = await testDatabase()
  stops.push(() => database.drop())
  const served = await serveProcess(dataDir, database.url, (child) =>
    stops.push(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }),
  )
  url = served.url
  port = Number(new URL(url).port)
  pid = served.child.pid ?? 0
  assert.equal((await post('/participants', '{"name":"warm","status":"Enabled"}')).status, 201)
})
after(async () => {
  for (const stop of stops.toReversed()) await stop()
})

type Answer = { status: number; text: string }

/** Sends bytes as they are, and reads one answer; the connection is closed then. */
async function send(...parts: (string | Uint8Array)[]): Promise<Answer> {
  const socket = net.connect(port, '127.0.0.1')
  const received: Buffer[] = []
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (part) => received.push(part))
    const done = () => resolve()
    socket.on('error', done).on('close', done).setTimeout(ANSWER_MS, done)
  })
  for (const part of parts) socket.write(part)
  await closed
  socket.destroy()
  const text = Buffer.concat(received).toString('utf8')
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text: text.slice(text.indexOf('\r\n\r\n') + 4) }
}

const HEAD = `Host: 127.0.0.1\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nConnection: close\r\n`

const get = (target: string, headers = '') => send(`GET ${target} HTTP/1.1\r\n${HEAD}${headers}\r\n`)

function post(target: string, body: string | Uint8Array): Promise<Answer> {
  const bytes = Buffer.from(body as string) // a string or bytes: both are read as they are
  return send(`POST /api/v1${target} HTTP/1.1\r\n${HEAD}Content-Length: ${bytes.length}\r\n\r\n`, bytes)
}

/** Asks for something small again and again while `run` runs: how long did the slowest answer take? */
async function whileOthersAsk<T>(run: () => Promise<T>): Promise<{ result: T; slowestMs: number }> {
  let done = false
  let slowestMs = 0
  const probe = (async () => {
    while (!done) {
      const start = performance.now()
      assert.equal((await get('/api/v1/participants?pageSize=1')).status, 200)
      slowestMs = Math.max(slowestMs, performance.now() - start)
      await sleep(10)
    }
  })()
  try {
    return { result: await run(), slowestMs }
  } finally {
    done = true
    await probe
  }
}

/** One of the statuses, as JSON that says why, in time, and nobody else waits for it. */
async function answers(name: string, statuses: readonly number[], run: () => Promise<Answer>): Promise<Answer> {
  const start = performance.now()
  const { result, slowestMs } = await whileOthersAsk(run)
  const took = performance.now() - start
  assert.ok(statuses.includes(result.status), `${name}: ${result.status} ${result.text.slice(0, 300)}`)
  // what Node.js itself refuses has no body
  if (result.status >= 400 && !['', '0\r\n\r\n'].includes(result.text)) {
    const { status } = JSON.parse(result.text)
    assert.equal(typeof status, 'string', `${name}: ${result.text.slice(0, 300)}`)
  }
  assert.ok(took < ANSWER_MS, `${name} took ${took} ms`)
  assert.ok(slowestMs < OTHERS_MS, `${name} kept others waiting for ${slowestMs} ms`)
  return result
}

type Case = [name: string, statuses: readonly number[], run: () => Promise<Answer>]

function each(cases: readonly Case[]): void {
  for (const [name, statuses, run] of cases)
    test(`${name}: ${statuses.join(' or ')}`, async () => {
      await answers(name, statuses, run)
    })
}

/** As clients send it: they look for the answer when everything is sent. */
async function tenMegabytes(): Promise<Answer> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const response = await fetch(`${url}${list}`, { method: 'POST', headers, body: 'a'.repeat(10 * MIB) })
  return { status: response.status, text: await response.text() }
}

const list = '/api/v1/participants'
const participant = (name: string) => `{"name":${name},"status":"Enabled"}`
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)
let serial = 0
const unique = () => `hard ${serial++}`

describe('JSON', () => {
  each([
    ['arrays 100,000 deep', [400], () => post('/participants', nested('[', ']', 100_000))],
    ['arrays 100,000 deep that never close', [400], () => post('/participants', '['.repeat(100_000))],
    [
      'objects 100,000 deep',
      [400],
      () => post('/participants', participant(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)),
    ],
    ['201 levels', [400], () => post('/participants', nested('[', ']', 202))],
    ['the largest body', [201], () => post('/participants', participant(`"${'a'.repeat(MIB - 50)}"`))],
    ['one byte too many', [413], () => post('/participants', participant(`"${'a'.repeat(MIB)}"`))],
    ['10 MB', [413], tenMegabytes],
    [
      '60,000 unknown members',
      [201],
      () =>
        post(
          '/participants',
          `{"name":"a","status":"Enabled",${Array.from({ length: 60_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`,
        ),
    ],
    ['500,000 items', [400], () => post('/participants', `[${Array(500_000).fill(1).join(',')}]`)],
    ['white space only', [400], () => post('/participants', ' '.repeat(MIB - 1))],
    ['NUL in a text', [400], () => post('/participants', participant('"a\\u0000b"'))],
    ['NUL in a key', [400], () => post('/participants', '{"name":"a","status":"Enabled","\\u0000":1}')],
    ['NUL as a byte', [400], () => post('/participants', participant('"a\0b"'))],
    ['a lone surrogate', [400], () => post('/participants', participant('"\\ud800"'))],
    ['surrogates in the wrong order', [400], () => post('/participants', participant('"\\udc00\\ud800"'))],
    [
      'an overlong form of UTF-8',
      [400],
      () =>
        post('/participants', Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])),
    ],
    [
      'a byte that is no UTF-8',
      [400],
      () => post('/participants', Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')])),
    ],
    ['a byte order mark', [400], () => post('/participants', `\ufeff${participant('"a"')}`)],
    ['UTF-16', [400], () => post('/participants', Buffer.from(participant('"a"'), 'utf16le'))],
    ['1e400', [400], () => post('/participants', '{"name":"a","status":"Enabled","x":1e400}')],
    [
      'a million digits',
      [400],
      () => post('/participants', `{"name":"a","status":"Enabled","x":${'9'.repeat(MIB - 100)}}`),
    ],
    ['-0', [201], () => post('/participants', '{"name":"a","status":"Enabled","x":-0}')],
    ['1e-400', [201], () => post('/participants', '{"name":"a","status":"Enabled","x":1e-400}')],
    ['NaN', [400], () => post('/participants', '{"name":"a","status":"Enabled","x":NaN}')],
    ['a number as name', [400], () => post('/participants', participant('1e3'))],
  ])

  test('of members that are given twice the last one counts', async () => {
    const { status, text } = await post('/participants', '{"name":"first","name":"second","status":"Enabled"}')
    assert.equal(status, 201)
    assert.equal(JSON.parse(text).name, 'second')
  })

  test('names that objects have by nature are names like any other', async () => {
    const body = '{"__proto__":{"name":"x","status":"Enabled"},"constructor":{"prototype":{"name":"x"}},"toString":1}'
    assert.equal((await post('/participants', body)).status, 400)
    assert.equal((await post('/participants', '{}')).status, 400)
  })
})

const LIFECYCLE = {
  states: [{ name: 'New' }, { name: 'Up' }],
  actions: [{ name: 'create', transitions: [{ from: 'New', to: 'Up' }] }],
  initialState: 'New',
}

function serviceType(propertySchema: unknown, lifecycleSchema: unknown = LIFECYCLE): Promise<Answer> {
  return post('/service-types', JSON.stringify({ name: unique(), propertySchema, lifecycleSchema }))
}

const withPattern = (...patterns: string[]) => ({
  properties: {
    a: { type: 'string', validators: patterns.map((pattern) => ({ type: 'pattern', config: { pattern } })) },
  },
})
const names = (count: number) => Array.from({ length: count }, (_, n) => `s${n}`)
const deep = (depth: number): object =>
  depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(depth - 1) } }

describe('definitions', () => {
  each([
    ['syntax that RE2 alone has', [201], () => serviceType(withPattern('(?i)a', '\\pL', '(?P<n>a)', '[[:alpha:]]'))],
    ['a pattern with a look-ahead', [400], () => serviceType(withPattern('(?=a)'))],
    ['a pattern with a look-behind', [400], () => serviceType(withPattern('(?<!a)b'))],
    ['a pattern with a back-reference', [400], () => serviceType(withPattern('(a)\\1'))],
    ['a pattern that multiplies', [400], () => serviceType(withPattern('(((a{1000}){1000}){1000})'))],
    ['a pattern with a huge program', [400], () => serviceType(withPattern('x{1000}'.repeat(140_000)))],
    ['a pattern that is deep', [400], () => serviceType(withPattern('('.repeat(500_000)))],
    ['10,000 patterns', [400], () => serviceType(withPattern(...names(10_000).map((name) => `(?i:\\pL){9}${name}`)))],
    ['a pattern that makes others hang', [201], () => serviceType(withPattern('^(a+)+$'))],
    [
      'an enumeration of 10,000 values',
      [201],
      () =>
        serviceType({
          properties: { a: { type: 'string', validators: [{ type: 'enum', config: { values: names(10_000) } }] } },
        }),
    ],
    [
      '20,000 properties that must differ',
      [201],
      () =>
        serviceType({
          properties: Object.fromEntries(names(20_000).map((name) => [name, { type: 'json' }])),
          validators: [{ type: 'uniqueValues', config: { properties: names(20_000) } }],
        }),
    ],
    ['a schema nested 90 deep', [201], () => serviceType(deep(0) && { properties: { a: deep(90) } })],
    ['a schema nested 200 deep', [400], () => serviceType({ properties: { a: deep(200) } })],
    [
      'a lifecycle of 10,000 states and actions',
      [201],
      () =>
        serviceType(withPattern('a'), {
          states: names(10_000).map((name) => ({ name })),
          initialState: 's0',
          terminalStates: names(10_000).slice(1),
          actions: names(8_000).map((name) => ({ name, transitions: [{ from: name, to: 's0' }] })),
        }),
    ],
    [
      'a property called __proto__',
      [201],
      () =>
        post(
          '/service-types',
          `{"name":"proto","propertySchema":{"properties":{"__proto__":{"type":"string"}}},"lifecycleSchema":${JSON.stringify(LIFECYCLE)}}`,
        ),
    ],
  ])
})

describe('orders', () => {
  let order: (properties: unknown) => Promise<Answer>
  const PROPERTIES = {
    text: { type: 'string', validators: [{ type: 'pattern', config: { pattern: '^(a+)+$' } }] },
    slow: { type: 'string', validators: [{ type: 'pattern', config: { pattern: '(?:[ab]*a[ab]{900})\\b[ab]' } }] },
    many: {
      type: 'array',
      items: { type: 'integer', validators: [{ type: 'enum', config: { values: names(10_000).map((_, n) => n) } }] },
    },
    objects: {
      type: 'array',
      items: {
        type: 'object',
        properties: Object.fromEntries(names(200).map((name) => [name, { type: 'string', default: 'default' }])),
      },
    },
    free: { type: 'json' },
    integer: { type: 'integer' },
  }

  before(async () => {
    const made = async (path: string, body: object): Promise<string> => {
      const { status, text } = await post(path, JSON.stringify(body))
      assert.equal(status, 201, text)
      return JSON.parse(text).id
    }
    const providerId = await made('/participants', { name: unique(), status: 'Enabled' })
    const serviceTypeId = await made('/service-types', {
      name: unique(),
      propertySchema: { properties: PROPERTIES },
      lifecycleSchema: LIFECYCLE,
    })
    const agentTypeId = await made('/agent-types', {
      name: unique(),
      serviceTypeIds: [serviceTypeId],
      configurationSchema: { properties: { url: { type: 'string' } } },
    })
    const agentId = await made('/agents', { name: unique(), providerId, agentTypeId })
    const groupId = await made('/service-groups', { name: unique(), consumerId: providerId })
    order = (properties) =>
      post('/services', JSON.stringify({ name: unique(), groupId, serviceTypeId, agentId, properties }))
  })

  each([
    ['a text that makes backtracking hang', [400], () => order({ text: `${'a'.repeat(900_000)}b` })],
    ['a text that fits it', [201], () => order({ text: 'a'.repeat(900_000) })],
    ['a long text for a slow pattern', [400], () => order({ slow: 'ab'.repeat(400_000) })],
    ['200,000 items against 10,000 values', [400], () => order({ many: Array(200_000).fill(9_999) })],
    ['50,000 items against 10,000 values', [201], () => order({ many: Array(50_000).fill(9_999) })],
    ['300,000 objects with 200 defaults each', [400], () => order({ objects: Array(300_000).fill({}) })],
    ['80,000 unknown properties', [201], () => order(Object.fromEntries(names(80_000).map((name) => [name, 1])))],
    ['free JSON 100 deep', [201], () => order({ free: JSON.parse(nested('[', ']', 100)) })],
    ['an integer beyond 64 bits', [400], () => order({ integer: 1e300 })],
  ])
})

describe('paths', () => {
  each([
    ['dots', [404], () => get('/api/v1/../v1/participants')],
    ['dots that are encoded', [404], () => get('/api/v1/%2e%2e/%2e%2e/etc/passwd')],
    ['dots as id', [400, 404], () => get('/api/v1/participants/..%2f..%2fetc')],
    ['NUL', [400, 404], () => get('/api/v1/participants/%00')],
    ['a broken escape', [400], () => get('/api/v1/participants/%zz')],
    ['an overlong slash', [400], () => get('/api/v1/participants/%c0%af')],
    ['an encoded slash', [400, 404], () => get('/api/v1%2Fparticipants')],
    ['double slashes', [404], () => get('//api/v1//participants')],
    ['a slash behind a collection', [200], () => get(`${list}/`)],
    ['a slash behind an object', [404], () => get(`${list}/00000000-0000-0000-0000-000000000000/`)],
    ['a dot behind', [404], () => get(`${list}.`)],
    ['parameters behind a semicolon', [404], () => get(`${list};admin=true`)],
    ['an id of 8 KB', [400, 404, 414], () => get(`${list}/${'a'.repeat(8_192)}`)],
    ['a path of 8 KB', [404], () => get(`/api/v1/${'a/'.repeat(4_096)}`)],
    ['letters of another script', [400], () => get(`${list}/%D0%B0%D1%84`)],
    ['another case', [404], () => get('/API/v1/participants')],
    ['letters that are escaped without need', [200], () => get('/%61pi/v1/%70articipants')],
    ['the form that names the host', [200], () => get(`http://127.0.0.1${list}`)],
    ['a host that is none', [400], () => get(`http://a:99999${list}`)],
    ['an asterisk', [401, 404, 405], () => send(`OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`)],
    ['OPTIONS without a preflight', [405], () => send(`OPTIONS ${list} HTTP/1.1\r\n${HEAD}\r\n`)],
    ['OPTIONS of nothing', [404], () => send(`OPTIONS /api/v1/nothing HTTP/1.1\r\n${HEAD}\r\n`)],
    ['TRACE', [405], () => send(`TRACE ${list} HTTP/1.1\r\n${HEAD}\r\n`)],
    ['CONNECT', [405], () => send(`CONNECT example.org:443 HTTP/1.1\r\n${HEAD}\r\n`)],
    ['a method that nobody knows', [400], () => send(`HACK ${list} HTTP/1.1\r\n${HEAD}\r\n`)],
    ['a method of WebDAV', [404, 405], () => send(`PROPFIND ${list} HTTP/1.1\r\n${HEAD}\r\n`)],
    ['HTTP/2 in clear', [400, 505], () => send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ])

  test('none of them lets anybody in without a token', async () => {
    for (const target of ['/%61pi/v1/participants', `http://127.0.0.1${list}`, `${list}/`, '/api/v1/x']) {
      const { status } = await send(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      assert.equal(status, 401, target)
    }
  })
})

describe('headers', () => {
  const bearer = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`
  const post1 = (headers: string, body: string) => send(`POST ${list} HTTP/1.1\r\n${HEAD}${headers}\r\n${body}`)
  each([
    ['1,000 headers', [431], () => get(list, 'X-A: b\r\n'.repeat(1_000))],
    ['100 KB in one header', [431], () => get(list, `X-A: ${'b'.repeat(100_000)}\r\n`)],
    ['the same token twice', [200, 400, 401], () => get(list, bearer)],
    [
      'a token of 10 KB',
      [401],
      () =>
        send(
          `GET ${list} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${'a'.repeat(10_000)}\r\n\r\n`,
        ),
    ],
    [
      'a token with bytes that are no text',
      [400, 401],
      () => send(`GET ${list} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer \xff\x01\r\n\r\n`),
    ],
    ['two lengths', [400], () => post1('Content-Length: 2\r\nContent-Length: 3\r\n', '{} ')],
    ['a length and chunks', [400], () => post1('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    [
      'chunks that are not the last encoding',
      [400],
      () => post1('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    ],
    ['a chunk without a length', [400], () => post1('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n')],
    [
      'a chunk of many exabytes',
      [400, 413],
      () => post1('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n{}\r\n'),
    ],
    [
      'an endless chunk extension',
      [400, 413],
      () => post1('Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(100_000)}\r\n{\r\n`),
    ],
    ['a length that is no number', [400], () => post1('Content-Length: 0x10\r\n', '{}')],
    ['a length beyond all bodies', [413], () => post1('Content-Length: 99999999999\r\n', '{}')],
    ['a folded header', [200, 400], () => get(list, 'X-A: b\r\n c\r\n')],
    ['a space before the colon', [400], () => get(list, 'X-A : b\r\n')],
    ['no host', [400], () => send(`GET ${list} HTTP/1.1\r\n${bearer}\r\n`)],
    [
      'compression that is not served',
      [400, 415],
      () => post1('Content-Encoding: gzip\r\nContent-Length: 3\r\n', '\x1f\x8b\x08'),
    ],
    ['an expectation', [417], () => post1('Expect: a-miracle\r\nContent-Length: 2\r\n', '{}')],
  ])
})

describe('queries', () => {
  const query = (text: string) => get(`${list}?${text}`)
  each([
    ['3,000 parameters', [400], () => query(names(1_800).join('&'))],
    ['500 values of a filter', [200], () => query('name=e&'.repeat(500))],
    ['1,500 values of a filter', [400], () => query('name=e&'.repeat(1_500))],
    ['a filter of 1 MB', [431], () => query(`name=${'%25'.repeat(350_000)}`)],
    ['a filter of 12 KB of wildcards', [200], () => query(`name=${'%25_'.repeat(3_000)}`)],
    ['a filter that is SQL', [200], () => query("name='%20OR%201=1;--")],
    ['a filter by a name that is SQL', [400], () => query("name'%20OR%201=1--=a")],
    ['a filter by __proto__', [400], () => query('__proto__=a')],
    ['a filter by constructor', [400], () => query('constructor=a')],
    ['a filter with NUL', [400], () => query('name=%00')],
    ['a filter with bytes that are no text', [200], () => query('name=%ff%fe')],
    ['a broken escape', [200], () => query('name=%zz')],
    ...['1e30', 'NaN', 'Infinity', '-1', '1.5', '0x10', '0', '%201', '1%00', '１'].map(
      (page): Case => [`page=${page}`, [400], () => query(`page=${page}`)],
    ),
    ['a page beyond all', [200], () => query('page=9007199254740993')],
    ['a page of 400 digits', [200, 400], () => query(`page=${'9'.repeat(400)}`)],
    ...[
      'id;DROP%20TABLE%20participants',
      '(SELECT%201)',
      'name,id',
      '%2B%2Bname',
      'created_at',
      '__proto__',
      'name%00',
    ].map((sort): Case => [`sort=${sort}`, [400], () => query(`sort=${sort}`)]),
  ])
})

test('after all of it the server is not much larger than a server is', {
  skip: process.platform === 'linux' ? false : 'the peak of a process is read from /proc',
}, async () => {
  const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  assert.ok(peakBytes < GROWTH_BYTES + 200 * MIB, `${Math.round(peakBytes / MIB)} MiB`)
  assert.equal((await get(list)).status, 200)
})
