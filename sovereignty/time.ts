/** Times and dates of the rules: RFC 3339 texts in, whole days and calendar dates out. All in UTC. */
const DAY_MS = 86_400_000

/** Days between two times, with fraction; negative when `to` lies before `from`. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS
}

/** Whether a test made at `testedAt` is at most `maxDays` old; one that is dated later than `at` was not made yet. */
export function isFresh(testedAt: string, at: string, maxDays: number): boolean {
  const age = daysBetween(testedAt, at)
  return age >= 0 && age <= maxDays
}

/** A calendar date, `2026-12-31`, plus days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** A calendar date plus months; beyond the end of the month it is its last day. */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const lastDay = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastDay))).toISOString().slice(0, 10)
}

/** A calendar date plus working days: Monday to Friday, public holidays not known. */
export function addWorkingDays(date: string, days: number): string {
  let current = date
  for (let left = days; left > 0; ) {
    current = addDays(current, 1)
    const weekday = new Date(`${current}T00:00:00Z`).getUTCDay()
    if (weekday !== 0 && weekday !== 6) left--
  }
  return current
}
