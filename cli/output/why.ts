/** The answer to "why" as text. */
import type { Why } from '@fulcrum/contract'
import { age } from './format.ts'
import { paint, printable } from './terminal.ts'

const COLOURS = { done: 'green', waiting: 'yellow', working: 'yellow', failed: 'red', restricted: 'yellow' } as const

export function whyText(why: Why): string {
  const lines = [
    `${paint(COLOURS[why.state], why.state)} since ${age(why.since)}: ${printable(why.summary)}`,
    ...(why.waitsFor ? [`Waits for:   ${printable(why.waitsFor)}`] : []),
    ...(why.unblockedBy ? [`Can help:    ${printable(why.unblockedBy)}`] : []),
    ...why.considered.map(({ what, verdict }) => `Considered:  ${printable(what)}: ${printable(verdict)}`),
    ...why.possibleIf.map((text) => `Possible if: ${printable(text)}`),
  ]
  return `${lines.join('\n')}\n`
}
