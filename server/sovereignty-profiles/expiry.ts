/** When the end of evidence or of a profile is announced: 60, 14 and 1 days before, and when it is there. */

const DAY_MS = 86_400_000

/** The longest first. 0 is the end itself. */
export const NOTICE_DAYS = [60, 14, 1, 0] as const
export const FIRST_NOTICE_DAYS = 60

/**
 * The announcement that is due: the nearest one that time has reached. Those between it and the last one that was made are left
 * out: who was down on the day says once how many days are left.
 *
 * @param announced  the smallest one that was made already; null: none
 * @returns null when nothing is due
 */
export function dueNotice(validUntil: Date, announced: number | null, now: Date): number | null {
  const left = (validUntil.getTime() - now.getTime()) / DAY_MS
  const reached = NOTICE_DAYS.findLast((days) => left <= days)
  if (reached === undefined) return null
  return announced === null || reached < announced ? reached : null
}

/** Whole days until then, as events tell them: 0 when it is over. */
export function daysLeft(validUntil: Date, now: Date): number {
  return Math.max(0, Math.ceil((validUntil.getTime() - now.getTime()) / DAY_MS))
}
