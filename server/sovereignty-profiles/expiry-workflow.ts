/**
 * Announces the ends of evidence and profiles. What was announced is written beside what ends, in the transaction of the event: so
 * each is said once, however many servers run, and also when none did on the day.
 */
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import { type Command, runCommand, SYSTEM } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { timestamp } from '../platform/wire.ts'
import { noteChange } from './change-store.ts'
import { daysLeft, dueNotice, FIRST_NOTICE_DAYS } from './expiry.ts'
import { subjectLinks, toSubject } from './subject.ts'

const BATCH = 100
const DAY_MS = 86_400_000

type Ending = {
  id: string
  participant_id: string
  agent_id: string | null
  service_type_id: string | null
  valid_until: Date
  announced_days: number | null
  told: Record<string, string | number | string[]>
}

const KINDS = [
  {
    entity: 'sovereignty_evidence',
    table: 'sovereignty_evidences',
    counts: sql`t.verification_status NOT IN ('revoked', 'failed')`,
    told: sql`jsonb_build_object('kind', t.kind, 'level', t.verification_level, 'assertsPaths', t.asserts_paths)`,
  },
  {
    entity: 'sovereignty_profile',
    table: 'sovereignty_profiles',
    // what a newer version has replaced ends without anybody's notice
    counts: sql`t.id IN (SELECT id FROM sovereignty_notices)`,
    told: sql`jsonb_build_object('version', t.version)`,
  },
] as const

/** @returns how many announcements were made */
export async function announceEnds(platform: Platform, signal: AbortSignal): Promise<number> {
  let announced = 0
  for (const kind of KINDS)
    for (let more = true; more && !signal.aborted; ) {
      const done = await runCommand(platform, SYSTEM, (c) => announceBatch(c, kind))
      announced += done
      more = done === BATCH
    }
  return announced
}

/** Rows that another server has locked are announced by that one. */
async function announceBatch(c: Command, { entity, table, counts, told }: (typeof KINDS)[number]): Promise<number> {
  const horizon = new Date(c.now.getTime() + FIRST_NOTICE_DAYS * DAY_MS)
  const name = sql.table(table)
  const { rows } = await sql<Ending>`
    SELECT t.id, t.participant_id, t.agent_id, t.service_type_id, t.valid_until, t.announced_days, ${told} AS told
    FROM ${name} t
    WHERE t.valid_until <= ${horizon} AND ${counts} AND coalesce(t.announced_days, ${FIRST_NOTICE_DAYS + 1}) > CASE
      WHEN t.valid_until <= ${c.now} THEN 0 WHEN t.valid_until <= ${new Date(c.now.getTime() + DAY_MS)} THEN 1
      WHEN t.valid_until <= ${new Date(c.now.getTime() + 14 * DAY_MS)} THEN 14 ELSE ${FIRST_NOTICE_DAYS} END
    ORDER BY t.valid_until, t.id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`.execute(c.tx)
  let announced = 0
  for (const row of rows) {
    const due = dueNotice(row.valid_until, row.announced_days, c.now)
    if (due === null) continue
    announced++
    await sql`UPDATE ${name} SET announced_days = ${due} WHERE id = ${row.id}`.execute(c.tx)
    await appendEvent(c, {
      type: due === 0 ? `${entity}.expired` : `${entity}.expiring`,
      entityId: row.id,
      ...subjectLinks(toSubject(row)),
      properties: {
        ...row.told,
        validUntil: timestamp(row.valid_until),
        ...(due > 0 && { daysLeft: daysLeft(row.valid_until, c.now) }),
      },
    })
  }
  if (rows.length > 0) await noteChange(c)
  return announced
}
