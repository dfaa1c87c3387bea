/** Tells the server at a steady pace that the agent lives, and keeps jobs away while it is not well. */
import type { FulcrumClient } from '@fulcrum/client'
import { type AgentStatus, agents } from '@fulcrum/contract'
import type { AgentContext, AgentDefinition } from './agent.ts'
import type { Log } from './log.ts'
import { jittered, pause, retryPauseMs } from './pause.ts'
import type { ServerLink } from './server-link.ts'

/** Open while the agent is well. */
export type HealthGate = {
  readonly isOpen: boolean
  /** Waits until it is open. @throws the signal's reason */
  open(signal: AbortSignal): Promise<void>
}

/** A check that hangs is a failed one after so long. */
const CHECK_MS = 30_000

export type HeartbeatOptions<C> = {
  health: AgentDefinition<C>['health']
  client: FulcrumClient
  link: ServerLink
  log: Log
  everyMs: number
  contextFor(signal: AbortSignal): AgentContext<C>
  stopping: AbortSignal
}

/**
 * @returns the gate, which opens with the first good check, and the loop's end after `stopping`. The loop begins with a check at once.
 */
export function startHeartbeat<C>(options: HeartbeatOptions<C>): { gate: HealthGate; ended: Promise<void> } {
  const { health, client, link, log, everyMs, contextFor, stopping } = options
  let well = health === undefined
  let checked = well
  let waiting: (() => void)[] = []

  const gate: HealthGate = {
    get isOpen() {
      return well
    },
    async open(signal) {
      signal.throwIfAborted()
      while (!well)
        await new Promise<void>((resolve, reject) => {
          const onAbort = () => reject(signal.reason)
          signal.addEventListener('abort', onAbort, { once: true })
          waiting.push(() => {
            signal.removeEventListener('abort', onAbort)
            resolve()
          })
        })
    },
  }
  return { gate, ended: loop() }

  async function loop(): Promise<void> {
    for (let failures = 0; !stopping.aborted; ) {
      setWell(await isWell())
      try {
        await client.call(agents.meStatus, { body: { status: well ? 'Connected' : 'Error' } }, { signal: stopping })
        link.ok()
        failures = 0
        await pause(jittered(everyMs), stopping)
      } catch (error) {
        if (stopping.aborted) return
        link.failed('send the heartbeat', error)
        await pause(Math.min(everyMs, retryPauseMs(failures++, error)), stopping).catch(() => undefined)
      }
    }
  }

  async function isWell(): Promise<boolean> {
    if (!health) return true
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(new Error('the check takes too long')), CHECK_MS)
    const onStop = () => limit.abort(stopping.reason)
    stopping.addEventListener('abort', onStop, { once: true })
    const aborted = new Promise<never>((_, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true })
    })
    try {
      return (await Promise.race([health(contextFor(limit.signal)), aborted])) !== false
    } catch (error) {
      if (stopping.aborted) return well
      log[well ? 'warn' : 'debug']('the agent is not well', { error })
      return false
    } finally {
      clearTimeout(timer)
      stopping.removeEventListener('abort', onStop)
    }
  }

  function setWell(now: boolean): void {
    const told = checked ? now !== well : !now
    if (told) log[now ? 'info' : 'warn'](now ? 'the agent is well again' : 'no new jobs until the agent is well')
    checked = true
    well = now
    if (!now) return
    for (const go of waiting) go()
    waiting = []
  }
}

/** Says once how the agent is, without insisting: at the end, or when the start fails. */
export async function tellStatus(client: FulcrumClient, status: AgentStatus, log: Log): Promise<void> {
  await client
    .call(agents.meStatus, { body: { status } }, { timeoutMs: 5_000 })
    .catch((error) => log.debug('the status could not be sent', { status, error }))
}
