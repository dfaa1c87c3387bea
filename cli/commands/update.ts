/** `fulcrum update`: changes properties by an update job, and the name at once. */
import type { Offer, Service } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addInputOptions, addWaitOptions, type InputFlags, outputOption, readObject, timeoutMs } from '../command.ts'
import { usage } from '../errors.ts'
import { checkAllowed } from '../lifecycle.ts'
import { readOffers } from '../offers.ts'
import { note, printable } from '../output/terminal.ts'
import { parseProperties } from '../properties.ts'
import { explained } from '../refused-properties.ts'
import { findService, printService, type ServiceFlags, settle } from '../service-job.ts'
import { optionNames, resolveListed, resolveOffered } from '../service-options.ts'
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
    if (!changes) return await rename(session, service, flags)
    checkAllowed(service, 'update')
    const { client, contract } = session
    const type = await client.call(contract.serviceTypes.get, { params: { id: service.serviceTypeId } })
    const offers = await offersFor(session, service)
    const parsed = parseProperties(type.propertySchema, flags.set ?? [], fromFile, optionNames(offers ?? []))
    const properties = offers
      ? resolveOffered(parsed, offers).properties
      : await resolveListed(session, parsed, service.providerId)
    const body = { ...(flags.name !== undefined && { name: flags.name }), properties }
    const updated = await explained(type, offers, () =>
      client.call(contract.services.update, { params: { id: service.id }, body }),
    )
    await settle(session, updated, 'update', flags)
  })
}

async function rename({ client, contract }: Session, service: Service, flags: Flags): Promise<void> {
  const body = { ...(flags.name !== undefined && { name: flags.name }) }
  const renamed = await client.call(contract.services.update, { params: { id: service.id }, body })
  note(`Renamed to ${printable(renamed.name)}.`)
  await printService(renamed, flags.output)
}

/** The offer of the service's own agent. Undefined where it has none any more, for example when it takes no new services. */
async function offersFor(session: Session, { serviceTypeId, agentId }: Service): Promise<Offer[] | undefined> {
  const offers = (await readOffers(session, serviceTypeId))?.filter((offer) => offer.agentId === agentId)
  return offers?.length ? offers : undefined
}
