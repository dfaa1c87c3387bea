/**
 * The issuer's keys, fetched anew when they are old or when a token names one that is not there.
 *
 * jose can fetch them itself, but forgets the keys it has when the issuer is away, and asks again for each token meanwhile.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { Refusal } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'

type Deps = {
  /** @throws when the issuer cannot be asked */
  fetchKeys: () => Promise<unknown>
  /** So long no newer keys are asked for, unless a token needs one. */
  cacheMs: number
  now: () => Date
  log: Pick<Log, 'warn'>
}

/**
 * The shortest time between two requests for keys, however many tokens name unknown ones. A new key is unknown for so long at
 * the worst, when somebody floods us with bad tokens.
 */
const COOL_DOWN_MS = 10_000

/**
 * Fetches the keys once and answers how to find one. Finding one throws jose's errors when there is none, and Refusal
 * `unavailable` when the issuer would have to be asked for it and is away. Keys that are known go on working while it is away.
 *
 * @throws what `fetchKeys` throws; JWKSInvalid when the answer is no set of keys
 */
export async function loadIssuerKeys({ fetchKeys, cacheMs, now, log }: Deps): Promise<JWTVerifyGetKey> {
  const coolDownMs = Math.min(COOL_DOWN_MS, cacheMs)
  let askedAt = now().getTime()
  let keys = await readKeys()
  let loadedAt = askedAt
  let away = false
  let refreshing: Promise<void> | null = null

  async function readKeys() {
    return createLocalJWKSet((await fetchKeys()) as JSONWebKeySet) // it checks the shape itself
  }

  async function ask(): Promise<void> {
    askedAt = now().getTime()
    try {
      keys = await readKeys()
      loadedAt = askedAt
      away = false
    } catch (error) {
      away = true
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'no keys from the OpenID provider')
    }
  }

  /** All who come meanwhile wait for the same request; within the cool-down nobody asks. */
  async function refresh(): Promise<void> {
    if (!refreshing && now().getTime() - askedAt < coolDownMs) return
    refreshing ??= ask().finally(() => {
      refreshing = null
    })
    await refreshing
  }

  return async (header, token) => {
    if (now().getTime() - loadedAt >= cacheMs) await refresh()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    }
    await refresh()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!away || !(error instanceof errors.JWKSNoMatchingKey)) throw error
      throw new Refusal('unavailable', 'the OpenID provider cannot be reached; try again', { cause: error })
    }
  }
}
