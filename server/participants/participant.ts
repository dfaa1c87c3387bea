/** What a participant is: an organisation of the federation, as provider, consumer or both. */
import type { ParticipantStatus } from '@fulcrum/contract'
import { invalidInput } from '../platform/errors.ts'

export type Participant = {
  id: string
  name: string
  status: ParticipantStatus
  createdAt: Date
  updatedAt: Date
}

/** @throws Refusal `invalid` when the name is empty */
export function checkParticipant(participant: Participant): Participant {
  if (participant.name === '') throw invalidInput('participant name cannot be empty')
  return participant
}
