/** What a service group is: services of one consumer whose jobs run one after another. */
import { invalidInput } from '../platform/errors.ts'

export type ServiceGroup = {
  id: string
  name: string
  consumerId: string
  createdAt: Date
  updatedAt: Date
}

/** @throws Refusal `invalid` when the name is empty */
export function checkServiceGroup(group: ServiceGroup): ServiceGroup {
  if (group.name === '') throw invalidInput('service group name cannot be empty')
  return group
}
