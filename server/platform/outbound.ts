/**
 * Keeps account of every connection that this process begins, so that "nothing is connected to that nobody configured" is observed
 * and not only promised. Node.js has no event for it that libraries cannot pass by, hence the one wrapped method.
 */
import { Socket } from 'node:net'

export type Begun = { host: string; port: number | null; count: number; lastAt: Date }

/** More destinations than this are no account any more: later ones are counted as one. */
const MOST = 1_000
export const OTHERS = '(others)'

const begun = new Map<string, Begun>()
let observing = false

/** Everything that was connected to since `observeOutbound`, first come first. */
export function connectionsBegun(): readonly Begun[] {
  return [...begun.values()].map((one) => ({ ...one }))
}

/** From now on; once for the process. */
export function observeOutbound(): void {
  if (observing) return
  observing = true
  const connect = Socket.prototype.connect
  // the method has many forms, and all of them go on as they came
  Socket.prototype.connect = function (this: Socket, ...parameters: unknown[]) {
    const target = targetOf(parameters)
    if (target) note(target)
    return Reflect.apply(connect, this, parameters)
  } as typeof connect
}

type Target = { host: string; port: number | null }

function note(target: Target): void {
  const keyOf = ({ host, port }: Target) => `${host}:${port}`
  const { host, port } = begun.has(keyOf(target)) || begun.size < MOST ? target : { host: OTHERS, port: null }
  const key = keyOf({ host, port })
  begun.set(key, { host, port, count: (begun.get(key)?.count ?? 0) + 1, lastAt: new Date() })
}

/** `connect(options)`, `connect(port, host?)`, `connect(path)`; Node.js itself hands on `[options, callback]`. */
function targetOf([first, second]: readonly unknown[]): Target | null {
  if (Array.isArray(first)) return targetOf(first)
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { host: first, port: null }
  if (typeof first === 'number' || typeof first === 'string')
    return { host: typeof second === 'string' ? second : 'localhost', port: Number(first) }
  if (typeof first !== 'object' || first === null) return null
  const { path, host, port } = first as { path?: unknown; host?: unknown; port?: unknown } // looked at one by one below
  if (typeof path === 'string') return { host: path, port: null }
  return { host: typeof host === 'string' ? host : 'localhost', port: Number(port) }
}
