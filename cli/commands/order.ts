/** `fulcrum order`: from the name of a service type and properties to a running service. */
import type { JsonObject, ServiceCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import {
  addInputOptions,
  addWaitOptions,
  collect,
  type InputFlags,
  outputOption,
  readObject,
  timeoutMs,
} from '../command.ts'
import { usage } from '../errors.ts'
import { serialize, toFormat } from '../output/format.ts'
import { print } from '../output/terminal.ts'
import { parseProperties } from '../properties.ts'
import { findResource, isId, resolveId } from '../resource-lookup.ts'
import { type ServiceFlags, settle } from '../service-job.ts'
import { resolveOptions } from '../service-options.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ServiceFlags & InputFlags & { name: string; group?: string; agent?: string; tag?: string[]; dryRun?: true }

export function declare(command: Command): void {
  command
    .argument('<service-type>', 'name or id of what to order')
    .requiredOption('--name <name>', 'name of the new service')
    .option('--group <group>', 'service group, by name or id; needed when there are several')
    .option('--agent <agent>', 'agent that shall run it, by name or id')
    .option('--tag <tag>', 'any agent that carries this tag; repeatable, all must fit', collect)
    .option('--dry-run', 'print what would be sent and send nothing')
  addWaitOptions(addInputOptions(command))
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nProperties are typed by the service type; options are taken by their names:\n  fulcrum order postgres --name crm --set size=Small --set storageGb=20',
    )
    .action(async (type: string) => await run(type, command.optsWithGlobals<Flags>()))
}

async function run(type: string, flags: Flags): Promise<void> {
  if (flags.agent !== undefined && flags.tag !== undefined) throw usage('Give --agent or --tag, not both.')
  timeoutMs(flags)
  const format = toFormat(flags.output)
  const fromFile = flags.file === undefined ? {} : await readObject(flags.file)
  await withSession(flags, async (session) => {
    const body = await orderOf(session, type, fromFile, flags)
    if (flags.dryRun) return print(await serialize(format === 'json' ? 'json' : 'yaml', body))
    const service = await session.client.call(session.contract.services.create, { body })
    await settle(session, service, 'create', flags)
  })
}

async function orderOf(session: Session, type: string, fromFile: JsonObject, flags: Flags): Promise<ServiceCreate> {
  const { client, contract } = session
  const id = await resolveId(session, findResource('service-types'), type)
  const serviceType = await client.call(contract.serviceTypes.get, { params: { id } })
  const parsed = parseProperties(serviceType.propertySchema, flags.set ?? [], fromFile)
  const agentId = flags.agent === undefined ? undefined : await resolveId(session, findResource('agents'), flags.agent)
  const providerId = agentId !== undefined && parsed.choices.length > 0 ? await providerOf(session, agentId) : undefined
  return {
    groupId: await findGroup(session, flags.group),
    serviceTypeId: serviceType.id,
    name: flags.name,
    ...(agentId !== undefined && { agentId }),
    ...(flags.tag !== undefined && { agentTags: flags.tag }),
    properties: await resolveOptions(session, parsed, providerId),
  }
}

/** Undefined where the caller may not read the agent, as a consumer who knows its id. */
async function providerOf({ client, contract }: Session, id: string): Promise<string | undefined> {
  const { ForbiddenError } = await import('@fulcrum/client')
  try {
    return (await client.call(contract.agents.get, { params: { id } })).providerId
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined
    throw error
  }
}

async function findGroup(session: Session, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined)
    return isId(wanted) ? wanted : await resolveId(session, findResource('service-groups'), wanted)
  const { items } = await session.client.call(session.contract.serviceGroups.list, { query: { pageSize: 20 } })
  const [only] = items
  if (only === undefined)
    throw usage('There is no service group to order for.', [
      'Create one with: fulcrum create service-group --set name=NAME --set consumer=PARTICIPANT',
    ])
  if (items.length > 1)
    throw usage(
      'There are several service groups; choose one with --group.',
      items.map(({ name, id }) => `${name}  ${id}`),
    )
  return only.id
}
