/**
 * Policies whose scope is one service follow it to the service that takes its place: under the same id, so that their waivers go
 * on to hold, by a version more with the new scope and the same document.
 */
import { sql } from 'kysely'
import { appendEvent } from '../events/index.ts'
import type { Command } from '../platform/command.ts'
import { noteChange } from '../sovereignty-profiles/index.ts'
import { movedVersions } from './policy.ts'
import { insertPolicy, lockPolicy, readVersions } from './policy-versions-store.ts'

/** What is in force goes over now, what is still to come when it was to come. Withdrawn ones stay where they are. */
export async function movePolicies(c: Command, fromId: string, toId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM newest_sovereignty_policies
    WHERE scope_kind = 'service' AND scope_id = ${fromId} AND withdrawn_at IS NULL ORDER BY id`.execute(c.tx)
  for (const { id } of rows) {
    const { withdrawnAt, scope } = await lockPolicy(c.tx, id)
    // somebody may have written it while this waited for the lock
    if (withdrawnAt !== null || scope.id !== fromId) continue
    const moved = movedVersions(await readVersions(c.tx, id), { kind: 'service', id: toId }, c.now)
    for (const version of moved) await insertPolicy(c.tx, version)
    const { consumerId, version } = moved[0]
    await appendEvent(c, {
      type: 'sovereignty_policy.updated',
      entityId: id,
      ...(consumerId !== null && { consumerId }),
      properties: { version, scope: { kind: 'service', id: toId }, before: { scope: { kind: 'service', id: fromId } } },
    })
  }
  if (rows.length > 0) await noteChange(c)
}
