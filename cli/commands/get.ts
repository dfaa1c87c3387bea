/** `fulcrum get`: lists of any resource, and single things in one line. */
import type { Command } from 'commander'
import { collect, type OutputFlags, outputOption, positive } from '../command.ts'
import { usage } from '../errors.ts'
import { toFormat } from '../output/format.ts'
import { printList, printOne } from '../output/resource.ts'
import { note } from '../output/terminal.ts'
import { splitAssignment } from '../properties.ts'
import { callAny, findResource, listRows, namesOf, operationsOf, type Row, resolveId } from '../resource-lookup.ts'
import { RESOURCES, type Resource } from '../resources.ts'
import { type Session, withSession } from '../session.ts'

type Flags = OutputFlags & { filter?: string[]; sort?: string; limit: string; all?: true }

export function declare(command: Command): void {
  command
    .argument('<resource>', 'plural, singular or short name')
    .argument('[id-or-name]')
    .option('--filter <key=value>', 'only what matches; of one key repeated any, of several keys all', collect)
    .option('--sort <field>', 'sort by a field; -field sorts descending')
    .option('--limit <number>', 'most rows', '50')
    .option('--all', 'all rows')
    .addOption(outputOption())
    .addHelpText('after', `\nResources:\n${RESOURCES.map((resource) => `  ${namesOf(resource)}`).join('\n')}`)
    .action(async (name: string, idOrName: string | undefined) => {
      await run(findResource(name), idOrName, command.optsWithGlobals<Flags>())
    })
}

async function run(resource: Resource, idOrName: string | undefined, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  const limit = flags.all ? undefined : positive(flags.limit, '--limit')
  await withSession(flags, async (session) => {
    if (idOrName !== undefined) return await printOne(resource, await readRow(session, resource, idOrName), format)
    const { list } = operationsOf(session.contract, resource)
    const query = await queryOf(session, resource, flags)
    const { rows, total } = await listRows(session.client, list, query, limit)
    await printList(resource, rows, format)
    if (rows.length === 0) note(`No ${resource.name}.`)
    else if (total > rows.length) note(`${rows.length} of ${total} shown; --all or --limit shows more.`)
  })
}

/** Reads one thing by id or name. @throws CliError (usage) when the API cannot read it one by one */
export async function readRow(session: Session, resource: Resource, idOrName: string): Promise<Row> {
  const { get } = operationsOf(session.contract, resource)
  if (get === undefined)
    throw usage(`${resource.name} cannot be read one by one.`, [`See: fulcrum get ${resource.name} --filter key=value`])
  const id = await resolveId(session, resource, idOrName)
  // What a get answers is an object; its members are looked at one by one.
  return (await callAny(session.client, get, { params: { id } })) as Row
}

/** Checks filters and sort before anything is sent, and turns names into ids: `agent=pg-1` is `agentId=<id>`. */
async function queryOf(session: Session, resource: Resource, flags: Flags): Promise<Record<string, unknown>> {
  const { list } = operationsOf(session.contract, resource)
  const query: Record<string, string | string[]> = {}
  for (const text of flags.filter ?? []) {
    const [key, value] = splitAssignment(text)
    const [filter, resolved] = await filterOf(session, resource, key, value)
    query[filter] = [...(query[filter] ?? []), resolved]
  }
  const sort = flags.sort ?? resource.sort
  if (sort !== undefined && !list.sort.includes(sort.replace(/^[-+]/, '')))
    throw usage(`${resource.name} cannot be sorted by ${sort}.`, [`Possible: ${list.sort.join(', ') || 'nothing'}`])
  return sort === undefined ? query : { ...query, sort }
}

async function filterOf(session: Session, resource: Resource, key: string, value: string): Promise<[string, string]> {
  const { filters } = operationsOf(session.contract, resource).list
  const short = resource.references?.[key]
  // Tokens take `scopeId` when they are made, and are found by what that became.
  const field = Object.hasOwn(filters, key) ? key : [short?.field, `${key}Id`].find((name) => name && name in filters)
  if (field === undefined || !Object.hasOwn(filters, field))
    throw usage(`${resource.name} cannot be filtered by ${key}.`, [
      `Possible: ${Object.keys(filters).join(', ') || 'nothing'}`,
    ])
  const reference = short ?? Object.values(resource.references ?? {}).find((known) => known.field === field)
  if (filters[field]?.kind !== 'uuid' || reference === undefined) return [field, value]
  return [field, await resolveId(session, findResource(reference.resource), value)]
}
