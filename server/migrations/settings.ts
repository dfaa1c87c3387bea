/** How a migration is to be done, from what was asked for. Pure. */
import type { MigrationCreate } from '@fulcrum/contract'
import type { JsonObject } from '@fulcrum/schema'
import { conflict, invalidInput } from '../platform/errors.ts'
import type { Portability } from '../portability/index.ts'
import type { Moved, Settings } from './migration.ts'

const RETRIEVAL_DAYS = 30

export type Wish = Pick<
  MigrationCreate,
  'cutOver' | 'precopy' | 'acceptWriteLoss' | 'vaultFallback' | 'retrievalDays' | 'retrievalHours' | 'deadlineAt'
>

/** @throws Refusal `invalid` when the type cannot be quiesced and nobody has accepted what that means */
export function settingsOf(
  wish: Wish,
  from: 'live' | 'vault',
  { quiesceAction, resumeAction }: Portability,
  targetProperties: JsonObject,
): Settings {
  const quiescable = quiesceAction !== null && resumeAction !== null
  if (!quiescable && !wish.acceptWriteLoss)
    throw invalidInput(
      from === 'live'
        ? 'the service type has no action to quiesce a service: writes between the last export and the cut-over are lost. Say acceptWriteLoss if that is acceptable'
        : 'the service type has no action to quiesce a service: when the agent of the source comes back, the source takes writes beside the target. Say acceptWriteLoss if that is acceptable',
    )
  return {
    cutOver: wish.cutOver ?? 'automatic',
    precopy: wish.precopy ?? true,
    acceptWriteLoss: wish.acceptWriteLoss ?? false,
    vaultFallback: wish.vaultFallback ?? false,
    retrievalHours: wish.retrievalHours ?? (wish.retrievalDays ?? RETRIEVAL_DAYS) * 24,
    deadlineAt: wish.deadlineAt === undefined ? null : new Date(wish.deadlineAt).toISOString(),
    quiescable,
    targetProperties,
  }
}

/**
 * @param reachable  whether the source's agent is connected
 * @throws Refusal `conflict` when a copy is wanted and there is none
 */
export function sourceOf(
  wanted: 'auto' | 'live' | 'vault',
  reachable: boolean,
  copy: Moved | null,
  serviceId: string,
): 'live' | 'vault' {
  if (wanted === 'vault' && !copy) throw conflict(`service ${serviceId} has no vault copy`)
  if (wanted !== 'auto') return wanted
  // without a copy it waits for the agent, and says so
  return reachable || !copy ? 'live' : 'vault'
}

/**
 * Formats that can be written here and read there.
 *
 * @param written  the formats of exports, or the one of the copy
 * @param targetProfile  what the target's provider says that it imports; undefined: nothing
 */
export function commonFormats(
  written: readonly string[],
  { importFormats }: Portability,
  targetProfile: readonly string[] | undefined,
): string[] {
  return written.filter((format) => importFormats.includes(format) && (targetProfile?.includes(format) ?? true))
}
