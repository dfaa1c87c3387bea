/**
 * Leaving a provider as the Data Act orders it. Pure: what a record is follows from its first day, its entries and today's date,
 * so that no clock has to run for it.
 *
 *     requested -> notice -> transition (or extended) -> retrieval -> erased
 *                                any of them, while a dispute is open: disputed
 *                                any of them, by the customer: closed
 */
import type { SwitchingClocks, SwitchingEntryCreate, SwitchingEntryKind, SwitchingState } from '@fulcrum/contract'
import { addDays, MIN_RETRIEVAL_DAYS, NO_CHARGES_FROM, switchingCharge, switchingClocks } from '@fulcrum/sovereignty'
import { conflict, invalidInput, Refusal } from '../platform/errors.ts'

export type Party = 'consumer' | 'provider' | 'operator'
export type Entry = SwitchingEntryCreate & { by: Party; at: Date }

export type Switching = {
  id: string
  consumerId: string
  providerId: string
  serviceIds: string[]
  destination: 'provider' | 'on-premises' | 'erase'
  destinationProviderId: string | null
  contractRef: string | null
  /** A calendar date. */
  requestedOn: string
  noticeMonths: number
  entries: Entry[]
  createdAt: Date
  updatedAt: Date
}

/** The longest that a customer may announce ahead, in days. */
export const MOST_DAYS_AHEAD = 366

const MAY: Readonly<Record<SwitchingEntryKind, readonly Party[]>> = {
  unfeasibility: ['provider'],
  charge: ['provider'],
  erasure: ['provider'],
  extension: ['consumer'],
  completion: ['consumer'],
  closure: ['consumer'],
  incident: ['consumer', 'provider'],
  dispute: ['consumer', 'provider'],
  settlement: ['consumer', 'provider'],
}
const NEEDS_TEXT: ReadonlySet<SwitchingEntryKind> = new Set([
  'unfeasibility',
  'charge',
  'incident',
  'dispute',
  'settlement',
])

/** The calendar date of a moment, in UTC. */
export function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

export function clocksOf(switching: Switching): SwitchingClocks {
  const { requestedOn, noticeMonths, destination } = switching
  const { noticeEndsBy, unfeasibleNoticeBy, transitionEndsBy } = switchingClocks(requestedOn, noticeMonths)
  const extended = newest(switching, 'extension') ?? newest(switching, 'unfeasibility')
  const planned = destination === 'erase' ? noticeEndsBy : (extended?.endsOn ?? transitionEndsBy)
  const completed = newest(switching, 'completion')
  const ended = completed ? dateOf(completed.at) : planned
  return {
    noticeEndsOn: noticeEndsBy,
    unfeasibleUntil: unfeasibleNoticeBy,
    transitionEndsOn: planned,
    retrievalEndsOn: completed?.earlyErasure ? ended : addDays(ended, MIN_RETRIEVAL_DAYS),
    noChargesFrom: NO_CHARGES_FROM,
  }
}

export function stateOf(switching: Switching, today: string): SwitchingState {
  if (newest(switching, 'erasure')) return 'erased'
  if (newest(switching, 'closure')) return 'closed'
  if (hasOpenDispute(switching)) return 'disputed'
  if (today < switching.requestedOn) return 'requested'
  const { noticeEndsOn, transitionEndsOn } = clocksOf(switching)
  if (newest(switching, 'completion')) return 'retrieval'
  if (today <= noticeEndsOn) return 'notice'
  if (switching.destination === 'erase') return 'retrieval'
  // a transition that nobody completed is late and not over
  const lastDay = switchingClocks(switching.requestedOn, switching.noticeMonths).transitionEndsBy
  return today > lastDay && transitionEndsOn > lastDay ? 'extended' : 'transition'
}

export function overdueOf(switching: Switching, today: string): ('transition' | 'erasure')[] {
  const state = stateOf(switching, today)
  if (state === 'erased' || state === 'closed') return []
  const { transitionEndsOn, retrievalEndsOn } = clocksOf(switching)
  const completed = newest(switching, 'completion') !== undefined || switching.destination === 'erase'
  if (!completed) return today > transitionEndsOn ? ['transition'] : []
  return today > retrievalEndsOn ? ['erasure'] : []
}

export function hasEnded(switching: Switching): boolean {
  return newest(switching, 'erasure') !== undefined || newest(switching, 'closure') !== undefined
}

/**
 * The record with one more entry.
 *
 * @throws Refusal `forbidden` when this is the other side's to say; `invalid` when a part is missing or not allowed; `conflict` when
 *   its time is over or has not come
 */
