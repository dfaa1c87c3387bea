/** What a service is to its consumer, and the rules that it has to keep. */
import type { ServiceClassificationPut } from '@fulcrum/contract'
import type { Criticality } from '@fulcrum/sovereignty'
import { invalidInput } from '../platform/errors.ts'

/** An amount in one currency. Amounts in different currencies are never added. */
export type Money = { amount: number; currency: string }

export type Classification = {
  criticality: Criticality
  function?: string
  rtoTargetSeconds?: number
  rpoTargetSeconds?: number
  monthlySpend?: Money
  contractRef?: string
  /** A day: `2026-01-31`. */
  contractStart?: string
  contractEnd?: string
  noticePeriodDays?: number
  dataClasses: readonly string[]
}

/** What holds of a service of which nothing was said. */
export const UNCLASSIFIED: Classification = { criticality: 'normal', dataClasses: [] }

const MAX_TEXT = 200
const MAX_DATA_CLASSES = 50
const MAX_DATA_CLASS = 100
/** The largest value of the columns: 68 years in seconds. */
const MAX_INTEGER = 2_147_483_647
/** Sums of 10,000 services stay exact to the cent. */
const MAX_AMOUNT = 1e9

/** @throws Refusal `invalid` for values out of range, days that there are not, and a contract that ends before it starts */
export function checkClassification(put: ServiceClassificationPut): Classification {
  const { criticality = 'normal', dataClasses = [], ...rest } = put
  for (const name of ['function', 'contractRef'] as const) checkText(name, put[name], MAX_TEXT)
  for (const name of ['rtoTargetSeconds', 'rpoTargetSeconds', 'noticePeriodDays'] as const) {
    const value = put[name]
    if (value !== undefined && (value < 0 || value > MAX_INTEGER))
      throw invalidInput(`${name} must be 0 to ${MAX_INTEGER}`)
  }
  if (put.monthlySpend) checkMoney('monthlySpend', put.monthlySpend)
  for (const name of ['contractStart', 'contractEnd'] as const) {
    const day = put[name]
    if (day !== undefined && !isDay(day)) throw invalidInput(`${name} must be a day such as 2026-01-31`)
  }
  if (put.contractStart !== undefined && put.contractEnd !== undefined && put.contractEnd < put.contractStart)
    throw invalidInput('contractEnd must not be before contractStart')
  if (dataClasses.length > MAX_DATA_CLASSES) throw invalidInput(`dataClasses must be at most ${MAX_DATA_CLASSES}`)
  for (const name of dataClasses) checkText('dataClasses', name, MAX_DATA_CLASS)
  return { ...rest, criticality, dataClasses: [...new Set(dataClasses)] }
}

function checkMoney(name: string, { amount, currency }: Money): void {
  if (!Number.isFinite(amount) || amount < 0 || amount > MAX_AMOUNT)
    throw invalidInput(`${name}.amount must be 0 to ${MAX_AMOUNT}`)
  if (!/^[A-Z]{3}$/.test(currency)) throw invalidInput(`${name}.currency must be three capital letters, such as EUR`)
}

function checkText(name: string, text: string | undefined, most: number): void {
  if (text === undefined) return
  if (text.trim() === '' || text.length > most) throw invalidInput(`${name} must have 1 to ${most} characters`)
  if (text.includes('\0')) throw invalidInput(`${name} must not contain NUL`)
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < '1900') return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

/** The members in which two classifications differ, by name. */
export function changedMembers(before: Classification, after: Classification): string[] {
  const text = (classification: Classification) =>
    new Map(Object.entries(classification).map(([name, value]) => [name, JSON.stringify(value)]))
  const [old, now] = [text(before), text(after)]
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name)).toSorted()
}
