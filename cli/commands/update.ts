/** `fulcrum update`: changes properties by an update job, and the name at once. */
import type { JsonObject, Service } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addInputOptions, addWaitOptions, type InputFlags, outputOption, readObject, timeoutMs } from '../command.ts'
import { usage } from '../errors.ts'
import { checkAllowed } from '../lifecycle.ts'
import { note } from '../output/terminal.ts'
import { parseProperties } from '../properties.ts'
import { findService, printService, type ServiceFlags, settle } from '../service-job.ts'
import { resolveOptions } from '../service-options.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ServiceFlags & InputFlags & { name?: string }

export function declare(command: Command): void {
  command.argument('<service>', 'name or id').option('--name <name>', 'new name, at once')
  addWaitOptions(addInputOptions(command))
    .addOption(outputOption())
    .action(async (service: string) => await run(service, command.optsWithGlobals<Flags>()))
}

async function run(idOrName: string, flags: Flags): Promise<void> {
  timeoutMs(flags)
  const fromFile = flags.file === undefined ? {} : await readObject(flags.file)
  const changes = flags.set !== undefined || Object.keys(fromFile).length > 0
  if (!changes && flags.name === undefined) throw usage('Nothing to change: give --set key=value, -f FILE or --name.')
  await withSession(flags, async (session) => {
    const service = await findService(session, idOrName)
    const properties = changes ? await changesOf(session, service, fromFile, flags) : undefined
    const body = { ...(flags.name !== undefined && { name: flags.name }), ...(properties && { properties }) }
    const updated = await session.client.call(session.contract.services.update, { params: { id: service.id }, body })
    if (properties) return await settle(session, updated, 'update', flags)
    note(`Renamed to ${updated.name}.`)
    await printService(updated, flags.output)
  })
}

async function changesOf(session: Session, service: Service, fromFile: JsonObject, flags: Flags): Promise<JsonObject> {
  checkAllowed(service, 'update')
  const { client, contract } = session
  const type = await client.call(contract.serviceTypes.get, { params: { id: service.serviceTypeId } })
  const parsed = parseProperties(type.propertySchema, flags.set ?? [], fromFile)
  return await resolveOptions(session, parsed, service.providerId)
}
