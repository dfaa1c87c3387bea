/** Which agent takes a service that leaves, when nobody names one. Pure. */
import type { Portability } from '../portability/index.ts'
import { commonFormats } from './settings.ts'

export type Place = {
  agentId: string
  providerId: string
  name: string
  connected: boolean
  /** By policies, terms and quotas. */
  qualifies: boolean
  /** Why it does not. */
  verdict: string
  importFormats: readonly string[] | undefined
}

/**
 * @param ranked  the best first
 * @returns those that could take it, in order, and of the others why not
 */
export function eligiblePlaces(
  ranked: readonly Place[],
  source: { agentId: string; providerId: string },
  written: readonly string[],
  portability: Portability,
): { eligible: Place[]; rejected: string[] } {
  const rejected: string[] = []
  const eligible = ranked.filter((place) => {
    const reason = reasonAgainst(place, source, written, portability)
    if (reason !== null && place.agentId !== source.agentId) rejected.push(`${place.name}: ${reason}`)
    return reason === null
  })
  return { eligible, rejected }
}

function reasonAgainst(
  place: Place,
  source: { agentId: string; providerId: string },
  written: readonly string[],
  portability: Portability,
): string | null {
  if (place.providerId === source.providerId) return 'it is of the same provider'
  if (!place.qualifies) return place.verdict
  if (!place.connected) return 'it is not connected'
  if (commonFormats(written, portability, place.importFormats).length === 0)
    return `it imports none of ${written.join(', ')}`
  return null
}
