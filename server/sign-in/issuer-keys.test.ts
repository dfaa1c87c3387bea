/** When the issuer is asked for keys, and what works while it is away. */
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { errors, type JWTVerifyGetKey } from 'jose'
import { Refusal } from '../platform/errors.ts'
import { loadIssuerKeys } from './issuer-keys.ts'
import { makeKey } from './testing/issuer.ts'

const CACHE_MS = 600_000
const MINUTE_MS = 60_000

const [first, second] = [await makeKey('ES256', 'first'), await makeKey('ES256', 'second')]

let shown: { kid: string; publicJwk: object }[]
let away: boolean
let asked: number
let timeMs: number
let keys: JWTVerifyGetKey

const load = (cacheMs = CACHE_MS) =>
  loadIssuerKeys({
    fetchKeys: async () => {
      asked++
      if (away) throw new Error('away')
      return { keys: shown.map(({ publicJwk }) => publicJwk) }
    },
    cacheMs,
    now: () => new Date(timeMs),
    log: { warn: () => {} },
  })
const find = async (kid: string) => keys({ alg: 'ES256', kid }, { payload: '', signature: '' })
const isUnknown = (error: unknown) => error instanceof errors.JWKSNoMatchingKey
const isAway = (error: unknown) => error instanceof Refusal && error.kind === 'unavailable'

beforeEach(async () => {
  shown = [first]
  away = false
  asked = 0
  timeMs = Date.parse('2026-11-24T12:00:00Z')
  keys = await load()
})

describe('keys of the issuer', () => {
  test('are asked for once, and again when they are old', async () => {
    for (let i = 0; i < 20; i++) await find('first')
    timeMs += CACHE_MS - 1
    await find('first')
    assert.equal(asked, 1)
    timeMs += 1
    await Promise.all(Array.from({ length: 20 }, () => find('first')))
    assert.equal(asked, 2)
  })

  test('are asked for when a token needs a new one', async () => {
    shown = [first, second]
    timeMs += MINUTE_MS
    await find('second')
    assert.equal(asked, 2)
  })

  test('are no longer good when the issuer shows them no more and the time is over', async () => {
    shown = [second]
    timeMs += CACHE_MS - 1
    await find('first')
    timeMs += 1
    await assert.rejects(find('first'), isUnknown)
  })

  test('are not asked for by a flood of unknown ones more than once in ten seconds', async () => {
    timeMs += MINUTE_MS
    for (let i = 0; i < 300; i++) {
      await assert.rejects(find(`bad ${i}`), isUnknown)
      timeMs += 100
    }
    assert.equal(asked, 1 + 3)
  })

  test('are asked for together by those who come at once', async () => {
    timeMs += MINUTE_MS
    shown = [second]
    await Promise.all(Array.from({ length: 50 }, () => find('second')))
    assert.equal(asked, 2)
  })

  test('that are known go on while the issuer is away, however long, and it is not asked at each token', async () => {
    away = true
    timeMs += 10 * CACHE_MS
    for (let i = 0; i < 100; i++) await find('first')
    assert.equal(asked, 2)
  })

  test('that are not known cannot be judged while it is away, also within the pause; later they can', async () => {
    away = true
    timeMs += MINUTE_MS
    for (let i = 0; i < 3; i++) await assert.rejects(find('second'), isAway)
    assert.equal(asked, 2)
    away = false
    shown = [first, second]
    timeMs += MINUTE_MS
    await find('second')
    await assert.rejects(find('third'), isUnknown)
  })

  test('stay when the issuer answers something else', async () => {
    shown = [{ kid: 'x', publicJwk: 'nonsense' as never }] // no key at all
    timeMs += MINUTE_MS
    await assert.rejects(find('second'), isAway)
    await find('first')
  })

  test('that cannot be had at the start are a failure of the start', async () => {
    away = true
    await assert.rejects(load(), /away/)
  })
})
