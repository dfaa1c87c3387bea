/** A real https server on this machine that answers what a test says and counts who asks. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Authority } from './authority.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void
export type Page = { type: string; text: string }

export type HttpsHost = {
  port: number
  /** By path; others are 404. */
  pages: Map<string, Page | Handler>
  /** Paths that were asked for, in order. */
  requests: string[]
  close(): Promise<void>
}

/** @param names  that its certificate covers */
export async function startHttpsHost(authority: Authority, names: readonly string[]): Promise<HttpsHost> {
  const { pem, keyPem } = await authority.leaf(names)
  const pages: HttpsHost['pages'] = new Map()
  const requests: string[] = []
  const server = createServer({ cert: pem + authority.intermediate, key: keyPem }, (request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const page = pages.get(path)
    if (page === undefined) return response.writeHead(404, { 'content-type': 'text/plain' }).end('nothing')
    if (typeof page === 'function') return page(request, response)
    response.writeHead(200, { 'content-type': page.type }).end(page.text)
  })
  // clients that do not trust the certificate, or go away, are what some tests are about
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    pages,
    requests,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
