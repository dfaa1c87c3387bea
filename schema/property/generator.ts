// The one generator there is: a value taken from a pool (contract, DOMAIN 3.12). Allocation itself is the caller's.

import { ownMember } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import type { Rule } from './definition.ts'

/**
 * Reads a generator; both registries have the same one, over different pools.
 *
 * @param at the property's path, for the text of an unknown type
 * @returns the type of the pool to take from
 * @throws SchemaError when the type is unknown or its config is not acceptable
 */
export function readGenerator(rule: Rule, at: string): { poolType: string } {
  if (rule.type !== 'pool') throw new SchemaError(`${at}: unknown generator '${rule.type}'`)
  const poolType = ownMember(rule.config ?? {}, 'poolType')
  if (poolType === undefined) throw new SchemaError("pool generator config missing 'poolType'")
  if (typeof poolType !== 'string') throw new SchemaError("pool generator config 'poolType' must be a string")
  if (poolType === '') throw new SchemaError("pool generator config 'poolType' cannot be empty")
  return { poolType }
}
