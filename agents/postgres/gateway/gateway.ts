/** Keeps listeners as the routes file says, whatever happens to it. */
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { codeOf, type Listener, type Log, openListener, place } from './listener.ts'
import { type Route, readRoutes, routeKey } from './routes.ts'

export type Gateway = {
  /** Stops listening, ends all connections and watches no more. */
  close(): Promise<void>
}

/** The file is also read this often, in milliseconds: change notices get lost, and a busy address may become free. */
const REREAD_MS = 1000

/**
 * Opens the routes of a file and follows its changes. A route that stays keeps its connections; one that vanishes, or gets
 * another target, loses them. A file that is missing or malformed changes nothing; a route whose address is taken is tried again.
 */
export async function startGateway(file: string, log: Log): Promise<Gateway> {
  const open = new Map<string, Listener>()
  const complaints = new Map<string, string>()
  let closed = false
  let running: Promise<void> = Promise.resolve()

  /** Each trouble is told once, and again only when it has changed. */
  const complain = (about: string, event: string, error: unknown, fields: Record<string, unknown>) => {
    if (complaints.get(about) === codeOf(error)) return
    complaints.set(about, codeOf(error))
    log(event, { ...fields, error: codeOf(error) })
  }

  const apply = async () => {
    const routes = await readRoutes(file).catch((error: unknown) => complain('file', 'routes-unreadable', error, {}))
    if (!routes || closed) return
    complaints.delete('file')
    const wanted = new Map(routes.map((route) => [routeKey(route), route]))
    for (const [key, listener] of open) if (!wanted.has(key)) await shut(key, listener)
    for (const [key, route] of wanted) if (!open.has(key)) await tryOpen(key, route)
  }
  const shut = async (key: string, listener: Listener) => {
    open.delete(key)
    await listener.close()
    log('route-closed', place(listener.route))
  }
  const tryOpen = async (key: string, route: Route) => {
    try {
      open.set(key, await openListener(route, log))
      complaints.delete(key)
      log('route-opened', place(route))
    } catch (error) {
      complain(key, 'route-not-opened', error, place(route))
    }
  }
  const refresh = () => {
    running = running.then(apply)
    return running
  }

  // The directory, because a rename gives the name to another file; only a notice, the timer finds what it misses.
  const name = basename(file)
  const watcher = watch(dirname(file), (_event, changed) => {
    if (changed === null || changed === name) void refresh()
  })
  watcher.on('error', (error) => complain('watcher', 'watch-failed', error, {}))
  const timer = setInterval(() => void refresh(), REREAD_MS)
  await refresh()
  return {
    async close() {
      closed = true
      clearInterval(timer)
      watcher.close()
      await running
      for (const [key, listener] of open) await shut(key, listener)
    },
  }
}
