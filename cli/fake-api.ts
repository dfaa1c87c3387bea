/**
 * An API v1 in memory, for the tests of commands only: lists with paging, filters and sort, objects by id, and routes that a
 * test adds. The real server stands behind the same commands in the tests of the whole system.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

type Row = Record<string, unknown>
type Reply = { status: number; body?: unknown }
/** Called with the parts of the path after the method, and with the body. */
export type Route = (body: Row, path: string[]) => Reply

export type FakeApi = {
  url: string
  token: string
  objects: Record<string, Row[]>
  /** By method and path, ids as `*`: `POST /services/*\/reveal`. */
  routes: Record<string, Route>
  /** What was asked for, in order: `GET /services?name=db`. */
  requests: { line: string; body: Row }[]
  close(): Promise<void>
}

const PAGING = new Set(['page', 'pageSize', 'sort'])
export const TOKEN = 'a-token-that-must-never-be-printed'

export async function startFakeApi(objects: FakeApi['objects']): Promise<FakeApi> {
  const api = { token: TOKEN, objects, routes: {}, requests: [] } as Omit<FakeApi, 'url' | 'close'> // filled below
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(api, request)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? '' : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return Object.assign(api, {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function answer(api: Omit<FakeApi, 'url' | 'close'>, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '', 'http://fake')
  const sent = await text(request)
  const body: Row = sent === '' ? {} : JSON.parse(sent)
  const path = url.pathname.split('/').slice(3).map(decodeURIComponent)
  api.requests.push({ line: `${request.method} /${path.join('/')}${url.search}`, body })
  if (request.headers.authorization !== `Bearer ${api.token}`)
    return { status: 401, body: { status: 'Unauthorized', error: 'authentication failed' } }
  const [collection = '', id, ...rest] = path
  const exact = api.routes[`${request.method} /${path.join('/')}`]
  const pattern = api.routes[`${request.method} /${[collection, ...(id ? ['*'] : []), ...rest].join('/')}`]
  const route = exact ?? pattern
  if (route) return route(body, path)
  const rows = api.objects[collection] ?? []
  // Without a list of offers it is a server of before there were any.
  if (collection === 'service-types' && rest[0] === 'offers' && api.objects.offers)
    return { status: 200, body: { offers: api.objects.offers } }
  if (request.method !== 'GET' || rest.length > 0) return missing()
  if (id === undefined) return { status: 200, body: page(rows, url.searchParams) }
  const found = rows.find((row) => row.id === id)
  return found ? { status: 200, body: found } : missing()
}

function missing(): Reply {
  return { status: 404, body: { status: 'Resource not found', error: 'resource not found' } }
}

function page(rows: Row[], query: URLSearchParams): unknown {
  const filtered = rows.filter((row) =>
    [...query].every(([key, value]) => PAGING.has(key) || matches(row[key], key, value)),
  )
  const sort = query.get('sort')
  const field = sort?.replace('-', '') ?? ''
  const order = sort?.startsWith('-') ? -1 : 1
  const sorted = sort ? filtered.toSorted((a, b) => order * compare(a[field], b[field])) : filtered
  const currentPage = Number(query.get('page') ?? 1)
  const pageSize = Number(query.get('pageSize') ?? 10)
  const totalPages = Math.ceil(sorted.length / pageSize)
  const items = sorted.slice((currentPage - 1) * pageSize, currentPage * pageSize)
  const hasNext = currentPage < totalPages
  return { items, totalItems: sorted.length, totalPages, currentPage, hasNext, hasPrev: currentPage > 1 }
}

function matches(value: unknown, key: string, wanted: string): boolean {
  const contains = key === 'name' || key === 'type'
  return contains ? String(value).toLowerCase().includes(wanted.toLowerCase()) : String(value) === wanted
}

function compare(a: unknown, b: unknown): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))
}
