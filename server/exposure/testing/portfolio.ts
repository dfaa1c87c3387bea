/** Portfolios for tests: agents with profiles, and services at them, written directly. */
import { randomUUID } from 'node:crypto'
import type { Profile } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { insertPublishedFacts } from '../../testing/published-facts.ts'

const NOW = new Date('2026-11-01T00:00:00Z')
const EMPTY_SCHEMA = JSON.stringify({ properties: {}, validators: null })
const NO_LIFECYCLE = JSON.stringify({ states: [], actions: [], initialState: 'New', terminalStates: null })

export async function insertServiceType(db: Db, name: string): Promise<string> {
  const id = randomUUID()
  await sql`
    INSERT INTO service_types (id, name, property_schema, lifecycle_schema, created_at, updated_at)
    VALUES (${id}, ${name}, ${EMPTY_SCHEMA}, ${NO_LIFECYCLE}, ${NOW}, ${NOW})`.execute(db)
  return id
}

/** An agent of an agent type of its own. */
export async function insertAgent(
  db: Db,
  providerId: string,
  name: string,
  serviceTypeIds: readonly string[],
): Promise<string> {
  const [id, agentTypeId] = [randomUUID(), randomUUID()]
  await sql`
    INSERT INTO agent_types (id, name, configuration_schema, created_at, updated_at)
    VALUES (${agentTypeId}, ${agentTypeId}, ${EMPTY_SCHEMA}, ${NOW}, ${NOW})`.execute(db)
  await sql`
    INSERT INTO agent_type_service_types (agent_type_id, service_type_id, position)
    SELECT ${agentTypeId}, id, row_number() OVER () FROM unnest(${[...serviceTypeIds]}::uuid[]) AS id`.execute(db)
  await sql`
    INSERT INTO agents (id, name, status, agent_type_id, provider_id, created_at, updated_at)
    VALUES (${id}, ${name}, 'Connected', ${agentTypeId}, ${providerId}, ${NOW}, ${NOW})`.execute(db)
  return id
}

export type Subject = { providerId: string; agentId?: string; serviceTypeId?: string }

/** Publishes facts about a provider, an agent of it, or an offering. */
export async function publishProfile(
  db: Db,
  { providerId, agentId, serviceTypeId }: Subject,
  { id: _, evidences: _none, ...facts }: Profile,
  version = 1,
): Promise<void> {
  const subject = { participantId: providerId, ...(agentId && { agentId }), ...(serviceTypeId && { serviceTypeId }) }
  await insertPublishedFacts(db, subject, facts, { at: NOW, version })
}

export async function insertGroup(db: Db, consumerId: string): Promise<string> {
  const id = randomUUID()
  await sql`
    INSERT INTO service_groups (id, name, consumer_id, created_at, updated_at)
    VALUES (${id}, 'group', ${consumerId}, ${NOW}, ${NOW})`.execute(db)
  return id
}

export type NewService = {
  providerId: string
  consumerId: string
  agentId: string
  serviceTypeId: string
  groupId: string
  name?: string
  terminal?: boolean
  /** Where the customer keeps a key of its own. */
  keyCountry?: string
}

export async function insertService(db: Db, service: NewService): Promise<string> {
  const { providerId, consumerId, agentId, serviceTypeId, groupId, name = 'service', terminal = false } = service
  const id = randomUUID()
  await sql`
    INSERT INTO services (id, name, status, terminal, status_since, provider_id, consumer_id, group_id, agent_id,
                          service_type_id, created_at, updated_at)
    VALUES (${id}, ${name}, 'Started', ${terminal}, ${NOW}, ${providerId}, ${consumerId}, ${groupId}, ${agentId},
            ${serviceTypeId}, ${NOW}, ${NOW})`.execute(db)
  if (service.keyCountry !== undefined) await holdKey(db, { id, ...service, keyCountry: service.keyCountry })
  return id
}

async function holdKey(db: Db, service: NewService & { id: string; keyCountry: string }): Promise<void> {
  const decisionId = randomUUID()
  await sql`
    INSERT INTO placement_decisions (id, kind, outcome, consumer_id, group_id, service_type_id, service_id, agent_id,
                                     provider_id, provider_ids, at, inputs_sha256, inputs, result_sha256, contents,
                                     explanation, created_at)
    VALUES (${decisionId}, 'order', 'placed', ${service.consumerId}, ${service.groupId}, ${service.serviceTypeId},
            ${service.id}, ${service.agentId}, ${service.providerId}, ARRAY[${service.providerId}]::uuid[], ${NOW},
            ${'0'.repeat(64)}, '{}', ${'0'.repeat(64)}, '{}', '', ${NOW})`.execute(db)
  await sql`
    INSERT INTO service_placements (service_id, decision_id, obligations, customer_key, created_at)
    VALUES (${service.id}, ${decisionId}, '{OBL_CUSTOMER_HELD_KEYS}',
            ${JSON.stringify({ reference: 'hsm:1', country: service.keyCountry })}, ${NOW})`.execute(db)
}

/** What an offering costs a month. */
export async function setPrice(db: Db, offering: Required<Subject>, amount: number, currency: string): Promise<void> {
  await sql`
    INSERT INTO offering_terms (id, provider_id, agent_id, service_type_id, monthly_amount, currency, units_per_service,
                                created_at, updated_at)
    VALUES (${randomUUID()}, ${offering.providerId}, ${offering.agentId}, ${offering.serviceTypeId}, ${amount},
            ${currency}, 1, ${NOW}, ${NOW})`.execute(db)
}
