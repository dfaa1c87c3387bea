/** The pages at `/docs`: complete without any other host, and no change to the API beside them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startTestServer, type TestServer } from './testing/test-server.ts'

const CHROMIUM = '/usr/bin/chromium'

let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

async function read(page: string) {
  const response = await fetch(new URL(page, server.url))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('every file that the page names is on this server, and is there', async () => {
  for (const page of ['/docs', '/docs/']) {
    const { status, headers, text } = await read(page)
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/html/)
    assert.ok(!text.includes('<style') && !/<script>|<script [^>]*>[^<\s]/.test(text), 'nothing is written inline')
    const links = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => new URL(link, server.url + page))
    assert.ok(links.length >= 6)
    for (const link of links) {
      assert.equal(link.origin, server.url)
      assert.equal((await read(link.pathname)).status, 200, link.pathname)
    }
  }
})

test('styles and settings name no other host', async () => {
  for (const style of ['swagger-ui.css', 'index.css']) {
    const { text } = await read(`/docs/static/${style}`)
    for (const [, url = ''] of text.matchAll(/url\(["']?([^"')]+)/g)) assert.match(url, /^(data:|\.|#|[\w-]+\.\w+$)/)
    assert.ok(!text.includes('@import'))
  }
  const { text } = await read('/docs/static/swagger-initializer.js')
  const urls = [...text.matchAll(/https?:\/\/[^\s'"]+/g)].map(([url]) => url)
  assert.deepEqual(
    urls.filter((url) => !url.startsWith('https://stackoverflow.com/')),
    [],
    'one comment names where a workaround comes from',
  )
  assert.match(text, /validatorUrl: (null|undefined)/)
  assert.match(text, /url: resolveUrl\('\.\/json'\)/)
})

test('pages, scripts and files that are missing carry a policy that allows this server only', async () => {
  for (const page of ['/docs', '/docs/', '/docs/json', '/docs/static/swagger-ui-bundle.js', '/docs/static/nothing']) {
    const { headers } = await read(page)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/, page)
    assert.match(policy, /frame-ancestors 'none'/)
    for (const directive of policy.split(';')) {
      const [, ...sources] = directive.trim().split(/\s+/)
      assert.deepEqual(
        sources.filter((source) => !["'none'", "'self'", 'data:'].includes(source)),
        [],
      )
    }
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  }
})

test('shows the document that the API hands out', async () => {
  assert.deepEqual(JSON.parse((await read('/docs/json')).text), JSON.parse((await read('/api/v1/openapi.json')).text))
})

test('leaves everything else as it is', async () => {
  assert.equal((await read('/')).status, 404)
  assert.equal((await read('/docs/../api/v1/participants')).status, 401)
  assert.equal((await read('/docs/static/..%2f..%2findex.js')).status, 404)
  const { body, status } = await server.admin.post('/participants', '{"name":"n","status":"Enabled"} and more')
  assert.deepEqual([status, body.name], [201, 'n'])
  const { headers } = await server.admin.get('/participants')
  assert.equal(headers.get('content-security-policy')?.includes('data:') ?? false, false)
})

test('a browser renders every group of operations from these files alone', {
  skip: existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`,
}, async () => {
  const profile = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-docs-'))
  try {
    const { stdout } = await promisify(execFile)(
      CHROMIUM,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        `--user-data-dir=${profile}`,
        // no name but the server's leads anywhere
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        '--virtual-time-budget=30000',
        '--dump-dom',
        `${server.url}/docs/`,
      ],
      { maxBuffer: 64 * 2 ** 20, timeout: 120_000 },
    )
    const { tags } = JSON.parse((await read('/api/v1/openapi.json')).text)
    assert.ok(tags.length > 20)
    for (const { name } of tags) assert.ok(stdout.includes(`data-tag="${name}"`), name)
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
})
