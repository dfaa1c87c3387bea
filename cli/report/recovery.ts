/** Recovery times in reports: how long, and whether that is within the target. */

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** Up to two units: `0 s`, `12.3 s`, `5 min 12 s`, `4 h`, `2 d 3 h`. Nothing is cut off: the rest is rounded up. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds * 10) / 10} s`
  const first = UNITS.findIndex(([, size]) => seconds >= size)
  const [unit, size] = UNITS[first] ?? UNITS[3]
  const [smaller, smallerSize] = UNITS[first + 1] ?? UNITS[3]
  const parts = Math.ceil(seconds / smallerSize)
  const perUnit = size / smallerSize
  const rest = parts % perUnit
  return rest === 0 ? `${parts / perUnit} ${unit}` : `${Math.floor(parts / perUnit)} ${unit} ${rest} ${smaller}`
}

/** @param none  what stands where nothing is known */
export function durationOr(none: string, seconds: number | undefined): string {
  return seconds === undefined ? none : durationText(seconds)
}

/** Both in seconds. What was not measured or has no target is neither met nor missed. */
export function isMissed(measured: number | undefined, target: number | undefined): boolean {
  return measured !== undefined && target !== undefined && measured > target
}

/** A target and what came of it: `4 h: met`, `1 min: MISSED`; the target alone where nothing was measured. */
export function targetText(none: string, measured: number | undefined, target: number | undefined): string {
  if (target === undefined) return none
  return measured === undefined ? durationText(target) : `${durationText(target)}: ${verdict(measured, target)}`
}

/** A word for the reader: `met`, `MISSED`, or why neither can be said. */
export function verdict(measured: number | undefined, target: number | undefined): string {
  if (measured === undefined) return 'not measured'
  if (target === undefined) return 'no target'
  return measured > target ? 'MISSED' : 'met'
}
