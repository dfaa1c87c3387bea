/** What an aggregation asks for: how values are put together, in buckets of which length, over which range of time. */
import type { Aggregation as WireAggregation } from '@fulcrum/contract'
import { Refusal } from '../platform/errors.ts'

export type Aggregate = WireAggregation['aggregate']
export type Bucket = WireAggregation['bucket']

/** A point in time with its text: RFC 3339 with the offset in which it was asked for. */
export type Moment = { time: Date; text: string }

const AGGREGATES: readonly Aggregate[] = ['min', 'max', 'sum', 'avg', 'diff']

const DAY_MS = 24 * 3_600_000
/** The longest range for each bucket, so that no answer has more than about 1,500 values (contract, DOMAIN.md 13.2). */
const LONGEST: Readonly<Record<Bucket, { ms: number; text: string }>> = {
  minute: { ms: DAY_MS, text: '24 hours' },
  hour: { ms: 7 * DAY_MS, text: '7 days' },
  day: { ms: 90 * DAY_MS, text: '90 days' },
  month: { ms: 365 * DAY_MS, text: '1 year' },
}

/** @throws Refusal `invalid` */
export function readAggregate(name: string): Aggregate {
  const aggregate = AGGREGATES.find((known) => known === name)
  if (!aggregate) throw new Refusal('invalid', `invalid aggregate type: ${name}`)
  return aggregate
}

/** @throws Refusal `invalid` */
export function readBucket(name: string): Bucket {
  if (!isBucket(name)) throw new Refusal('invalid', `invalid aggregate bucket: ${name}`)
  return name
}

function isBucket(name: string): name is Bucket {
  return Object.hasOwn(LONGEST, name)
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/

/**
 * @param text  RFC 3339 with any offset and fraction
 * @returns its text has at most nine digits of fraction, without trailing zeros
 * @throws Refusal `invalid`, also for days that no month has
 */
export function readMoment(name: string, text: string): Moment {
  const { seconds, fraction, offset } = parts(text)
  const time = new Date(text)
  // JavaScript takes 30 February for 2 March
  if (seconds === '' || Number.isNaN(time.getTime()) || shifted(seconds, 0) !== seconds)
    throw new Refusal('invalid', `invalid ${name}: '${text.slice(0, 50)}' is not an RFC 3339 time`)
  return { time, text: `${seconds}${fraction}${offset}` }
}

/** Where a range begins when only its end is known: as early as its bucket allows, in the offset of the end. */
export function defaultStart(bucket: Bucket, end: Moment): Moment {
  const { seconds, fraction, offset } = parts(end.text)
  return readMoment('start', `${shifted(seconds, -LONGEST[bucket].ms)}${fraction}${offset}`)
}

function parts(text: string): { seconds: string; fraction: string; offset: string } {
  const [, seconds = '', digits = '', offset = ''] = RFC3339.exec(text) ?? []
  const fraction = digits.slice(0, 9).replace(/0+$/, '')
  return { seconds, fraction: fraction && `.${fraction}`, offset: /^[+-]00:00$/.test(offset) ? 'Z' : offset }
}

/** A local time without offset, moved by so much; empty when it is none. */
function shifted(seconds: string, byMs: number): string {
  const time = new Date(new Date(`${seconds}Z`).getTime() + byMs)
  return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(0, 19)
}

/** @throws Refusal `invalid` when the end is before the start, or the range longer than the bucket allows */
export function checkRange(bucket: Bucket, start: Date, end: Date): void {
  const { ms, text } = LONGEST[bucket]
  if (end < start) throw new Refusal('invalid', 'end time must be after start time')
  if (end.getTime() - start.getTime() > ms)
    throw new Refusal('invalid', `time range exceeds maximum for bucket ${bucket} (max: ${text})`)
}
