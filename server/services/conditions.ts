/** What an agent may report as the conditions of a service. */
import { invalidInput } from '../platform/errors.ts'
import { QUARANTINED } from './quarantine.ts'
import type { Service } from './service.ts'

const MAX_CONDITIONS = 20
const MAX_MESSAGE = 1_000
const TYPE = /^[A-Z][A-Za-z0-9]{0,49}$/

/** @throws Refusal `invalid` */
export function checkConditions(service: Service, reported: readonly { type: string; message: string }[]) {
  if (service.terminal && reported.length > 0) throw invalidInput('the service has ended: it has no conditions')
  if (reported.length > MAX_CONDITIONS) throw invalidInput(`at most ${MAX_CONDITIONS} conditions can be reported`)
  const types = new Set<string>()
  for (const { type, message } of reported) {
    if (!TYPE.test(type))
      throw invalidInput(`condition type '${type.slice(0, 60)}' is not a CamelCase word of up to 50 characters`)
    if (types.has(type)) throw invalidInput(`condition ${type} is reported twice`)
    if (message === '' || message.length > MAX_MESSAGE)
      throw invalidInput(`condition ${type}: the message must have 1 to ${MAX_MESSAGE} characters`)
    if (type === QUARANTINED) throw invalidInput(`condition ${QUARANTINED} is set by the server alone`)
    types.add(type)
  }
  return reported
}
