/** The data that ships with these rules: groups of countries and frameworks, each with its date and source. */
import csf from './data/ec-csf.json' with { type: 'json' }
import gaiaX from './data/gaia-x-cd.json' with { type: 'json' }
import zones from './data/zones.json' with { type: 'json' }
import type { ZoneGroups } from './zones.ts'

export const ZONE_GROUPS: ZoneGroups = zones.groups
/** The day of which the members of these groups are. */
export const ZONE_GROUPS_AS_OF: string = zones.asOf

/** Weights of the objectives of the EU Cloud Sovereignty Framework; they add up to 100. */
export const CSF_WEIGHTS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(csf.objectives).map(([objective, { weight }]) => [objective, weight]),
)

/** Ids of all factors, `SOV-1.1` and so on. */
export const CSF_FACTORS: readonly string[] = Object.entries(csf.objectives).flatMap(([objective, { factors }]) =>
  Array.from({ length: factors }, (_, index) => `${objective}.${index + 1}`),
)

/** What each label demands: a declaration or a certification; `path` is where a profile says it, if it has a place for it. */
export type GaiaXCriterion = Readonly<Partial<Record<GaiaXLabel, string>>> & { readonly path?: string }
export const GAIA_X_LABELS = ['SC', 'L1', 'L2', 'L3'] as const
export type GaiaXLabel = (typeof GAIA_X_LABELS)[number]

export const GAIA_X_CRITERIA: Readonly<Record<string, GaiaXCriterion>> = gaiaX.criteria
