/**
 * The rules of sovereignty: who controls a provider, what a policy makes of it, what an event would do, how to leave. No I/O, no
 * clock: what is needed is handed in, and the same input gives the same answer. The audit log and credentials have entries of
 * their own, because they need Node.js's cryptography.
 */

export * from './catalogues.ts'
export * from './concentration.ts'
export { RULES } from './constraints/index.ts'
export {
  PARAM_SHAPES,
  type ParamFault,
  paramFault,
  preferenceFault,
} from './constraints/param-shapes.ts'
export * from './control.ts'
export * from './countries.ts'
export * from './data-act.ts'
export * from './decide.ts'
export * from './effective.ts'
export * from './evacuation.ts'
export * from './evidence.ts'
export * from './exposure.ts'
export * from './focus.ts'
export * from './grades.ts'
export * from './next-levels.ts'
export * from './placement.ts'
export * from './policy.ts'
export * from './profile.ts'
export * from './reach.ts'
export * from './recorded.ts'
export * from './relaxations.ts'
export * from './scoring.ts'
export { addDays } from './time.ts'
export * from './zones.ts'
