/** Published facts as rows: for tests of features that only read them; how they come about is tested where they are made. */
import { randomUUID } from 'node:crypto'
import type { Profile } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'

export type SubjectOfFacts = { participantId: string; agentId?: string; serviceTypeId?: string }

/** Publishes facts about a participant, an agent of it, or an offering. @param at  when they were made and published, and hold from */
export async function insertPublishedFacts(
  db: Db,
  { participantId, agentId, serviceTypeId }: SubjectOfFacts,
  facts: Omit<Profile, 'id' | 'evidences'>,
  { at, version = 1 }: { at: Date; version?: number },
): Promise<void> {
  await sql`
    INSERT INTO sovereignty_profiles (id, participant_id, agent_id, service_type_id, version, status, facts, valid_from,
                                      published_at, created_at, updated_at)
    VALUES (${randomUUID()}, ${participantId}, ${agentId ?? null}, ${serviceTypeId ?? null}, ${version}, 'published',
            ${JSON.stringify(facts)}, ${at}, ${at}, ${at}, ${at})`.execute(db)
}
