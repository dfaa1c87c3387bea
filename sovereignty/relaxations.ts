/** Weaker forms of a constraint, the nearest first, for saying what a smaller demand would bring. */

import type { Constraint, Policy } from './policy.ts'
import { ASSURANCES } from './profile.ts'

/** `weaker` is null where the constraint is left out. */
export type Relaxation = { change: string; weaker: Constraint | null }

/** Values from the weakest to the strongest, for constraints whose parameter is a step on a ladder. */
const LADDERS: Readonly<Record<string, { param: string; steps: readonly (string | number)[] }>> = {
  'gaiax.label.min': { param: 'level', steps: ['SC', 'L1', 'L2', 'L3'] },
  'csf.seal.min': { param: 'level', steps: [0, 1, 2, 3, 4] },
  'cada.level.min': { param: 'level', steps: [1, 2, 3, 4] },
  'ops.staff.clearance': { param: 'min', steps: ['none', 'eu-resident', 'eu-citizen'] },
  'exposure.max': { param: 'max', steps: ['mitigated', 'none'] },
}

export function relaxations(policy: Policy, constraint: Constraint): Relaxation[] {
  return [...lowerAssurance(policy, constraint), ...lowerSteps(constraint), { change: 'without it', weaker: null }]
}

function lowerAssurance(policy: Policy, constraint: Constraint): Relaxation[] {
  const wanted = constraint.minAssurance ?? policy.minAssurance
  return ASSURANCES.slice(0, ASSURANCES.indexOf(wanted))
    .toReversed()
    .map((level) => ({
      change: `${level} instead of ${wanted}`,
      weaker: { ...constraint, minAssurance: level },
    }))
}

function lowerSteps(constraint: Constraint): Relaxation[] {
  const ladder = LADDERS[constraint.type]
  if (!ladder) return []
  const wanted = constraint.params?.[ladder.param]
  const at = typeof wanted === 'string' || typeof wanted === 'number' ? ladder.steps.indexOf(wanted) : -1
  return ladder.steps
    .slice(0, Math.max(0, at))
    .toReversed()
    .map((step) => ({
      change: `${ladder.param} ${step} instead of ${wanted}`,
      weaker: { ...constraint, params: { ...constraint.params, [ladder.param]: step } },
    }))
}
