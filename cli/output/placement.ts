/** Where an order could go, as text. */
import type { PlacementCandidate, PlacementDecision } from '@fulcrum/contract'
import { table } from './table.ts'
import { printable } from './terminal.ts'

export function placementText(decision: PlacementDecision, wide: boolean): string {
  const rows = decision.candidates.map((candidate) => [
    candidate.providerName,
    candidate.agentName,
    candidate.qualifies ? 'yes' : 'no',
    candidate.qualifies ? candidate.utility.toFixed(3) : '-',
    candidate.monthlyPrice ? `${candidate.monthlyPrice.amount} ${candidate.monthlyPrice.currency}` : '-',
    ...(wide
      ? [
          `${candidate.latencyMs ?? '-'}`,
          `${candidate.carbonGramPerKWh ?? '-'}`,
          candidate.country ?? '-',
          candidate.agentId,
        ]
      : []),
    reasons(candidate) || '-',
  ])
  const more = wide ? ['LATENCY MS', 'CARBON G/KWH', 'COUNTRY', 'AGENT ID'] : []
  const lines = [
    ...decision.counterfactuals.map(({ text }) => printable(text)),
    `Decision ${decision.id}: ${printable(decision.outcome)}.`,
  ]
  return `${table(['PROVIDER', 'AGENT', 'QUALIFIES', 'UTILITY', 'PRICE', ...more, 'REASONS'], rows)}${lines.join('\n')}\n`
}

/** Why not, or what it obliges to, what policies in audit mode would refuse, and what remains to be known. */
function reasons(candidate: PlacementCandidate): string {
  const { failed, obstacles, obligations, waived, wouldFail, warnings, advisories, remarks } = candidate
  const against = [
    ...failed.map(({ code, detail }) => (detail ? `${code} (${detail})` : code)),
    ...obstacles.map(({ code, detail }) => (detail ? `${code} (${detail})` : code)),
  ]
  if (against.length > 0) return against.join(', ')
  // `<policy>/<constraint>:<code>`: the code alone is for a person
  const audit = wouldFail.map((text) => `audit: ${text.slice(text.lastIndexOf(':') + 1)}`)
  return [
    ...obligations,
    ...waived,
    ...new Set(audit),
    ...warnings,
    ...advisories,
    ...remarks.map(({ code }) => code),
  ].join(', ')
}
