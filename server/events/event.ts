/** What an event says: which entity changed, how, by whom, and who may read of it. */
import type { SwitchingEntryKind } from '@fulcrum/contract'
import type { Json } from '@fulcrum/schema'
import { diff } from './diff.ts'

export type EventType =
  | `${'participant' | 'token' | 'agent_type' | 'agent' | 'config_pool' | 'service_type' | 'service_group' | 'service_option_type' | 'service_option' | 'service_pool_set' | 'service_pool' | 'metric_type'}.${'created' | 'updated' | 'deleted'}`
  | `${'config_pool_value' | 'service_pool_value'}.${'created' | 'deleted'}`
  | 'token.regenerate'
  | `agent.install_token_${'created' | 'regenerated' | 'revoked' | 'fetched'}`
  | `service.${'created' | 'updated' | 'transitioned' | 'revealed' | 'conditions_changed' | 'classified'}`
  | `credential.${'created' | 'verified' | 'failed' | 'recheck_requested' | 'deleted'}`
  | `artifact.${'completed' | 'deleted'}`
  | `${'migration' | 'drill'}.${'created' | 'advanced' | 'cut_over' | 'fell_back' | 'failed' | 'cancelled' | 'rolled_back' | 'done' | 'paused' | 'resumed' | 'retried'}`
  | `evacuation.${'created' | 'paused' | 'resumed' | 'cancelled' | 'ended'}`
  | 'service.replaced'
  | `offering_terms.${'updated' | 'deleted'}`
  | 'quotas.updated'
  | `placement.${'decided' | 'refused'}`
  | `switching.${'created' | SwitchingEntryKind}`
  | `sovereignty_profile.${'created' | 'updated' | 'deleted' | 'published' | 'withdrawn' | 'expiring' | 'expired'}`
  | `sovereignty_evidence.${'created' | 'updated' | 'deleted' | 'attested' | 'revoked' | 'expiring' | 'expired'}`
  | `sovereignty_policy.${'created' | 'updated' | 'withdrawn'}`
  | `sovereignty_waiver.${'created' | 'revoked'}`
  | `service.${'compliance_changed' | 'evacuation_due'}`
  | `audit.${'erased' | 'peer_added' | 'peer_refused'}`
  | `service_type.portability_${'declared' | 'withdrawn'}`
  | `vault_schedule.${'created' | 'updated' | 'deleted'}`
  | `vault_copy.${'requested' | 'stored' | 'failed' | 'overdue' | 'deleted'}`

/** Whom an event concerns. Participants read events that name them as provider or consumer. */
export type EventLinks = {
  entityId: string
  providerId?: string | null
  consumerId?: string | null
  agentId?: string | null
  participantId?: string | null
}

export type NewEvent = EventLinks & { type: EventType; properties?: { [key: string]: Json } | null }

/** The payload of an update: what changed between two shapes of the entity; its diff is null when nothing did. */
export function changes(before: Json, after: Json): { diff: Json } {
  return { diff: diff(before, after) }
}

/** Time inside an entity's shape: RFC 3339 without trailing zeros in the fraction, as diffs have always shown it. */
export function shapeTime(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, 'Z')
}
