/** What orders, updates, actions and deletions of services have in common: find it, wait for the job, show the result. */
import type { Service } from '@fulcrum/contract'
import { timeoutMs, type WaitFlags } from './command.ts'
import { connectionHint } from './connection.ts'
import { serialize, toFormat } from './output/format.ts'
import { printList } from './output/resource.ts'
import { note, paint, print, printable } from './output/terminal.ts'
import { findResource, resolveId } from './resource-lookup.ts'
import type { Session } from './session.ts'
import { newestJob, shellWord, waitForJob } from './wait.ts'

export type ServiceFlags = WaitFlags & { output: string }

/** @throws CliError (notFound), (usage) when the name is ambiguous */
export async function findService(session: Session, idOrName: string): Promise<Service> {
  const id = await resolveId(session, findResource('services'), idOrName)
  return await session.client.call(session.contract.services.get, { params: { id } })
}

/**
 * Waits for the job that was just queued, unless `--no-wait`, and prints the service.
 *
 * @throws CliError (failed), (timedOut), (interrupted)
 */
export async function settle(session: Session, service: Service, action: string, flags: ServiceFlags): Promise<void> {
  const job = await newestJob(session, service.id, action)
  if (job === undefined || !flags.wait) {
    note(`${action} of ${printable(service.name)} is queued. Watch it with: fulcrum watch ${shellWord(service.name)}`)
    return await printService(await findService(session, service.id), flags.output)
  }
  const settled = await waitForJob(session, job, service.name, timeoutMs(flags))
  note(paint('green', `${action} of ${printable(settled.name)} is done: ${printable(settled.status)}.`, process.stderr))
  await printService(settled, flags.output)
}

/** The service, and below the table how to connect while it has an address and lives. */
export async function printService(service: Service, output: string): Promise<void> {
  const format = toFormat(output)
  if (format === 'json' || format === 'yaml') return print(await serialize(format, service))
  await printList(findResource('services'), [service], format)
  const ended = service.serviceType?.lifecycleSchema.terminalStates?.includes(service.status)
  const hint = connectionHint(service)
  if (format !== 'name' && hint !== undefined && !ended)
    print(`\nConnect: ${printable(hint)}\nPassword: fulcrum reveal ${shellWord(service.name)} password`)
}
