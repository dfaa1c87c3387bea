/** Decisions as they are kept and as they are told: large parts apart by their digest, verdicts in words. Pure. */
import { createHash } from 'node:crypto'
import type { PlacementCandidate, PlacementCounterfactual, PlacementDecision, Why } from '@fulcrum/contract'
import type {
  ConstraintFinding,
  Placement,
  PlacementInputs,
  RankedCandidate,
  RecordedCandidate,
} from '@fulcrum/sovereignty'
import { canonicalJson } from '@fulcrum/sovereignty/audit'
import { member } from '../platform/wire.ts'

/** A part that is kept once, however many decisions rest on it. */
export type Content = { digest: string; text: string }

/** Stands where a part was. */
type Reference = { $sha256: string }

/** A decision that has been made and is not kept yet. */
export type Decided = {
  inputs: PlacementInputs
  placement: Placement
  /** Where prices are compared. */
  currency: string | null
}

/** Inputs with their large parts replaced by references, and these parts. */
export function apart(inputs: PlacementInputs): { skeleton: object; contents: Content[] } {
  const contents = new Map<string, string>()
  const refer = (part: unknown): Reference => {
    const { digest, text } = contentOf(part)
    contents.set(digest, text)
    return { $sha256: digest }
  }
  const skeleton = {
    ...inputs,
    zones: { ...inputs.zones, groups: refer(inputs.zones.groups) },
    policies: inputs.policies.map(refer),
    candidates: inputs.candidates.map((candidate) => ({ ...candidate, profile: refer(candidate.profile) })),
  }
  return { skeleton, contents: [...contents].map(([digest, text]) => ({ digest, text })) }
}

export function contentOf(value: unknown): Content {
  const text = canonicalJson(value)
  return { digest: createHash('sha256').update(text).digest('hex'), text }
}

/**
 * The reverse of `apart`.
 *
 * @param contents  the parts, parsed, by their digest
 * @throws Error when a part is missing
 */
export function together(skeleton: unknown, contents: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(skeleton)) return skeleton.map((part) => together(part, contents))
  if (skeleton === null || typeof skeleton !== 'object') return skeleton
  const digest = member(skeleton, '$sha256')
  if (typeof digest === 'string') {
    if (!contents.has(digest)) throw new Error(`the content ${digest} of a decision is missing`)
    return contents.get(digest)
  }
  return Object.fromEntries(Object.entries(skeleton).map(([name, part]) => [name, together(part, contents)]))
}

/** What is told of each candidate, the best first. */
export function candidatesOf({ inputs, placement, currency }: Decided): PlacementCandidate[] {
  const known = new Map(inputs.candidates.map((candidate) => [candidate.id, candidate]))
  const total = inputs.current.reduce((sum, { count }) => sum + count, 0)
  return placement.candidates.flatMap((ranked) => {
    const candidate = known.get(ranked.id)
    if (!candidate) return []
    const same = inputs.current
      .filter(({ placed }) => placed.provider === candidate.placed.provider)
      .reduce((sum, { count }) => sum + count, 0)
    return [candidateToWire(candidate, ranked, currency, (same + 1) / (total + 1))]
  })
}

function candidateToWire(
  candidate: RecordedCandidate,
  { qualifies, decision, utility, utilities }: RankedCandidate,
  currency: string | null,
  share: number,
): PlacementCandidate {
  const note = (code: string) => {
    const detail = candidate.details[code]
    return { code, ...(detail !== undefined && { detail }) }
  }
  return {
    agentId: candidate.id,
    agentName: candidate.agentName,
    providerId: candidate.providerId,
    providerName: candidate.providerName,
    qualifies,
    outcome: decision.outcome,
    failed: decision.findings.filter(({ result }) => result === 'fail').map(failureOf),
    warnings: [...decision.warnings],
    obligations: [...decision.obligations],
    waived: [...decision.waived],
    wouldFail: [...decision.wouldFail],
    advisories: [...decision.advisories],
    obstacles: candidate.obstacles.map(note),
    remarks: candidate.remarks.map(note),
    utility,
    utilities: { ...utilities },
    ...(candidate.price !== null && currency !== null && { monthlyPrice: { amount: candidate.price, currency } }),
    ...(candidate.latencyMs !== null && { latencyMs: candidate.latencyMs }),
    ...(candidate.carbonGramPerKWh !== null && { carbonGramPerKWh: candidate.carbonGramPerKWh }),
    ...(candidate.country !== null && { country: candidate.country }),
    share,
    explanation: decision.explanation,
  }
}

function failureOf({ code = '', detail, policyId, constraintId, type }: ConstraintFinding) {
  return { code, ...(detail !== undefined && { detail }), policyId, constraintId, type }
}

