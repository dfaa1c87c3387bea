/** The OpenAPI document, open to everybody: it says nothing that the source does not. */
import * as contract from '@fulcrum/contract'
import { namedShapes, openApiDocument } from '@fulcrum/contract/openapi'
import type { FastifyInstance } from 'fastify'
import manifest from './package.json' with { type: 'json' }

/** Read without a token, unlike everything else below `/api/v1`. */
export const API_DOCUMENT_PATH = '/api/v1/openapi.json'

export type ApiDocument = ReturnType<typeof openApiDocument>

/** Describes the operations that have a handler. */
export function apiDocument(handled: ReadonlySet<string>): ApiDocument {
  const operations = contract.operations.filter(({ id }) => handled.has(id))
  return openApiDocument(operations, namedShapes(contract), manifest.version)
}

export function serveApiDocument(http: FastifyInstance, document: ApiDocument): void {
  const text = `${JSON.stringify(document)}\n`
  http.get(API_DOCUMENT_PATH, { exposeHeadRoute: false }, (_request, reply) =>
    reply.type('application/json').header('cache-control', 'public, max-age=300').send(text),
  )
}
