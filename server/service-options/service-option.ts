/** What options are: values that a provider offers, each of a type that the federation agrees on. */
import type { Json } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

export type ServiceOptionType = {
  id: string
  name: string
  /** The key by which property schemas refer to it; fixed. */
  type: string
  description: string
  createdAt: Date
  updatedAt: Date
}

export type ServiceOption = {
  id: string
  providerId: string
  serviceOptionTypeId: string
  name: string
  value: Json
  enabled: boolean
  displayOrder: number
  createdAt: Date
  updatedAt: Date
}

/** Longer ones do not fit into the index that keeps them unique. */
const MAX_TYPE_BYTES = 1000
/** The order is a 32-bit integer. */
const MAX_ORDER = 2 ** 31 - 1

/** @throws Refusal `invalid` with the contract's text */
export function checkServiceOptionType(type: ServiceOptionType): ServiceOptionType {
  if (type.name === '') throw invalidInput('service option type name cannot be empty')
  if (type.type === '') throw invalidInput('service option type type cannot be empty')
  if (!/^[a-zA-Z0-9_]+$/.test(type.type))
    throw invalidInput('service option type type must contain only alphanumeric characters and underscores')
  if (type.type.length > MAX_TYPE_BYTES)
    throw invalidInput(`service option type type cannot be longer than ${MAX_TYPE_BYTES} characters`)
  return type
}

/** @throws Refusal `invalid` with the contract's text */
export function checkServiceOption(option: ServiceOption): ServiceOption {
  if (option.name === '') throw invalidInput('service option name cannot be empty')
  if (option.value === null) throw invalidInput('service option value cannot be nil')
  if (Math.abs(option.displayOrder) > MAX_ORDER)
    throw invalidInput(`service option displayOrder must be between -${MAX_ORDER} and ${MAX_ORDER}`)
  return option
}
