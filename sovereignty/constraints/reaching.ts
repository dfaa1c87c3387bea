/** Rules about foreign reach, keys, concentration and single participants. */
import { DIMENSIONS, fail, pass, type Rule, unknown } from '../policy.ts'
import type { Effect } from '../profile.ts'
import { type ReachLimits, reach } from '../reach.ts'
import { outside, within } from '../zones.ts'
import { list, number, text } from './params.ts'

const EFFECTS: Readonly<Record<Effect, { code: string; paths: readonly string[]; mitigation: string }>> = {
  'data-access': { code: 'EXPOSURE_DATA_ACCESS', paths: ['/legal', '/control', '/location'], mitigation: '/data' },
  'cut-off': { code: 'EXPOSURE_CUT_OFF', paths: ['/legal', '/control', '/supplyChain'], mitigation: '/operations' },
  tariff: { code: 'EXPOSURE_TARIFF', paths: ['/supplyChain'], mitigation: '/commercial' },
}

const exposureMax: Rule = (params, { profile, zone, groups, at }) => {
  const effect = text(params.effect)
  if (effect !== 'data-access' && effect !== 'cut-off' && effect !== 'tariff') return unknown(`effect ${effect}`)
  const jurisdictions = list(params.jurisdictions)
  if (jurisdictions === null && params.jurisdictions !== '*') return unknown('jurisdictions')
  const maxTestAgeDays = number(params.maxTestAgeDays)
  const minAutonomyDays = number(params.minAutonomyDays)
  const limits: ReachLimits = {
    ...(maxTestAgeDays !== null && { maxTestAgeDays }),
    ...(minAutonomyDays !== null && { minAutonomyDays }),
  }
  const reaches =
    jurisdictions === null || jurisdictions.includes('*') ? outside([zone], groups) : within(jurisdictions)
  const { level, reasons, obligations } = reach(effect, profile, reaches, at, limits)
  const { code, paths, mitigation } = EFFECTS[effect]
  if (level === 'unknown') return unknown(reasons.join(','))
  if (level === 'none') return pass(paths)
  if (level === 'mitigated' && params.max === 'mitigated') return pass([...paths, mitigation], obligations)
  return fail(code, reasons.join(','))
}

const keyControl: Rule = (params, { profile }) => {
  const accepted = list(params.oneOf)
  const encryption = profile.data?.encryption
  if (accepted === null || encryption === undefined) return unknown('encryption')
  return accepted.includes(encryption) ? pass('/data/encryption') : fail('KEY_CONTROL_INSUFFICIENT', encryption)
}

/** The share that this candidate's key would have after the order; not looked at below so many units. */
const concentrationMax: Rule = (params, { current, candidate }) => {
  const dimension = DIMENSIONS.find((name) => name === params.dimension)
  const most = number(params.share)
  if (dimension === undefined || most === null) return unknown('dimension')
  const key = candidate[dimension]
  if (key === undefined) return unknown(dimension)
  const total = current.length + 1
  if (total < (number(params.minUnits) ?? 0)) return pass([])
  const share = (current.filter((unit) => unit[dimension] === key).length + 1) / total
  return share > most ? fail('CONCENTRATION', `${share.toFixed(4)}>${most}`) : pass([])
}

const participantAllow: Rule = (params, { candidate }) => {
  const ids = list(params.ids)
  if (ids === null || candidate.provider === undefined) return unknown('ids')
  return ids.includes(candidate.provider) ? pass([]) : fail('PARTICIPANT_NOT_ALLOWED', candidate.provider)
}

const participantDeny: Rule = (params, { candidate }) => {
  const ids = list(params.ids)
  if (ids === null || candidate.provider === undefined) return unknown('ids')
  return ids.includes(candidate.provider) ? fail('PARTICIPANT_DENIED', candidate.provider) : pass([])
}

export const REACH_RULES: Readonly<Record<string, Rule>> = {
  'exposure.max': exposureMax,
  'data.keyControl': keyControl,
  'concentration.max': concentrationMax,
  'participant.allow': participantAllow,
  'participant.deny': participantDeny,
}
