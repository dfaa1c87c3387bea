/** What the agent's loops learn about the server, said once in the log instead of once per try. */
import { RateLimitedError, UnauthenticatedError, UnavailableError } from '@fulcrum/client'
import type { Log } from './log.ts'
import { pause, retryPauseMs } from './pause.ts'

export type ServerLink = {
  /** A call was answered. */
  ok(): void
  /**
   * A call failed. The first of a kind is logged as a warning, the following ones as debug lines, until `ok`.
   *
   * @param what  what was tried, for example `look for jobs`
   */
  failed(what: string, error: unknown): void
  /** Repeats a call until it is answered; only for errors that time can heal, see `isTemporary`. Others are thrown. */
  insist<T>(what: string, call: () => Promise<T>, signal: AbortSignal, heals?: (error: unknown) => boolean): Promise<T>
}

/** True for what may work later without anybody changing the request: an outage, too many calls, a token to be renewed. */
export function isTemporary(error: unknown): boolean {
  return error instanceof UnavailableError || error instanceof RateLimitedError || error instanceof UnauthenticatedError
}

/**
 * @param tokenPatienceMs  after so long with a refused token the agent gives up
 * @param giveUp  called then, once
 */
export function createServerLink(
  log: Log,
  tokenPatienceMs: number,
  giveUp: (error: UnauthenticatedError) => void,
): ServerLink {
  let trouble: 'token' | 'unavailable' | undefined
  let refusedSince: number | undefined
  let gaveUp = false

  function ok(): void {
    if (trouble) log.info(trouble === 'token' ? 'the server accepts the token again' : 'the server is back')
    trouble = undefined
    refusedSince = undefined
  }

  function failed(what: string, error: unknown): void {
    if (error instanceof UnauthenticatedError) {
      refusedSince ??= performance.now()
      const text =
        'the server refuses the token of the agent: it expired, was deleted or is wrong; put a new one in its place'
      if (trouble !== 'token') log.error(text, { what, reason: error.message })
      trouble = 'token'
      if (!gaveUp && performance.now() - refusedSince >= tokenPatienceMs) {
        gaveUp = true
        giveUp(error)
      }
    } else if (error instanceof UnavailableError) {
      const level = trouble === undefined ? 'warn' : 'debug'
      log[level]('the server is not available, trying again', { what, reason: error.message })
      trouble ??= 'unavailable'
    } else {
      log.warn(`could not ${what}`, { error })
    }
  }

  async function insist<T>(what: string, call: () => Promise<T>, signal: AbortSignal, heals = isTemporary): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        const answer = await call()
        ok()
        return answer
      } catch (error) {
        signal.throwIfAborted()
        if (!heals(error)) throw error
        failed(what, error)
        await pause(retryPauseMs(failures, error), signal)
      }
    }
  }

  return { ok, failed, insist }
}
