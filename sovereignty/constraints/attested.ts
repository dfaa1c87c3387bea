/** Rules about what others attest: labels, badges, certificates, scores. */
import { fail, pass, type Rule, unknown } from '../policy.ts'
import { OBJECTIVES } from '../profile.ts'
import { list, number, text } from './params.ts'

/** Gaia-X: standard compliance, then the three labels. */
const LABELS = ['SC', 'L1', 'L2', 'L3']

const labelMin: Rule = (params, { profile }) => {
  const wanted = LABELS.indexOf(text(params.level) ?? '')
  if (wanted < 0) return unknown('level')
  const level = profile.assessments?.['gaia-x']?.level
  if (level === undefined) return fail('LABEL_MISSING', `none<${LABELS[wanted]}`)
  const has = LABELS.indexOf(level)
  if (has < 0) return unknown(`label ${level}`)
  return has >= wanted ? pass('/assessments/gaia-x') : fail('LABEL_TOO_LOW', `${level}<${LABELS[wanted]}`)
}

const badgeAny: Rule = (params, { profile }) => {
  const accepted = list(params.anyOf)
  if (accepted === null) return unknown('anyOf')
  const { badge, jurisdiction } = profile.assessments?.cispe ?? {}
  const place = text(params.jurisdiction)
  const fits = badge !== undefined && accepted.includes(badge) && (place === null || place === jurisdiction)
  return fits ? pass('/assessments/cispe') : fail('BADGE_MISSING', badge ?? 'none')
}

/** `anyOf`: schemes by name, or `{scheme, level}`. */
const certAny: Rule = (params, { profile, at }) => {
  if (!Array.isArray(params.anyOf)) return unknown('anyOf')
  const accepted = params.anyOf.map((item: unknown) =>
    typeof item === 'string' ? { scheme: item, level: null } : schemeOf(item),
  )
  const held = profile.security?.certifications ?? []
  const fitting = held.filter((certificate) =>
    accepted.some(
      ({ scheme, level }) => scheme === certificate.scheme && (level === null || level === certificate.level),
    ),
  )
  const valid = fitting.filter(({ validUntil }) => validUntil === undefined || Date.parse(validUntil) >= Date.parse(at))
  if (valid.length > 0) return pass('/security/certifications')
  const names = (certificates: typeof held) => certificates.map(({ scheme }) => scheme).join(',') || 'none'
  return fitting.length > 0 ? fail('CERT_EXPIRED', names(fitting)) : fail('CERT_MISSING', names(held))
}

function schemeOf(item: unknown): { scheme: string | null; level: string | null } {
  if (item === null || typeof item !== 'object') return { scheme: null, level: null }
  return {
    scheme: 'scheme' in item ? text(item.scheme) : null,
    level: 'level' in item ? text(item.level) : null,
  }
}

/** The gate of the EU Cloud Sovereignty Framework: every objective, whatever the score. */
const sealMin: Rule = (params, { profile }) => {
  const wanted = number(params.level)
  if (wanted === null) return unknown('level')
  const named = list(params.objectives)
  const objectives = named === null ? OBJECTIVES : OBJECTIVES.filter((objective) => named.includes(objective))
  if (objectives.length < (named ?? objectives).length) return unknown('objectives')
  const seals = profile.assessments?.['ec-csf']?.seals ?? {}
  const low = objectives.filter((objective) => (seals[objective] ?? wanted) < wanted)
  if (low.length > 0) return fail('SEAL_TOO_LOW', low.map((objective) => `${objective}=${seals[objective]}`).join(','))
  const missing = objectives.filter((objective) => seals[objective] === undefined)
  return missing.length > 0 ? unknown(missing.join(',')) : pass('/assessments/ec-csf')
}

const scoreMin: Rule = (params, { profile }) => {
  const wanted = number(params.score)
  const assessment = profile.assessments?.['ec-csf']
  const score = params.basis === 'declared' ? assessment?.declaredScore : assessment?.verifiedScore
  if (wanted === null || score === undefined) return unknown('score')
  return score >= wanted ? pass('/assessments/ec-csf') : fail('SCORE_TOO_LOW', `${score}<${wanted}`)
}

/** Union assurance levels of the proposed Cloud and AI Development Act, 1 to 4; written 2, `2` or `L2`. */
const cadaLevelMin: Rule = (params, { profile }) => {
  const wanted = levelNumber(params.level)
  const level = levelNumber(profile.assessments?.['cada-ual']?.level)
  if (wanted === null) return unknown('level')
  if (level === null) return unknown('cada-ual')
  return level >= wanted ? pass('/assessments/cada-ual') : fail('CADA_LEVEL_TOO_LOW', `${level}<${wanted}`)
}

function levelNumber(value: unknown): number | null {
  const match = /^(?:L|UAL-?)?([1-4])$/i.exec(String(value))
  return match ? Number(match[1]) : null
}

const c3aCriteriaAll: Rule = (params, { profile }) => {
  const wanted = list(params.criteria)
  if (wanted === null || wanted.length === 0) return unknown('criteria')
  const met = profile.assessments?.['bsi-c3a']?.criteria
  if (met === undefined) return unknown('bsi-c3a')
  const missing = wanted.filter((id) => !met.includes(id))
  return missing.length > 0 ? fail('C3A_CRITERIA_MISSING', missing.join(',')) : pass('/assessments/bsi-c3a')
}

export const ATTESTED_RULES: Readonly<Record<string, Rule>> = {
  'gaiax.label.min': labelMin,
  'cispe.badge.any': badgeAny,
  'cert.any': certAny,
  'csf.seal.min': sealMin,
  'csf.score.min': scoreMin,
  'cada.level.min': cadaLevelMin,
  'c3a.criteria.all': c3aCriteriaAll,
}