export function counterfactualsOf({
  inputs,
  placement,
}: Pick<Decided, 'inputs' | 'placement'>): PlacementCounterfactual[] {
  const names = new Map(inputs.candidates.map((one) => [one.id, nameOf(one)]))
  return placement.counterfactuals.map(({ policyId, constraintId, change, gained }) => {
    const policy = inputs.policies.find(({ id }) => id === policyId)
    const type = policy?.constraints.find(({ id }) => id === constraintId)?.type ?? constraintId
    const whose =
      policy?.scope.kind === 'service' ? 'the requirements' : `the policy of the ${scopeName(policy?.scope.kind)}`
    const count = gained.length === 1 ? 'one more offering qualifies' : `${gained.length} more offerings qualify`
    const who = gained.map((id) => names.get(id) ?? id).join(', ')
    const how = change === 'without it' ? `Without ${type}` : `With ${change} in ${type}`
    return { policyId, constraintId, change, gained: [...gained], text: `${how} of ${whose} ${count}: ${who}.` }
  })
}

function scopeName(kind: string | undefined): string {
  return kind === 'serviceType' ? 'service type' : (kind ?? 'order')
}

export function nameOf({ providerName, agentName }: Pick<PlacementCandidate, 'providerName' | 'agentName'>): string {
  return `${providerName} / ${agentName}`
}

/** Why a candidate does not qualify, in words with codes; how it qualifies, where it does. */
export function verdictOf(candidate: PlacementCandidate): string {
  if (candidate.qualifies)
    return candidate.obligations.length > 0 ? `qualifies with ${candidate.obligations.join(', ')}` : 'qualifies'
  return [
    ...candidate.failed.map(({ code, detail, type }) => `${code} (${detail ? `${detail}; ` : ''}${type})`),
    ...candidate.obstacles.map(({ code, detail }) => (detail ? `${code} (${detail})` : code)),
  ].join(', ')
}

/** The most candidates and hints that a sentence names. */
const MOST_TOLD = 10

/** What came of it, in one text for a person. */
export function explanationOf(decided: Decided): string {
  const candidates = candidatesOf(decided)
  const [best] = candidates
  if (best?.qualifies) {
    const others = candidates.filter(({ qualifies }) => qualifies).length
    return `${nameOf(best)} ${verdictOf(best)}; ${others} of ${candidates.length} offerings qualify.`
  }
  if (candidates.length === 0) return 'Nobody offers this service type.'
  const told = candidates.slice(0, MOST_TOLD).map((candidate) => `${nameOf(candidate)}: ${verdictOf(candidate)}`)
  const hints = counterfactualsOf(decided).slice(0, MOST_TOLD)
  return [
    `No offering qualifies. ${told.join('; ')}${candidates.length > MOST_TOLD ? `; and ${candidates.length - MOST_TOLD} more` : ''}.`,
    ...hints.map(({ text }) => text),
  ].join(' ')
}

/** Why an order could be placed or not: what was considered, and what would make it possible. */
export function explainDecision(decision: PlacementDecision): Why {
  const considered = decision.candidates.map((candidate) => ({
    what: nameOf(candidate),
    verdict: verdictOf(candidate),
  }))
  const refused = decision.outcome === 'refused'
  return {
    state: refused ? 'failed' : 'done',
    summary: refused ? 'No offering qualifies.' : decision.explanation,
    since: decision.createdAt,
    considered,
    possibleIf: refused ? helpOf(decision) : [],
  }
}

/** What would make an order possible that nothing qualifies for. */
export function helpOf({
  candidates,
  counterfactuals,
}: Pick<PlacementDecision, 'candidates' | 'counterfactuals'>): string[] {
  const held = candidates.filter(({ outcome, obstacles }) => outcome !== 'deny' && obstacles.length > 0)
  const help = [
    ...counterfactuals.map(({ text }) => text),
    ...held.map((candidate) => `${nameOf(candidate)} can take it once this is gone: ${verdictOf(candidate)}`),
  ]
  if (help.length > 0) return help
  // no single change helps: what is nearest
  const [nearest] = candidates.toSorted((a, b) => reasonsOf(a) - reasonsOf(b))
  return nearest ? [`${nameOf(nearest)} can take it once all of this is gone: ${verdictOf(nearest)}`] : []
}

function reasonsOf({ failed, obstacles }: PlacementCandidate): number {
  return failed.length + obstacles.length
}

/** What a provider reads of a decision: its own agents' verdicts, and nothing of others or of the consumer unless it was chosen. */
export function reducedTo(decision: PlacementDecision, providerId: string): PlacementDecision {
  const { consumerId, groupId, serviceId, agentId, providerId: chosen, counterfactuals: _, ...rest } = decision
  const own = decision.candidates.filter((candidate) => candidate.providerId === providerId)
  const isChosen = chosen === providerId
  const ofOrder = decision.kind === 'order' && isChosen
  return {
    ...rest,
    ...(ofOrder && consumerId !== undefined && { consumerId }),
    ...(ofOrder && groupId !== undefined && { groupId }),
    ...(ofOrder && serviceId !== undefined && { serviceId }),
    ...(isChosen && agentId !== undefined && { agentId, providerId }),
    // how it stands among others is not its own
    candidates: own.map(({ share: _share, ...candidate }) => ({ ...candidate, utility: 0, utilities: {} })),
    counterfactuals: [],
    explanation: own.map((candidate) => `${nameOf(candidate)}: ${verdictOf(candidate)}`).join('; '),
  }
}
