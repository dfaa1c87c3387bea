/**
 * Facts about offerings that this instance measured itself, by drills: they lie over what profiles declare. A published version of
 * a profile never changes, and what was measured is nobody's declaration; so it stands beside the versions, in a table of its own.
 */
import type { Profile } from '@fulcrum/sovereignty'
import { type Selectable, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { MeasuredFactsTable } from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'

type Key = { agentId: string; serviceTypeId: string }

export type MeasuredFacts = Selectable<MeasuredFactsTable>

/** By agent and service type, of offerings of which something was measured by then. One statement. */
export async function measuredFacts(
  db: Db,
  offerings: readonly Key[],
  at: Date,
): Promise<(key: Key) => MeasuredFacts | undefined> {
  if (offerings.length === 0) return () => undefined
  const { rows } = await sql<MeasuredFacts>`
    SELECT * FROM measured_facts
    WHERE agent_id = ANY (${[...new Set(offerings.map(({ agentId }) => agentId))]}::uuid[]) AND measured_at <= ${at}`.execute(
    db,
  )
  const known = new Map(rows.map((row) => [`${row.agent_id} ${row.service_type_id}`, row]))
  return ({ agentId, serviceTypeId }) => known.get(`${agentId} ${serviceTypeId}`)
}

/** What was measured wins, also over a declaration that sounds better: the evidence is about the measurement. */
export function withMeasuredFacts(profile: Profile, facts: MeasuredFacts | undefined): Profile {
  if (!facts) return profile
  const { export_tested_at: testedAt, export_mib_per_s: exportMiBps, import_mib_per_s: importMiBps } = facts
  return {
    ...profile,
    portability: {
      ...profile.portability,
      ...(testedAt && { exportTestedAt: timestamp(testedAt) }),
      ...(exportMiBps !== null &&
        importMiBps !== null && {
          throughput: { exportMiBps, importMiBps, measuredAt: timestamp(facts.measured_at) },
        }),
    },
  }
}
