/**
 * Facts that evidence states itself, such as the level of a label. They stand instead of what the profile declares: evidence of an L1
 * label must not prove a declared L3.
 */
import { type Evidence, type Profile, weigh } from '@fulcrum/sovereignty'

export type StatedFacts = Pick<Profile, 'legal' | 'assessments'>

/** Labels of Gaia-X in their order. */
const LABELS = ['SC', 'L1', 'L2', 'L3']

/**
 * @param evidences  of the same subject; those that are worth nothing at that time state nothing
 * @returns the facts with those that are stated; of several labels the highest, of registration numbers all
 */
export function withStatedFacts<F extends Omit<Profile, 'id' | 'evidences'>>(
  facts: F,
  evidences: readonly { evidence: Evidence; facts: StatedFacts | null }[],
  at: string,
): F {
  const stated = evidences.flatMap(({ evidence, facts: own }) =>
    own !== null && weigh(evidence, at).level !== 'none' ? [own] : [],
  )
  const numbers = stated.flatMap(({ legal }) => legal?.registrationNumbers ?? [])
  const label = stated
    .flatMap(({ assessments }) => assessments?.['gaia-x'] ?? [])
    .toSorted((a, b) => LABELS.indexOf(b.level ?? '') - LABELS.indexOf(a.level ?? ''))[0]
  return {
    ...facts,
    ...(numbers.length > 0 && { legal: { ...facts.legal, registrationNumbers: numbers } }),
    ...(label && { assessments: { ...facts.assessments, 'gaia-x': label } }),
  }
}
