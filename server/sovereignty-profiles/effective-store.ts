/** What holds for an offering: the published profiles of its provider, its agent and itself merged, with all their evidence. */
import { type Evidence, effectiveProfile, type Profile } from '@fulcrum/sovereignty'
import { type Selectable, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type {
  SovereigntyEvidencesTable,
  SovereigntyProfilesTable,
  SubjectColumns,
} from '../platform/sovereignty-tables.ts'
import { timestamp } from '../platform/wire.ts'
import { measuredFacts, withMeasuredFacts } from './measured-facts-store.ts'
import { withStatedFacts } from './stated-facts.ts'

/** A service type at an agent. */
export type OfferingKey = { agentId: string; serviceTypeId: string }

export type OfferingProfile = OfferingKey & {
  providerId: string
  /** Its id is the provider's. Without anything published it holds no fact: all is unknown. */
  profile: Profile
  /** The versions that it was merged from, the provider's first. */
  versions: readonly { profileId: string; version: number }[]
}

type EvidenceRow = Selectable<SovereigntyEvidencesTable>
type ProfileRow = Selectable<SovereigntyProfilesTable>
type Offering = OfferingKey & { providerId: string }

/**
 * Four statements, however many offerings are asked for. What was measured lies over what is declared.
 *
 * @param only  `null`: every service type at every agent that is not deleted
 * @param at  which versions count: the newest published one that is valid then
 */
export async function offeringProfiles(
  db: Db,
  only: readonly OfferingKey[] | null,
  at: Date,
): Promise<OfferingProfile[]> {
  const offerings = await readOfferings(db, only)
  const published = await readPublished(
    db,
    offerings.map(({ providerId }) => providerId),
    at,
  )
  const measured = await measuredFacts(db, offerings, at)
  return offerings.map((offering) => {
    const found = merged(offering, published)
    return { ...found, profile: withMeasuredFacts(found.profile, measured(offering)) }
  })
}

/** What is published about participants themselves, by id; without anything published no fact is known. Two statements. */
export async function participantProfiles(
  db: Db,
  participantIds: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, Profile>> {
  const published = await readPublished(db, participantIds, at)
  return new Map(
    participantIds.map((id) => [id, partOf({ participant_id: id, agent_id: null, service_type_id: null }, published)]),
  )
}

type Published = {
  at: Date
  profiles: ReadonlyMap<string, ProfileRow>
  evidences: ReadonlyMap<string, EvidenceRow[]>
}

async function readPublished(db: Db, participantIds: readonly string[], at: Date): Promise<Published> {
  const participants = [...new Set(participantIds)]
  if (participants.length === 0) return { at, profiles: new Map(), evidences: new Map() }
  const { rows: profiles } = await sql<ProfileRow>`
    SELECT DISTINCT ON (participant_id, agent_id, service_type_id) *
    FROM sovereignty_profiles
    WHERE participant_id = ANY (${participants}::uuid[]) AND status = 'published'
      AND valid_from <= ${at} AND (valid_until IS NULL OR valid_until > ${at})
    ORDER BY participant_id, agent_id, service_type_id, version DESC`.execute(db)
  const { rows: evidences } = await sql<EvidenceRow>`
    SELECT * FROM sovereignty_evidences WHERE participant_id = ANY (${participants}::uuid[])
    ORDER BY created_at, id`.execute(db)
  return {
    at,
    profiles: new Map(profiles.map((row) => [subjectKey(row), row])),
    evidences: Map.groupBy(evidences, subjectKey),
  }
}

/** Whether the agent is there and its type offers the service type. */
export async function isOffered(db: Db, { agentId, serviceTypeId }: OfferingKey): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM agents a JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id
    WHERE a.id = ${agentId} AND a.deleted_at IS NULL AND l.service_type_id = ${serviceTypeId}`.execute(db)
  return rows.length > 0
}

async function readOfferings(db: Db, only: readonly OfferingKey[] | null): Promise<Offering[]> {
  if (only === null) {
    const { rows } = await sql<Offering>`
      SELECT a.id AS "agentId", l.service_type_id AS "serviceTypeId", a.provider_id AS "providerId"
      FROM agents a JOIN agent_type_service_types l ON l.agent_type_id = a.agent_type_id
      WHERE a.deleted_at IS NULL ORDER BY a.id, l.position`.execute(db)
    return rows
  }
  const { rows } = await sql<Offering>`
    SELECT a.id AS "agentId", asked.service_type_id AS "serviceTypeId", a.provider_id AS "providerId"
    FROM unnest(${only.map(({ agentId }) => agentId)}::uuid[], ${only.map(({ serviceTypeId }) => serviceTypeId)}::uuid[])
      AS asked (agent_id, service_type_id)
    JOIN agents a ON a.id = asked.agent_id`.execute(db)
  return rows
}

function merged({ agentId, serviceTypeId, providerId }: Offering, published: Published): OfferingProfile {
  const subject = (agent: string | null, serviceType: string | null): SubjectColumns => ({
    participant_id: providerId,
    agent_id: agent,
    service_type_id: serviceType,
  })
  const chain = [subject(null, null), subject(agentId, null), subject(agentId, serviceTypeId)] as const
  const [provider, agent, offering] = chain
  return {
    agentId,
    serviceTypeId,
    providerId,
    profile: effectiveProfile([partOf(provider, published), partOf(agent, published), partOf(offering, published)]),
    versions: chain.flatMap((one) => {
      const row = published.profiles.get(subjectKey(one))
      return row ? [{ profileId: row.id, version: row.version }] : []
    }),
  }
}

/** One subject's own facts and evidence. */
function partOf(subject: SubjectColumns, { profiles, evidences, at }: Published): Profile {
  const key = subjectKey(subject)
  const own = (evidences.get(key) ?? []).map((row) => ({ evidence: toEvidence(row), facts: row.facts }))
  return {
    ...withStatedFacts(profiles.get(key)?.facts ?? {}, own, at.toISOString()),
    id: subject.participant_id,
    evidences: own.map(({ evidence }) => evidence),
  }
}

function subjectKey({ participant_id, agent_id, service_type_id }: SubjectColumns): string {
  return `${participant_id} ${agent_id ?? ''} ${service_type_id ?? ''}`
}

/** Evidence as the rules read it. */
export function toEvidence(row: EvidenceRow): Evidence {
  return {
    id: row.id,
    kind: row.kind,
    assertsPaths: row.asserts_paths,
    ...(row.issuer && { issuer: row.issuer }),
    ...(row.issued_at && { issuedAt: timestamp(row.issued_at) }),
    ...(row.valid_from && { validFrom: timestamp(row.valid_from) }),
    ...(row.valid_until && { validUntil: timestamp(row.valid_until) }),
    ...(row.media_type !== null && { mediaType: row.media_type }),
    ...(row.uri !== null && { uri: row.uri }),
    ...(row.sha256 !== null && { sha256: row.sha256 }),
    verification: {
      status: row.verification_status,
      level: row.verification_level,
      ...(row.checked_at && { checkedAt: timestamp(row.checked_at) }),
      ...(row.method !== null && { method: row.method }),
      checks: row.checks,
    },
  }
}
