/**
 * A placement as a record: everything that it was decided by in one value, so that anybody can decide again from the record alone
 * and must come to the same.
 */
import { type Candidate, type Placement, type Preference, place } from './placement.ts'
import type { Placed, Policy, Waiver } from './policy.ts'
import type { ZoneGroups } from './zones.ts'

/** A candidate with what is told of it besides what is judged. */
export type RecordedCandidate = Candidate & {
  agentName: string
  providerId: string
  providerName: string
  /** The versions of profiles that its own was merged from. */
  versions: readonly { profileId: string; version: number }[]
  /** What does not stand in the way and should be known. */
  remarks: readonly string[]
  /** Of obstacles and remarks, where there is more to say. */
  details: Readonly<Record<string, string>>
}

/** All that a decision depends on. `v` tells the form of the record. */
export type PlacementInputs = {
  v: 1
  /** RFC 3339. */
  at: string
  subject: { consumerId: string; groupId: string; serviceTypeId: string; serviceId?: string }
  zones: { asOf: string; groups: ZoneGroups }
  policies: readonly Policy[]
  waivers: readonly Waiver[]
  preferences: readonly Preference[]
  /** What the consumer has already: equal ones once, with how many there are. */
  current: readonly { placed: Placed; count: number }[]
  candidates: readonly RecordedCandidate[]
}

/** Decides by a record. The same record gives the same placement everywhere and at any time. */
export function placeRecorded(inputs: PlacementInputs): Placement {
  const { at, zones, policies, waivers, preferences, current, candidates } = inputs
  return place(candidates, policies, preferences, {
    at,
    groups: zones.groups,
    waivers,
    current: current.flatMap(({ placed, count }) => Array.from({ length: count }, () => placed)),
  })
}
