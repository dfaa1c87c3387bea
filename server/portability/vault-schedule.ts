/** What a schedule of vault copies is. Pure. */
import { invalidInput } from '../platform/errors.ts'

export type VaultSchedule = {
  id: string
  consumerId: string
  groupId: string | null
  serviceId: string | null
  everyHours: number
  keep: number
  store: string
  createdAt: Date
  updatedAt: Date
}

const MOST_HOURS = 365 * 24
const MOST_KEPT = 1_000

/** @throws Refusal `invalid` that names the member and its range */
export function checkSchedule(schedule: VaultSchedule): VaultSchedule {
  const within = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most
  if (!within(schedule.everyHours, MOST_HOURS))
    throw invalidInput(`everyHours must be a whole number from 1 to ${MOST_HOURS}`)
  if (!within(schedule.keep, MOST_KEPT)) throw invalidInput(`keep must be a whole number from 1 to ${MOST_KEPT}`)
  return schedule
}

type Target = { serviceId?: string | undefined; groupId?: string | undefined; consumerId?: string | undefined }

/** @throws Refusal `invalid` unless exactly one is named */
export function targetOf({ serviceId, groupId, consumerId }: Target): {
  kind: 'service' | 'group' | 'consumer'
  id: string
} {
  const named = [
    ...(serviceId === undefined ? [] : [{ kind: 'service' as const, id: serviceId }]),
    ...(groupId === undefined ? [] : [{ kind: 'group' as const, id: groupId }]),
    ...(consumerId === undefined ? [] : [{ kind: 'consumer' as const, id: consumerId }]),
  ]
  const [target] = named
  if (!target || named.length > 1) throw invalidInput('exactly one of serviceId, groupId and consumerId is needed')
  return target
}

/** @throws Refusal `invalid` that names the stores there are */
export function checkStore(name: string, stores: readonly { name: string }[]): string {
  if (stores.some((store) => store.name === name)) return name
  throw invalidInput(`there is no artifact store '${name}'; there are ${stores.map((store) => store.name).join(', ')}`)
}
