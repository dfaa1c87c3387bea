/** What tests of placement share: a service type with several offerings, profiles and policies written directly. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Policy, Profile } from '@fulcrum/sovereignty'
import { sql } from 'kysely'
import { LIFECYCLE } from '../../testing/federation.ts'
import { insertPublishedFacts } from '../../testing/published-facts.ts'
import type { Caller, TestServer } from '../../testing/test-server.ts'

export const LONG_AGO = new Date('2020-01-01T00:00:00Z')

export type TestOffer = { providerId: string; provider: Caller; agentId: string; name: string }

export type Market = {
  serviceTypeId: string
  consumer: { id: string; caller: Caller }
  groupId: string
  /** A further provider with an agent that offers the type. */
  offer(name: string, options?: { profile?: Profile; tags?: string[]; connected?: boolean }): Promise<TestOffer>
  /** The body of an order of this consumer. */
  body(more?: object): object
}

let serial = 0

const SCHEMA = { properties: { size: { type: 'integer', validators: [{ type: 'max', config: { value: 100 } }] } } }

export async function aMarket(server: TestServer, propertySchema: object = SCHEMA): Promise<Market> {
  const unique = `market ${serial++}`
  const make = async (path: string, body: unknown) => {
    const reply = await server.admin.post(path, body)
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
    return reply.body
  }
  const type = await make('/service-types', { name: unique, propertySchema, lifecycleSchema: LIFECYCLE })
  const agentType = await make('/agent-types', {
    name: unique,
    serviceTypeIds: [type.id],
    configurationSchema: { properties: { url: { type: 'string' } } },
  })
  const consumer = await server.participant(`${unique} consumer`)
  const { id: groupId } = await make('/service-groups', { name: unique, consumerId: consumer.id })
  return {
    serviceTypeId: type.id,
    consumer,
    groupId,
    body: (more = {}) => ({ name: `order ${serial++}`, groupId, serviceTypeId: type.id, ...more }),
    offer: async (name, { profile, tags = [], connected = true } = {}) => {
      const { id: providerId, caller: provider } = await server.participant(name)
      const { id: agentId } = await make('/agents', {
        name: `${name}-agent`,
        providerId,
        agentTypeId: agentType.id,
        tags,
      })
      const status = connected ? 'Connected' : 'New'
      await sql`UPDATE agents SET status = ${status} WHERE id = ${agentId}`.execute(server.platform.db)
      if (profile) await publish(server, providerId, profile)
      return { providerId, provider, agentId, name }
    },
  }
}

/** Publishes facts about a provider with all their evidence. */
export async function publish(server: TestServer, participantId: string, profile: Profile): Promise<void> {
  const { db } = server.platform
  const { id: _, evidences = [], ...facts } = profile
  await insertPublishedFacts(db, { participantId }, facts, { at: LONG_AGO })
  for (const one of evidences) {
    const time = (text: string | undefined) => (text === undefined ? null : new Date(text))
    const { status, level, checkedAt, method, checks = [] } = one.verification
    await sql`
      INSERT INTO sovereignty_evidences (id, participant_id, kind, asserts_paths, issuer, issued_at, valid_from, valid_until,
        verification_status, verification_level, checked_at, method, checks, created_at, updated_at)
      VALUES (${randomUUID()}, ${participantId}, ${one.kind}, ${[...one.assertsPaths]}, ${JSON.stringify(one.issuer ?? null)},
        ${time(one.issuedAt)}, ${time(one.validFrom)}, ${time(one.validUntil)}, ${status}, ${level}, ${time(checkedAt)},
        ${method ?? null}, ${JSON.stringify(checks)}, ${LONG_AGO}, ${LONG_AGO})`.execute(db)
  }
}

/** Puts a policy in force. @returns its id */
export async function enforce(
  server: TestServer,
  scope: Policy['scope'],
  { id = randomUUID(), ...policy }: Partial<Omit<Policy, 'scope'>> = {},
): Promise<string> {
  const { version = 1, effectiveFrom: _, ...given } = policy
  const document = {
    mode: 'enforce',
    trustedZone: { groups: ['EEA'] },
    onUnknown: 'deny',
    minAssurance: 'none',
    constraints: [],
    ...given,
  }
  await sql`
    INSERT INTO sovereignty_policies (id, version, name, scope_kind, scope_id, document, effective_from, created_at)
    VALUES (${id}, ${version}, 'policy', ${scope.kind}, ${scope.id ?? null}, ${JSON.stringify(document)}, ${LONG_AGO}, ${LONG_AGO})`.execute(
    server.platform.db,
  )
  return id
}
