/**
 * The pages at `/docs` that show the OpenAPI document to people: Swagger UI from files of this installation. Nothing on them is
 * fetched from another host, and their Content-Security-Policy forbids it.
 */
import swagger, { type StaticDocumentSpec } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { ApiDocument } from './api-document.ts'

const PAGES_PREFIX = '/docs'

/** Swagger UI draws its icons as `data:` images; everything else is a file of its own. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Registered in a scope of its own: hooks and parsers of the API stay as they are. */
export function serveApiPages(http: FastifyInstance, document: ApiDocument): void {
  http.register((scope, _options, done) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
      reply.header('cache-control', 'public, max-age=300')
    })
    scope.register(swagger, {
      mode: 'static',
      // its types end at OpenAPI 3.0; in static mode it only hands the document out
      specification: { document: document as object as StaticDocumentSpec['document'] },
    })
    scope.register(swaggerUi, {
      routePrefix: PAGES_PREFIX,
      theme: { title: 'Fulcrum API' },
      // some two hundred operations: a browser takes many seconds to open them all
      uiConfig: { docExpansion: 'none', filter: true, displayRequestDuration: true },
    })
    done()
  })
}
