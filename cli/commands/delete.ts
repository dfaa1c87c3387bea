/** `fulcrum delete`: ends a service through its lifecycle, or deletes any other resource; asks first. */
import type { Service } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addWaitOptions, outputOption, timeoutMs } from '../command.ts'
import { usage } from '../errors.ts'
import { checkAllowed } from '../lifecycle.ts'
import { inline } from '../output/format.ts'
import { isInteractive, note, printable } from '../output/terminal.ts'
import { confirmByName } from '../prompts.ts'
import { callAny, findResource, operationsOf, type Row, resolveId } from '../resource-lookup.ts'
import type { Resource } from '../resources.ts'
import { findService, type ServiceFlags, settle } from '../service-job.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ServiceFlags & { yes?: true }

export function declare(command: Command): void {
  command
    .usage('[options] <service>\n       fulcrum delete [options] <resource> <id-or-name>')
    .argument('<service-or-resource>', 'a service, or the kind of what to delete')
    .argument('[id-or-name]', 'what to delete of that kind')
    .option('-y, --yes', 'do not ask')
  addWaitOptions(command)
    .addOption(outputOption())
    .action(async (first: string, second: string | undefined) => {
      const resource = findResource(second === undefined ? 'services' : first)
      await run(resource, second ?? first, command.optsWithGlobals<Flags>())
    })
}

async function run(resource: Resource, idOrName: string, flags: Flags): Promise<void> {
  timeoutMs(flags)
  if (!flags.yes && !isInteractive())
    throw usage(`Deleting ${resource.singular} "${idOrName}" needs --yes where nobody can be asked.`)
  await withSession(flags, async (session) => {
    if (resource.name === 'services') return await endService(session, await findService(session, idOrName), flags)
    const operations = operationsOf(session.contract, resource)
    if (operations.delete === undefined) throw usage(`${resource.name} cannot be deleted.`)
    const id = await resolveId(session, resource, idOrName)
    if (!flags.yes) {
      const name = operations.get ? nameOf(await callAny(session.client, operations.get, { params: { id } }), id) : id
      await confirmByName(`${resource.singular} ${name}`, name)
    }
    await callAny(session.client, operations.delete, { params: { id } })
    note(`Deleted ${resource.singular} ${printable(idOrName)}.`)
  })
}

async function endService(session: Session, service: Service, flags: Flags): Promise<void> {
  checkAllowed(service, 'delete')
  if (!flags.yes) {
    const where = service.agent ? ` at ${service.agent.name}` : ''
    const type = service.serviceType?.name ?? service.serviceTypeId
    await confirmByName(
      `service ${service.name} (${type}${where}, provider ${service.providerId}) and its data`,
      service.name,
    )
  }
  await session.client.call(session.contract.services.delete, { params: { id: service.id } })
  await settle(session, service, 'delete', flags)
}

function nameOf(thing: unknown, id: string): string {
  // What a get answers is an object.
  return inline((thing as Row).name) || id
}
