/**
 * Agents that may read an artifact of a service that is not theirs: a service that moves is imported by another provider's agent.
 * A grant is for one artifact and one agent, and lets it describe and download, nothing else.
 */
import type { Owners } from '../platform/access.ts'
import type { Command } from '../platform/command.ts'
import type { Db } from '../platform/db.ts'
import type { Artifact } from './artifact.ts'

/**
 * Lets an agent read an artifact until the grant is revoked or the artifact is deleted. Granting again changes nothing.
 * The caller has checked that whoever asked may give the artifact away.
 */
export async function grantArtifact(c: Command, artifactId: string, agentId: string): Promise<void> {
  await c.tx
    .insertInto('artifact_readers')
    .values({ artifact_id: artifactId, agent_id: agentId, granted_at: c.now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Takes back what `grantArtifact` gave; a download that has begun goes on to its end.
 *
 * @param agentId  absent: of all agents
 */
export async function revokeArtifactGrants(c: Command, artifactId: string, agentId?: string): Promise<void> {
  const grants = c.tx.deleteFrom('artifact_readers').where('artifact_id', '=', artifactId)
  await (agentId === undefined ? grants : grants.where('agent_id', '=', agentId)).execute()
}

/** The artifact's owners, to be authorized for reading; for an agent with a grant it counts as its own. */
export async function asReader(db: Db, artifact: Artifact, agentId: string | null): Promise<Owners> {
  if (agentId === null || agentId === artifact.agentId) return artifact
  const grant = await db
    .selectFrom('artifact_readers')
    .select('agent_id')
    .where('artifact_id', '=', artifact.id)
    .where('agent_id', '=', agentId)
    .executeTakeFirst()
  return grant ? { agentId } : artifact
}
