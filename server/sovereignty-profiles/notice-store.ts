/** What ends soon or has just ended, and which services depend on it. */
import type { SovereigntyNotice } from '@fulcrum/contract'
import { sql } from 'kysely'
import type { ListSource } from '../platform/lists.ts'
import { timestamp } from '../platform/wire.ts'
import { FIRST_NOTICE_DAYS } from './expiry.ts'
import { toSubject } from './subject.ts'

/** What has ended is shown for so long. */
const SHOWN_AFTER_DAYS = 30
const SHOWN_SERVICES = 20
const DAY_MS = 86_400_000

type NoticeRow = {
  id: string
  kind: 'evidence' | 'profile'
  participant_id: string
  agent_id: string | null
  service_type_id: string | null
  valid_until: Date
  paths: string[]
  count: number
  services: { id: string; name: string }[]
}

/** @param reader  the participant that asks: shown what is its own, and what its services rely on; null: everything */
export function noticeList(reader: string | null, now: Date): ListSource<NoticeRow, SovereigntyNotice> {
  const [from, to] = [days(now, -SHOWN_AFTER_DAYS), days(now, FIRST_NOTICE_DAYS)]
  // services that run where the notice is about, and that the reader may read
  const relies = sql`NOT s.terminal AND s.provider_id = t.participant_id
    AND (t.agent_id IS NULL OR s.agent_id = t.agent_id)
    AND (t.service_type_id IS NULL OR s.service_type_id = t.service_type_id)`
  const own = reader === null ? sql`true` : sql`(s.provider_id = ${reader} OR s.consumer_id = ${reader})`
  const concerns =
    reader === null
      ? sql`true`
      : sql`(t.participant_id = ${reader} OR EXISTS (SELECT FROM services s WHERE s.consumer_id = ${reader} AND ${relies}))`
  return {
    table: 'sovereignty_notices',
    where: sql`t.valid_until > ${from} AND t.valid_until <= ${to} AND ${concerns}`,
    select: sql`t.*, d.count, d.services`,
    joins: sql`CROSS JOIN LATERAL (
      SELECT count(*) AS count,
             coalesce(json_agg(json_build_object('id', s.id, 'name', s.name) ORDER BY s.name, s.id)
                      FILTER (WHERE s.place <= ${SHOWN_SERVICES}), '[]') AS services
      FROM (SELECT s.id, s.name, row_number() OVER (ORDER BY s.name, s.id) AS place
            FROM services s WHERE ${relies} AND ${own}) s) d`,
    toItem: (row) => {
      const daysLeft = Math.floor((row.valid_until.getTime() - now.getTime()) / DAY_MS)
      return {
        id: row.id,
        kind: row.kind,
        ...toSubject(row),
        validUntil: timestamp(row.valid_until),
        daysLeft,
        state: daysLeft < 0 ? 'expired' : 'expiring',
        paths: row.paths,
        dependents: { count: row.count, services: row.services },
      }
    },
  }
}

function days(now: Date, count: number): Date {
  return new Date(now.getTime() + count * DAY_MS)
}
