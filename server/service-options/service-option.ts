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

/** @throws Refusal `invalid` with the contract's text */
export function checkServiceOptionType(type: ServiceOptionType): ServiceOptionType {
  if (type.name === '') throw invalidInput('service option type name cannot be empty')
  if (type.type === '') throw invalidInput('service option type type cannot be empty')
  if (!/^[a-zA-Z0-9_]+$/.test(type.type))
    throw invalidInput('service option type type must contain only alphanumeric characters and underscores')
  return type
}

/** @throws Refusal `invalid` with the contract's text */
export function checkServiceOption(option: ServiceOption): ServiceOption {
  if (option.name === '') throw invalidInput('service option name cannot be empty')
  return option
}
