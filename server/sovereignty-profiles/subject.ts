/** What facts and evidence are about: a participant, one of its agents, or a service type at that agent. */

export type Subject = { participantId: string; agentId?: string; serviceTypeId?: string }

/** The same subject as columns of a table. */
export function subjectColumns({ participantId, agentId, serviceTypeId }: Subject) {
  return { participant_id: participantId, agent_id: agentId ?? null, service_type_id: serviceTypeId ?? null }
}

export function toSubject(row: {
  participant_id: string
  agent_id: string | null
  service_type_id: string | null
}): Subject {
  return {
    participantId: row.participant_id,
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    ...(row.service_type_id !== null && { serviceTypeId: row.service_type_id }),
  }
}

/** Whom an event about facts of a subject concerns: its participant as provider, and its agent. */
export function subjectLinks({ participantId, agentId }: Subject) {
  return { providerId: participantId, ...(agentId !== undefined && { agentId }) }
}
