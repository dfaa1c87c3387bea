/** `fulcrum order`: from the name of a service type and properties to a running service. */
import type { JsonObject, Offer, ServiceCreate, ServiceType } from '@fulcrum/contract'
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
import { needOffers, placementOf, readOffers } from '../offers.ts'
import { serialize, toFormat } from '../output/format.ts'
import { print } from '../output/terminal.ts'
import { parseProperties } from '../properties.ts'
import { explained } from '../refused-properties.ts'
import { findResource, isId, resolveId } from '../resource-lookup.ts'
import { type ServiceFlags, settle } from '../service-job.ts'
import { optionNames, resolveListed, resolveOffered } from '../service-options.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ServiceFlags &
  InputFlags & {
    name: string
    group?: string
    agent?: string
    provider?: string
    tag?: string[]
    dryRun?: true
  } & Demand
/** What the place must have, and a key of one's own. */
type Demand = { requirements?: string; key?: string; keyCountry?: string }

export function declare(command: Command): void {
  command
    .argument('<service-type>', 'name or id of what to order')
    .requiredOption('--name <name>', 'name of the new service')
    .option('--group <group>', 'service group, by name or id; needed when there are several')
    .option('--agent <agent>', 'agent that shall run it, by name or id')
    .option('--provider <provider>', 'one of the agents of this provider, by name or id')
    .option('--tag <tag>', 'any agent that carries this tag; repeatable, all must fit', collect)
    .option('-r, --requirements <file>', 'what the place must have, YAML or JSON; the server finds it')
    .option('--key <reference>', 'a key that you hold, by its reference')
    .option('--key-country <country>', 'where it is kept: DE')
    .option('--dry-run', 'print what would be sent and send nothing')
  addWaitOptions(addInputOptions(command))
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nProperties are typed by the service type; options are taken by their names:\n  fulcrum order postgres --name crm --set size=Small --set storageGb=20\nWho offers what: fulcrum offers postgres\nWhere it could run, before it is ordered: fulcrum placement postgres',
    )
    .action(async (type: string) => await run(type, command.optsWithGlobals<Flags>()))
}

async function run(type: string, flags: Flags): Promise<void> {
  timeoutMs(flags)
  const format = toFormat(flags.output)
  const fromFile = flags.file === undefined ? {} : await readObject(flags.file)
  const demanded = await demand(flags)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const id = await resolveId(session, findResource('service-types'), type)
    const serviceType = await client.call(contract.serviceTypes.get, { params: { id } })
    const offers = await readOffers(session, id)
    const fitting = offers && needOffers(offers, flags, serviceType.name)
    const chosen = fitting
      ? chooseOffered(serviceType, fitting, fromFile, flags)
      : await chooseListed(session, serviceType, fromFile, flags)
    const body = {
      groupId: await findGroup(session, flags.group),
      serviceTypeId: id,
      name: flags.name,
      ...chosen,
      ...demanded,
    }
    if (flags.dryRun) return print(await serialize(format === 'json' ? 'json' : 'yaml', body))
    const service = await explained(serviceType, fitting, () => client.call(contract.services.create, { body }))
    await settle(session, service, 'create', flags)
  })
}

type Chosen = Pick<ServiceCreate, 'agentId' | 'agentTags' | 'properties'>

function chooseOffered(type: ServiceType, fitting: readonly Offer[], fromFile: JsonObject, flags: Flags): Chosen {
  const parsed = parseProperties(type.propertySchema, flags.set ?? [], fromFile, optionNames(fitting))
  const { properties, able } = resolveOffered(parsed, fitting)
  // with requirements the server looks which of them has the options, and says why another one does not do
  const place = placementOf(fitting, flags.requirements === undefined ? able : fitting, flags)
  return { ...place, properties }
}

async function demand({ requirements, key, keyCountry }: Demand): Promise<Partial<ServiceCreate>> {
  if ((key === undefined) !== (keyCountry === undefined)) throw usage('--key and --key-country go together.')
  return {
    // the server checks what is in it and names what is wrong
    ...(requirements !== undefined && {
      requirements: (await readObject(requirements)) as NonNullable<ServiceCreate['requirements']>,
    }),
    ...(key !== undefined && keyCountry !== undefined && { customerKey: { reference: key, country: keyCountry } }),
  }
}

/** At a server without offers: from what the caller may list. */
async function chooseListed(session: Session, type: ServiceType, fromFile: JsonObject, flags: Flags): Promise<Chosen> {
  if (flags.agent !== undefined && flags.tag !== undefined) throw usage('Give --agent or --tag, not both.')
  if (flags.provider !== undefined) throw usage('This server knows no --provider; choose with --agent or --tag.')
  const parsed = parseProperties(type.propertySchema, flags.set ?? [], fromFile)
  const agentId = flags.agent === undefined ? undefined : await resolveId(session, findResource('agents'), flags.agent)
  const providerId = agentId !== undefined && parsed.choices.length > 0 ? await providerOf(session, agentId) : undefined
  return {
    ...(agentId !== undefined && { agentId }),
    ...(flags.tag !== undefined && { agentTags: flags.tag }),
    properties: await resolveListed(session, parsed, providerId),
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
