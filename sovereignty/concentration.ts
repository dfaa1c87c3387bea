/** How much hangs on few: the Herfindahl-Hirschman index over any kind of key, and what remains without the largest. */

export type Unit = { key: string; weight: number }

export type Concentration = {
  /** 0 to 10,000. */
  hhi: number
  /** As many keys of equal size would give the same index. */
  effectiveNumber: number
  maxShare: number
  band: 'low' | 'moderate' | 'high'
  shares: Readonly<Record<string, number>>
  /** The largest key, and the share that remains when it fails; null without units. */
  nMinusOne: { key: string; remaining: number } | null
}

/** Upper ends of the bands low and moderate, after the EU's guidelines on mergers; `low` ends below its value. */
export const BANDS = { low: 1_000, moderate: 2_000 }

export function concentration(units: readonly Unit[], bands = BANDS): Concentration {
  const weights = new Map<string, number>()
  for (const { key, weight } of units) weights.set(key, (weights.get(key) ?? 0) + weight)
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) return { hhi: 0, effectiveNumber: 0, maxShare: 0, band: 'low', shares: {}, nMinusOne: null }
  const exact = [...weights].map(([key, weight]) => ({ key, share: weight / total }))
  const squares = exact.reduce((sum, { share }) => sum + share * share, 0)
  const largest = exact.reduce((most, one) => (one.share > most.share ? one : most))
  const hhi = round(squares * 10_000, 4)
  return {
    hhi,
    effectiveNumber: round(1 / squares, 4),
    maxShare: round(largest.share, 4),
    band: hhi < bands.low ? 'low' : hhi <= bands.moderate ? 'moderate' : 'high',
    shares: Object.fromEntries(exact.map(({ key, share }) => [key, round(share, 4)])),
    nMinusOne: { key: largest.key, remaining: round(1 - largest.share, 4) },
  }
}

/** Half away from zero, to so many decimal places. */
export function round(value: number, places: number): number {
  const factor = 10 ** places
  return Math.round((value + Number.EPSILON) * factor) / factor
}
