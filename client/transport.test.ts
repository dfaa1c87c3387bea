/** The ways to the server: through a proxy, and with certificate authorities of one's own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { jobs } from '@fulcrum/contract'
import { FulcrumClient, UnavailableError } from './index.ts'

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // it listens on TCP
}

async function closed(...servers: Server[]): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('requests go through the proxy that was given', async () => {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('[]')
  })
  const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`
  const client = new FulcrumClient({ url: 'http://fulcrum.invalid', token: 't', proxyUrl, timeoutMs: 2_000 })
  assert.deepEqual(await client.call(jobs.pending, {}), [])
  assert.deepEqual(asked, ['http://fulcrum.invalid/api/v1/jobs/pending'])
  await client.close()
  await closed(proxy)
})

test('a server with TLS is reached through a tunnel of the proxy', async () => {
  const asked: string[] = []
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`
  const client = new FulcrumClient({ url: 'https://fulcrum.invalid', token: 't', proxyUrl })
  await assert.rejects(client.call(jobs.pending, {}, { repeat: false, timeoutMs: 2_000 }), UnavailableError)
  assert.deepEqual(asked, ['fulcrum.invalid:443'])
  await client.close()
  await closed(proxy)
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test('a server is trusted by the file of authorities, and not without', {
  skip: !hasOpenssl && 'needs openssl',
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tls-'))
  try {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes']
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject])
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end('[]'),
    )
    const url = `https://127.0.0.1:${await listening(server)}`
    const trusting = new FulcrumClient({ url, token: 't', caFile: cert })
    const wary = new FulcrumClient({ url, token: 't', timeoutMs: 500 })
    assert.deepEqual(await trusting.call(jobs.pending, {}), [])
    await assert.rejects(wary.call(jobs.pending, {}), (error) => {
      assert.ok(error instanceof UnavailableError)
      return /self.signed/i.test(error.message)
    })
    await trusting.close()
    await wary.close()
    await closed(server)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
