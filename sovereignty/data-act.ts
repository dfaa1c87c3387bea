/**
 * Switching under Regulation (EU) 2023/2854, the Data Act: its clocks, and what may be charged. Engineering defaults and no legal
 * advice; the numbers stand in `data/data-act.json` with their sources.
 */
import catalogue from './data/data-act.json' with { type: 'json' }
import { addDays, addMonths, addWorkingDays } from './time.ts'

export const MAX_NOTICE_DAYS = catalogue.noticeMonths * 31
export const MAX_TRANSITION_DAYS = catalogue.transitionDays
export const MIN_RETRIEVAL_DAYS = catalogue.retrievalDays
/** A calendar date. */
export const NO_CHARGES_FROM = catalogue.noChargesFrom

/** All as calendar dates. */
export type SwitchingClocks = {
  noticeEndsBy: string
  /** The last day on which the provider may call the switch technically unfeasible. */
  unfeasibleNoticeBy: string
  transitionEndsBy: string
  retrievalUntilAtLeast: string
}

/**
 * @param requestedAt  the day on which the customer asked, `2026-12-31`
 * @param noticeMonths  of the contract; never more than the law allows
 * @param unfeasible  the provider showed that 30 days cannot be kept
 */
export function switchingClocks(requestedAt: string, noticeMonths?: number, unfeasible = false): SwitchingClocks {
  const months = Math.min(noticeMonths ?? catalogue.noticeMonths, catalogue.noticeMonths)
  const noticeEndsBy = addMonths(requestedAt, months)
  const transitionEndsBy = unfeasible
    ? addMonths(noticeEndsBy, catalogue.alternativeTransitionMonths)
    : addDays(noticeEndsBy, catalogue.transitionDays)
  return {
    noticeEndsBy,
    unfeasibleNoticeBy: addWorkingDays(requestedAt, catalogue.unfeasibleNoticeWorkingDays),
    transitionEndsBy,
    retrievalUntilAtLeast: addDays(transitionEndsBy, catalogue.retrievalDays),
  }
}

/** What may be charged for switching on a day: at most the direct cost, and nothing from 12 January 2027 on. */
export function switchingCharge(chargedOn: string, directCost: number): number {
  return chargedOn.slice(0, 10) >= catalogue.noChargesFrom ? 0 : directCost
}

export function chargesAllowed(charges: 'none' | 'cost-based' | 'above-cost', at: string): boolean {
  return charges === 'none' || (charges === 'cost-based' && at.slice(0, 10) < catalogue.noChargesFrom)
}
