/** `fulcrum describe`: one thing in full; of a service also how to connect, what can be done and what happened. */
import type { Service, Why } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { serialize, toFormat } from '../output/format.ts'
import { describeRow, printList } from '../output/resource.ts'
import { serviceText } from '../output/service.ts'
import { print } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import type { Resource } from '../resources.ts'
import { type Session, withSession } from '../session.ts'
import { readRow } from './get.ts'

const LAST_JOBS = 5

export function declare(command: Command): void {
  command
    .argument('<resource>', 'plural, singular or short name')
    .argument('<id-or-name>')
    .addOption(outputOption())
    .action(async (name: string, idOrName: string) => {
      await run(findResource(name), idOrName, command.optsWithGlobals<OutputFlags>())
    })
}

async function run(resource: Resource, idOrName: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    if (resource.name === 'services' && format === 'table') {
      const id = await resolveId(session, resource, idOrName)
      return await describeService(
        session,
        await session.client.call(session.contract.services.get, { params: { id } }),
      )
    }
    const row = await readRow(session, resource, idOrName)
    if (format === 'json' || format === 'yaml') return print(await serialize(format, row))
    if (format === 'name') return await printList(resource, [row], format)
    print(describeRow(row))
  })
}

async function describeService(session: Session, service: Service): Promise<void> {
  const { client, contract } = session
  const query = { serviceId: service.id, sort: '-createdAt', pageSize: LAST_JOBS }
  const [jobs, why] = await Promise.all([client.call(contract.jobs.list, { query }), whyOf(session, service.id)])
  print(serviceText(service, jobs.items, why))
}

/** Undefined at a server that does not know the question. */
async function whyOf({ client, contract }: Session, id: string): Promise<Why | undefined> {
  const { NotFoundError } = await import('@fulcrum/client')
  try {
    return await client.call(contract.services.why, { params: { id } })
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
