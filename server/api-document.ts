/** The OpenAPI document, open to everybody: it says nothing that the source does not. */
import * as contract from '@fulcrum/contract'
import type { FastifyInstance } from 'fastify'

/** Read without a token, unlike everything else below `/api/v1`. */
export const API_DOCUMENT_PATH = '/api/v1/openapi.json'

/** The version of the wire, not of the program: API v1 changes by additions only. */
const API_VERSION = '1.0.0'

export function serveApiDocument(http: FastifyInstance, handled: ReadonlySet<string>): void {
  const operations = contract.operations.filter(({ id }) => handled.has(id))
  const text = `${JSON.stringify(contract.openApiDocument(operations, contract.namedShapes(contract), API_VERSION))}\n`
  http.get(API_DOCUMENT_PATH, { exposeHeadRoute: false }, (_request, reply) =>
    reply.type('application/json').header('cache-control', 'public, max-age=300').send(text),
  )
}
