/** Participants: what the other features use of them. */
export type { Participant } from './participant.ts'
export { participantRoutes } from './participant-routes.ts'
export {
  findParticipantForReference,
  getParticipant,
  type ParticipantRow,
  participantToWire,
  toParticipant,
} from './participant-store.ts'
