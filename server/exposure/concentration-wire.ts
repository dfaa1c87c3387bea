/** Concentration as the API shows it, with a sentence for a person. */
import type { Concentration } from '@fulcrum/contract'
import { BANDS } from '@fulcrum/sovereignty'
import { timestamp } from '../platform/wire.ts'
import { type ConcentrationResult, CRITICALITY_WEIGHTS, type Dimension, nameOf } from './concentration.ts'
import { percent } from './words.ts'

export function concentrationToWire(result: ConcentrationResult, at: Date): Concentration {
  const { services, unknownSpend, measures, largestFails, suppliers, groups } = result
  return {
    at: timestamp(at),
    summary: summaryOf(result),
    services,
    unknownSpend,
    measures,
    largestFails: largestFails.map(({ takers, ...rest }) => ({
      ...rest,
      takers: takers.map(({ offerings, ...type }) => ({
        ...type,
        offerings: offerings.map(({ agentId, agentName, providerId, providerName }) => ({
          agentId,
          agentName,
          providerId,
          providerName,
        })),
      })),
    })),
    suppliers,
    groups: groups.map((group) => ({
      key: group.key,
      name: nameOf(group),
      providers: [...group.providers],
      because: [...group.because],
    })),
    bands: { ...BANDS },
    assumptions: [
      `Facts count as published and valid at ${timestamp(at)}.`,
      'What hangs on several countries or suppliers counts in equal parts for each.',
      'What is not known counts as one and the same.',
      'Services that depend on no critical part that is hard to replace are in no measure of suppliers.',
      `By criticality a critical service counts ${CRITICALITY_WEIGHTS.critical}, an important one ${CRITICALITY_WEIGHTS.important}, a normal one ${CRITICALITY_WEIGHTS.normal}.`,
      'Participants count as one when the same owner decides, or one owns the other, by the names in their profiles.',
      `An index below ${BANDS.low} is low, up to ${BANDS.moderate} moderate, above it high.`,
    ],
  }
}

const WORDS: Readonly<Record<Dimension, string>> = {
  'provider-group': 'on one provider',
  'controller-country': 'under control from one country',
  'location-country': 'in one country',
  'critical-supplier': 'on one supplier of critical parts',
}

/** `Of 7 services, 57 % hang on one provider (eurohyper), 57 % are under control from one country (US), …` */
function summaryOf({ services, measures }: ConcentrationResult): string {
  if (services === 0) return 'There are no services to look at.'
  const parts = measures
    .filter(({ weight, shares }) => weight === 'count' && shares.length > 0)
    .map(({ dimension, shares }) => `${percent(shares[0]?.share ?? 0)} ${WORDS[dimension]} (${shares[0]?.name})`)
  return `Of ${services} ${services === 1 ? 'service' : 'services'}: ${parts.join(', ')}.`
}
