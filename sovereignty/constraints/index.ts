/** The closed list of constraint types. A type that is not here is denied, whatever the policy says of the unknown. */
import type { Rule } from '../policy.ts'
import { ATTESTED_RULES } from './attested.ts'
import { OPERATING_RULES } from './operating.ts'
import { PLACE_RULES } from './places.ts'
import { REACH_RULES } from './reaching.ts'

export const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...PLACE_RULES, ...REACH_RULES, ...ATTESTED_RULES, ...OPERATING_RULES }),
)
