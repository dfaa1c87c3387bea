/**
 * The routes file: which address the gateway listens on, and where its connections go. The agent writes it, the gateway reads it;
 * nothing else passes between the two, so either can be restarted without the other.
 */
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { isIP } from 'node:net'

export type Address = { host: string; port: number }

export type Route = { listen: Address; target: Address; serviceId: string }

/** Two routes with the same key are the same listener and the same target. */
export const routeKey = (route: Route) => `${addressKey(route.listen)} > ${addressKey(route.target)} ${route.serviceId}`

export const addressKey = ({ host, port }: Address) => (isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`)

/**
 * Replaces the routes file in one step: a reader sees the old routes or the new ones, also after a crash.
 *
 * @throws TypeError if a route is malformed or two listen on one address; the file stays as it was
 */
export async function writeRoutes(file: string, routes: readonly Route[]): Promise<void> {
  const text = `${JSON.stringify({ routes: parseRoutes({ routes }) }, null, 2)}\n`
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** @throws SyntaxError, TypeError or the file system's error; never half the routes */
export async function readRoutes(file: string): Promise<Route[]> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'))
  return parseRoutes(value)
}

/** @throws TypeError that names the route */
export function parseRoutes(value: unknown): Route[] {
  if (!isRecord(value) || !Array.isArray(value.routes)) throw new TypeError('the routes file must hold {"routes": […]}')
  const entries: unknown[] = value.routes
  const routes = entries.map((entry, index) => {
    const name = `routes[${index}]`
    if (!isRecord(entry)) throw new TypeError(`${name} must be an object`)
    if (typeof entry.serviceId !== 'string') throw new TypeError(`${name}.serviceId must be a string`)
    return {
      listen: parseAddress(entry.listen, `${name}.listen`),
      target: parseAddress(entry.target, `${name}.target`),
      serviceId: entry.serviceId,
    }
  })
  const seen = new Set<string>()
  for (const { listen } of routes) {
    if (seen.has(addressKey(listen))) throw new TypeError(`two routes listen on ${addressKey(listen)}`)
    seen.add(addressKey(listen))
  }
  return routes
}

function parseAddress(value: unknown, name: string): Address {
  if (!isRecord(value)) throw new TypeError(`${name} must be an object`)
  const { host, port } = value
  if (typeof host !== 'string' || host === '') throw new TypeError(`${name}.host must be a string`)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new TypeError(`${name}.port must be a whole number from 1 to 65535`)
  return { host, port }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
