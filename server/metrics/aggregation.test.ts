import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../platform/errors.ts'
import { readVectors } from '../testing/vectors.ts'
import { checkRange, defaultStart, readAggregate, readBucket, readMoment } from './aggregation.ts'

/** What a call is refused with; null when it is not. */
function refusal(call: () => unknown): string | null {
  try {
    call()
    return null
  } catch (error) {
    if (error instanceof Refusal && error.kind === 'invalid') return error.message
    throw error
  }
}

describe('the contract’s rules of ranges', () => {
  const { vectors } = readVectors('metric-range')
  test('are there', () => assert.equal(vectors.length, 24))
  for (const { name, given, expect } of vectors)
    test(name, () => {
      const refused = refusal(() => {
        if (typeof given.aggregateName === 'string') return readAggregate(given.aggregateName)
        const bucket = readBucket(String(given.bucketName ?? given.bucket))
        if (given.bucketName !== undefined) return bucket
        checkRange(bucket, new Date(String(given.start)), new Date(String(given.end)))
      })
      assert.equal(refused, expect.error ?? null)
      if (expect.defaultStart === undefined) return
      const end = readMoment('end', String(expect.defaultStartForEnd))
      assert.equal(defaultStart(readBucket(String(given.bucketName)), end).text, expect.defaultStart)
    })
})

describe('a point in time', () => {
  for (const [text, shown, time] of [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.120Z', '2026-01-02T03:04:05.12Z', '2026-01-02T03:04:05.120Z'],
    ['2026-01-02T03:04:05.000+02:00', '2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z'],
    ['2026-01-02T03:04:05.1234567891+00:00', '2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123Z'],
  ] as const)
    test(`${text} keeps its offset and loses what says nothing`, () => {
      const moment = readMoment('start', text)
      assert.deepEqual([moment.text, moment.time.toISOString()], [shown, time])
    })

  for (const text of [
    '',
    'yesterday',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-02-30T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04:05 02:00',
    '2026-01-02T03:04:05+99:00',
    '20260-01-02T03:04:05Z',
  ])
    test(`'${text}' is none`, () =>
      assert.match(refusal(() => readMoment('end', text)) ?? '', /^invalid end: .* is not an RFC 3339 time$/))

  test('the default start is in the offset of its end, with its fraction', () => {
    const end = readMoment('end', '2026-03-01T00:30:00.5+01:00')
    const { text, time } = defaultStart('minute', end)
    assert.equal(text, '2026-02-28T00:30:00.5+01:00')
    assert.equal(end.time.getTime() - time.getTime(), 24 * 3_600_000)
  })

  test('a default start before the first year is refused', () => {
    assert.notEqual(
      refusal(() => defaultStart('month', readMoment('end', '0000-01-02T00:00:00Z'))),
      null,
    )
  })
})
