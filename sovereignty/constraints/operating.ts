/** Rules about staff, software, the way out, and the environment. */
import { chargesAllowed, MAX_NOTICE_DAYS, MAX_TRANSITION_DAYS, MIN_RETRIEVAL_DAYS } from '../data-act.ts'
import { fail, pass, type Rule, unknown } from '../policy.ts'
import { isFresh } from '../time.ts'
import { number, text } from './params.ts'

const CLEARANCES = ['none', 'eu-resident', 'eu-citizen']

const staffClearance: Rule = (params, { profile }) => {
  const wanted = CLEARANCES.indexOf(text(params.min) ?? text(params.clearance) ?? '')
  const clearance = profile.operations?.staffClearance
  if (wanted < 0 || clearance === undefined) return unknown('staffClearance')
  return CLEARANCES.indexOf(clearance) >= wanted
    ? pass('/operations/staffClearance')
    : fail('STAFF_CLEARANCE_TOO_LOW', `${clearance}<${CLEARANCES[wanted]}`)
}

const sbomRequired: Rule = (params, { profile }) => {
  const sboms = profile.supplyChain?.sbom
  if (sboms === undefined) return unknown('sbom')
  const format = text(params.format)
  const fits = sboms.some((sbom) => format === null || sbom.format === format)
  return fits ? pass('/supplyChain/sbom') : fail('SBOM_MISSING', format ?? 'none')
}

const openSourceMin: Rule = (params, { profile }) => {
  const wanted = number(params.share)
  const share = profile.technology?.openSourceShare
  if (wanted === null || share === undefined) return unknown('openSourceShare')
  return share >= wanted ? pass('/technology') : fail('OPEN_SOURCE_TOO_LOW', `${share}<${wanted}`)
}

/** The terms of switching that Regulation (EU) 2023/2854 allows on that day. */
const dataAct: Rule = (_params, { profile, at }) => {
  const { noticePeriodDays, transitionDays, retrievalDays, switchingCharges } = profile.portability ?? {}
  const terms: readonly (readonly [string, boolean | undefined])[] = [
    ['notice', noticePeriodDays === undefined ? undefined : noticePeriodDays <= MAX_NOTICE_DAYS],
    ['transition', transitionDays === undefined ? undefined : transitionDays <= MAX_TRANSITION_DAYS],
    ['retrieval', retrievalDays === undefined ? undefined : retrievalDays >= MIN_RETRIEVAL_DAYS],
    ['charges', switchingCharges === undefined ? undefined : chargesAllowed(switchingCharges, at)],
  ]
  const names = (state: boolean | undefined) => terms.filter(([, holds]) => holds === state).map(([name]) => name)
  if (names(false).length > 0) return fail('DATA_ACT_TERMS', names(false).join(','))
  return names(undefined).length > 0 ? unknown(names(undefined).join(',')) : pass('/portability')
}

const exportTested: Rule = (params, { profile, at }) => {
  const maxAgeDays = number(params.maxAgeDays)
  const testedAt = profile.portability?.exportTestedAt
  if (maxAgeDays === null || testedAt === undefined) return unknown('exportTestedAt')
  if (testedAt === null) return fail('EXPORT_TEST_STALE', 'never')
  return isFresh(testedAt, at, maxAgeDays) ? pass('/portability/exportTestedAt') : fail('EXPORT_TEST_STALE', testedAt)
}

const pueMax: Rule = (params, { profile }) => {
  const most = number(params.pue) ?? number(params.max)
  const pue = profile.environment?.pue
  if (most === null || pue === undefined) return unknown('pue')
  return pue <= most ? pass('/environment/pue') : fail('PUE_TOO_HIGH', `${pue}>${most}`)
}

const renewableMin: Rule = (params, { profile }) => {
  const least = number(params.pct) ?? number(params.min)
  const renewable = profile.environment?.renewablePct
  if (least === null || renewable === undefined) return unknown('renewablePct')
  return renewable >= least ? pass('/environment/renewablePct') : fail('RENEWABLE_TOO_LOW', `${renewable}<${least}`)
}

export const OPERATING_RULES: Readonly<Record<string, Rule>> = {
  'ops.staff.clearance': staffClearance,
  'supply.sbom.required': sbomRequired,
  'tech.openSource.min': openSourceMin,
  'portability.dataAct': dataAct,
  'portability.exportTested': exportTested,
  'env.pue.max': pueMax,
  'env.renewable.min': renewableMin,
}