export function addEntry(switching: Switching, entry: SwitchingEntryCreate, by: Party, at: Date): Switching {
  const { kind } = entry
  // the operator writes down what one side told it
  if (by !== 'operator' && !MAY[kind].includes(by))
    throw new Refusal('forbidden', `an entry of kind ${kind} is for the ${MAY[kind].join(' or the ')} to make`)
  if (hasEnded(switching)) throw tooLate(`switching ${switching.id} has ended`)
  if (NEEDS_TEXT.has(kind) && !entry.text?.trim()) throw invalidInput(`text: an entry of kind ${kind} needs one`)
  RULES[kind]?.(switching, entry, dateOf(at))
  return { ...switching, entries: [...switching.entries, { ...only(entry), by, at }], updatedAt: at }
}

type Rule = (switching: Switching, entry: SwitchingEntryCreate, today: string) => void

const RULES: Readonly<Partial<Record<SwitchingEntryKind, Rule>>> = {
  unfeasibility(switching, { endsOn }, today) {
    const { unfeasibleUntil, noticeEndsOn } = clocksOf(switching)
    if (switching.destination === 'erase') throw invalidInput('an erasure has no transition that could be unfeasible')
    if (newest(switching, 'unfeasibility')) throw tooLate('the transition was called unfeasible already')
    if (today > unfeasibleUntil)
      throw tooLate(`the transition could be called unfeasible until ${unfeasibleUntil}, and not any more`)
    const latest = switchingClocks(switching.requestedOn, switching.noticeMonths, true).transitionEndsBy
    if (!isDate(endsOn) || endsOn <= noticeEndsOn || endsOn > latest)
      throw invalidInput(`endsOn: must be a date after ${noticeEndsOn} and not after ${latest}`)
  },
  extension(switching, { endsOn }) {
    const { transitionEndsOn } = clocksOf(switching)
    if (switching.destination === 'erase') throw invalidInput('an erasure has no transition that could be extended')
    if (newest(switching, 'extension')) throw tooLate('the customer may extend the transition once, and did')
    if (newest(switching, 'completion')) throw tooLate('the transition is complete')
    if (!isDate(endsOn) || endsOn <= transitionEndsOn)
      throw invalidInput(`endsOn: must be a date after ${transitionEndsOn}`)
  },
  completion(switching, _entry, today) {
    if (newest(switching, 'completion')) throw tooLate('the transition is complete already')
    if (today < switching.requestedOn) throw tooLate(`the switching begins on ${switching.requestedOn}`)
  },
  charge(_switching, { charge, directCost }, today) {
    if (!charge || directCost === undefined) throw invalidInput('charge and directCost: a charge needs both')
    const most = switchingCharge(today, directCost)
    if (charge.amount <= most) return
    throw invalidInput(
      most === 0 && directCost > 0
        ? `charge: from ${NO_CHARGES_FROM} on switching costs the customer nothing (Data Act, Article 29)`
        : `charge: at most the direct cost, ${directCost} ${charge.currency}, may be charged (Data Act, Article 29)`,
    )
  },
  settlement(switching) {
    if (!hasOpenDispute(switching)) throw tooLate('there is no open dispute')
  },
  dispute(switching) {
    if (hasOpenDispute(switching)) throw tooLate('a dispute is open already')
  },
  erasure(switching, { proofSha256 }, today) {
    if (proofSha256 === undefined) throw invalidInput('proofSha256: an erasure needs its proof')
    const { retrievalEndsOn } = clocksOf(switching)
    const completed = newest(switching, 'completion')
    if (!completed && switching.destination !== 'erase')
      throw tooLate('the transition is not complete: the customer may still need its data')
    if (today < retrievalEndsOn || (today === retrievalEndsOn && !completed?.earlyErasure))
      throw tooLate(`the customer may fetch its data until ${retrievalEndsOn}`)
    if (hasOpenDispute(switching)) throw tooLate('a dispute is open')
  },
}

/** Members that mean nothing for the kind are left out. */
function only({ kind, text, endsOn, charge, directCost, earlyErasure, proofSha256 }: SwitchingEntryCreate) {
  return {
    kind,
    ...(text !== undefined && { text }),
    ...((kind === 'unfeasibility' || kind === 'extension') && endsOn !== undefined && { endsOn }),
    ...(kind === 'charge' && { ...(charge && { charge }), ...(directCost !== undefined && { directCost }) }),
    ...(kind === 'completion' && earlyErasure && { earlyErasure }),
    ...(kind === 'erasure' && proofSha256 !== undefined && { proofSha256: proofSha256.toLowerCase() }),
  }
}

function newest({ entries }: Switching, kind: SwitchingEntryKind): Entry | undefined {
  return entries.findLast((entry) => entry.kind === kind)
}

function hasOpenDispute({ entries }: Switching): boolean {
  return entries.findLast(({ kind }) => kind === 'dispute' || kind === 'settlement')?.kind === 'dispute'
}

export function isDate(text: string | undefined): text is string {
  return text !== undefined && !Number.isNaN(Date.parse(text)) && dateOf(new Date(text)) === text
}

/** What is over, or has not come yet. */
function tooLate(message: string): Refusal {
  return conflict(message)
}
