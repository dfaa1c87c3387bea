/** What pool sets, pools and values are: things that a provider hands out to services, each to one at a time. */
import type { Json, JsonObject } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'
import { readSubnet } from './subnet.ts'

export type ServicePoolSet = { id: string; name: string; providerId: string; createdAt: Date; updatedAt: Date }

export type ServicePool = {
  id: string
  name: string
  /** The key by which property schemas refer to it; unique for one provider; fixed. */
  type: string
  /** Informative; never compared. */
  propertyType: 'string' | 'integer' | 'number' | 'boolean' | 'json'
  generatorType: 'list' | 'subnet'
  generatorConfig: JsonObject | null
  servicePoolSetId: string
  providerId: string
  createdAt: Date
  updatedAt: Date
}

export type ServicePoolValue = {
  id: string
  name: string
  value: Json
  servicePoolId: string
  providerId: string
  serviceId: string | null
  propertyName: string | null
  allocatedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** @throws Refusal `invalid` with the contract's text */
export function checkPoolSet(set: ServicePoolSet): ServicePoolSet {
  if (set.name === '') throw invalidInput('pool set name cannot be empty')
  return set
}

/** @throws Refusal `invalid` with the contract's text; the generator's configuration is checked, too */
export function checkPool(pool: ServicePool): ServicePool {
  if (pool.name === '') throw invalidInput('pool name cannot be empty')
  if (pool.type === '') throw invalidInput('pool type cannot be empty')
  if (pool.generatorType === 'subnet') readSubnet(pool.generatorConfig)
  return pool
}

/** @throws Refusal `invalid` with the contract's text */
export function checkPoolValue(value: ServicePoolValue): ServicePoolValue {
  if (value.name === '') throw invalidInput('pool value name cannot be empty')
  return value
}

/** As events compare them. */
export function poolSetShape({ id, name, providerId }: ServicePoolSet) {
  return { id, name, providerId }
}
export function poolShape(pool: ServicePool): { [key: string]: Json } {
  return {
    id: pool.id,
    name: pool.name,
    type: pool.type,
    propertyType: pool.propertyType,
    generatorType: pool.generatorType,
    ...(pool.generatorConfig && { generatorConfig: pool.generatorConfig }),
    servicePoolSetId: pool.servicePoolSetId,
    participantId: pool.providerId,
  }
}
