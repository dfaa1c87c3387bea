/** Random numbers that can be had again: a test that failed at a bad moment is run again with its seed. */

const VARIABLE = 'FULCRUM_TEST_SEED'

export type Seeded = {
  seed: number
  /** Equally spread, `from` included, `to` not. */
  between(from: number, to: number): number
  pick<T>(list: readonly [T, ...T[]]): T
  /** Runs a test; a failure names the seed and how to use it again. */
  told<T>(run: () => Promise<T>): Promise<T>
}

/** Seeded from the environment variable FULCRUM_TEST_SEED, else by chance. Not for secrets (mulberry32). */
export function seededRandom(): Seeded {
  const given = process.env[VARIABLE]
  const seed = given ? Number(given) >>> 0 : Math.floor(Math.random() * 2 ** 32)
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    seed,
    between: (from, to) => from + next() * (to - from),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    told: async (run) => {
      try {
        return await run()
      } catch (error) {
        throw new Error(
          `with ${VARIABLE}=${seed}: ${error instanceof Error ? error.message : error}`,
          error instanceof Error ? { cause: error } : {},
        )
      }
    },
  }
}
