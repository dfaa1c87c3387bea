/** What may be done with a service now, by the lifecycle of its type. */
import type { Service } from '@fulcrum/contract'
import { CliError } from './errors.ts'

/** Actions that can start in the present state; none in a terminal one. `create` is among them where a failed one can be tried again. */
export function allowedActions(service: Service): string[] | undefined {
  const lifecycle = service.serviceType?.lifecycleSchema
  if (lifecycle === undefined) return undefined
  if (lifecycle.terminalStates?.includes(service.status)) return []
  return lifecycle.actions
    .filter(({ transitions }) => transitions.some(({ from }) => from === service.status))
    .map(({ name }) => name)
}

/** @throws CliError (conflict) with what is allowed */
export function checkAllowed(service: Service, action: string): void {
  const allowed = allowedActions(service)
  if (allowed === undefined || allowed.includes(action)) return
  throw new CliError('conflict', `${service.name} is ${service.status}: ${action} is not possible now.`, [
    allowed.length > 0 ? `Possible: ${allowed.join(', ')}` : 'Nothing can be done with it any more.',
  ])
}
