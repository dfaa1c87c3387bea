/** How fast an offering exports, imports and creates: from what was measured, and where nothing was, from assumptions that are told. Pure. */

export type Sample = { direction: 'export' | 'import' | 'create'; sizeBytes: number; seconds: number }
export type Rate = { mibPerS: number; fixedS: number; measured: boolean }

const MIB = 1_048_576
/** Below this, the time says what it takes to begin, not how fast it goes. */
const LARGE_BYTES = 64 * MIB

/** What is counted with before anything was measured: cautious, for one disk and one connection. */
export const ASSUMED = {
  export: { mibPerS: 50, fixedS: 30 },
  import: { mibPerS: 30, fixedS: 30 },
  createS: 60,
  sizeBytes: 1_024 * MIB,
  verifyS: 5,
  cutOverS: 5,
} as const

/** Medians: of the speed of large ones, of the time of small ones. */
export function rateOf(samples: readonly Sample[], direction: 'export' | 'import'): Rate {
  const own = samples.filter((sample) => sample.direction === direction && sample.seconds > 0)
  const assumed = ASSUMED[direction]
  const mibPerS = median(own.filter(isLarge).map(({ sizeBytes, seconds }) => sizeBytes / MIB / seconds))
  const fixedS = median(own.filter((sample) => !isLarge(sample)).map(({ seconds }) => seconds))
  return {
    mibPerS: mibPerS ?? assumed.mibPerS,
    // a speed that was measured has the time to begin in it
    fixedS: fixedS ?? (mibPerS === null ? assumed.fixedS : 0),
    measured: mibPerS !== null || fixedS !== null,
  }
}

export function createSecondsOf(samples: readonly Sample[]): number {
  return (
    median(samples.filter(({ direction }) => direction === 'create').map(({ seconds }) => seconds)) ?? ASSUMED.createS
  )
}

function isLarge({ sizeBytes }: Sample): boolean {
  return sizeBytes >= LARGE_BYTES
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
