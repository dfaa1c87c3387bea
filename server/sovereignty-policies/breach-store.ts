/** What breaches of policies by running services forbid. `compliance` writes what is read here. */
import { sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { PolicySubject } from './policy-store.ts'

/**
 * Providers that get no new orders of this kind: a service of theirs is refused by a policy that speaks of the order, too, and
 * whose breach action is `block-new`, `quarantine` or `evacuate`. It is over when the service complies again, ends, or
 * another one has taken its place.
 * One statement.
 */
export async function blockedProviders(
  db: Db,
  { serviceTypeId, consumerId, groupId, serviceId }: PolicySubject,
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT c.provider_id AS id
    FROM service_compliance c JOIN services s ON s.id = c.service_id AND NOT s.terminal
         JOIN service_roles r ON r.service_id = s.id AND r.role NOT IN ('superseded', 'scratch'),
         jsonb_to_recordset(c.breaches) AS b (action text, scope jsonb)
    WHERE c.action IN ('block-new', 'quarantine', 'evacuate') AND b.action IN ('block-new', 'quarantine', 'evacuate')
      AND (b.scope->>'kind' = 'platform'
        OR (b.scope->>'kind' = 'serviceType' AND b.scope->>'id' = ${serviceTypeId ?? null}::text)
        OR (b.scope->>'kind' = 'consumer' AND b.scope->>'id' = ${consumerId ?? null}::text)
        OR (b.scope->>'kind' = 'group' AND b.scope->>'id' = ${groupId ?? null}::text)
        OR (b.scope->>'kind' = 'service' AND b.scope->>'id' = ${serviceId ?? null}::text))`.execute(db)
  return new Set(rows.map(({ id }) => id))
}
