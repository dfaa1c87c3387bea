/** What config pools are: values handed out to the configuration of agents, for all providers or for one. */
import type { Json, JsonObject } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

export type ConfigPool = {
  id: string
  name: string
  type: string
  propertyType: 'string' | 'integer' | 'number' | 'boolean' | 'json'
  generatorConfig: JsonObject | null
  /** Null: a global pool, the administrators'. */
  participantId: string | null
  createdAt: Date
  updatedAt: Date
}

export type ConfigPoolValue = {
  id: string
  name: string
  value: Json
  configPoolId: string
  participantId: string | null
  agentId: string | null
  propertyName: string | null
  allocatedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** @throws Refusal `invalid` with the contract's text */
export function checkConfigPool(pool: ConfigPool): ConfigPool {
  if (pool.name === '') throw invalidInput('config pool name cannot be empty')
  if (pool.type === '') throw invalidInput('config pool type cannot be empty')
  return pool
}

/** Config pools are lists only. @throws Refusal `invalid` with the contract's text */
export function checkGeneratorType(type: string): void {
  if (type !== 'list') throw invalidInput(`invalid generator type for config pool: ${type.slice(0, 50)} (must be list)`)
}

/** @throws Refusal `invalid` with the contract's text */
export function checkConfigPoolValue(value: ConfigPoolValue): ConfigPoolValue {
  if (value.name === '') throw invalidInput('config pool value name is required')
  return value
}

/** As events compare it. */
export function configPoolShape(pool: ConfigPool): { [key: string]: Json } {
  return {
    id: pool.id,
    name: pool.name,
    type: pool.type,
    propertyType: pool.propertyType,
    generatorType: 'list',
    ...(pool.generatorConfig && { generatorConfig: pool.generatorConfig }),
    ...(pool.participantId && { participantId: pool.participantId }),
  }
}
