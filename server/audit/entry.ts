/** What of an event goes into the audit log: an entry without its content, and the content that the entry commits to. */

import type { Json } from '@fulcrum/schema'
import { type AuditEntry, canonicalJson, commitTo } from '@fulcrum/sovereignty/audit'
import { shapeTime } from '../events/index.ts'

/** A row of `events`. */
export type LoggedEvent = {
  sequence_number: number
  id: string
  type: string
  initiator_type: string
  initiator_id: string
  properties: { [key: string]: Json } | null
  entity_id: string | null
  provider_id: string | null
  agent_id: string | null
  consumer_id: string | null
  participant_id: string | null
  created_at: Date
}

export type Payload = { [key: string]: Json }

export const SALT_BYTES = 16

/** @param instance  how this control plane calls itself @param salt  random, of its own for each event */
export function entryOf(event: LoggedEvent, instance: string, salt: Uint8Array): AuditEntry {
  return {
    v: 1,
    seq: event.sequence_number,
    time: shapeTime(event.created_at),
    instance,
    type: event.type,
    initiatorType: event.initiator_type,
    initiatorId: event.initiator_id,
    entityId: event.entity_id ?? '',
    commit: commitTo(salt, payloadOf(event)),
    alg: 'sha-256',
  }
}

/** The whole event, so that no column can be changed unseen; members that are null are left out, but for the properties. */
export function payloadOf(event: LoggedEvent): Payload {
  return {
    id: event.id,
    type: event.type,
    time: shapeTime(event.created_at),
    initiatorType: event.initiator_type,
    initiatorId: event.initiator_id,
    properties: canonical(event.properties),
    ...(event.entity_id !== null && { entityId: event.entity_id }),
    ...(event.provider_id !== null && { providerId: event.provider_id }),
    ...(event.agent_id !== null && { agentId: event.agent_id }),
    ...(event.consumer_id !== null && { consumerId: event.consumer_id }),
    ...(event.participant_id !== null && { participantId: event.participant_id }),
  }
}

/** Events of elsewhere may hold what JSON has no canonical form for; the log must not stand still for that. */
function canonical(value: Json): Json {
  try {
    canonicalJson(value)
    return value
  } catch {
    return JSON.parse(JSON.stringify(value).replaceAll(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, '\\ufffd'))
  }
}

/** Numbers in a row as `[first, last]`. @param sequences  ascending */
export function rangesOf(sequences: readonly number[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const sequence of sequences) {
    const last = ranges.at(-1)
    if (last && last[1] === sequence - 1) last[1] = sequence
    else ranges.push([sequence, sequence])
  }
  return ranges
}
