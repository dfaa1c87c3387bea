/** `fulcrum decision`: decisions about where services may go: what was considered, what came of it, and their records. */
import type { Command } from 'commander'
import { collect, type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { age, serialize, toFormat } from '../output/format.ts'
import { placementText } from '../output/placement.ts'
import { table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { whyText } from '../output/why.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

type ListFlags = OutputFlags & { kind?: string[]; service?: string; refused?: true; page: string }

const KINDS = ['dry-run', 'order', 'refused']
const PAGE_SIZE = 50

export function declare(command: Command): void {
  const list = command
    .command('list')
    .summary('list decisions, the newest first')
    .option('--kind <kind>', `${KINDS.join(', ')}; repeatable`, collect)
    .option('--service <service>', 'by which this service was placed, by name or id')
    .option('--refused', 'only where nothing qualified')
    .option('--page <n>', 'of 50 decisions each', '1')
    .addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const show = command.command('show').summary('show every candidate with its verdict').argument('<id>')
  show.addOption(outputOption()).action(async (id: string) => await runShow(id, show.optsWithGlobals<OutputFlags>()))

  const why = command.command('why').summary('say why, and what would make it possible').argument('<id>')
  why.addOption(outputOption()).action(async (id: string) => await runWhy(id, why.optsWithGlobals<OutputFlags>()))

  const inputs = command
    .command('inputs')
    .summary('print everything that it was decided by, for `sovereignty replay --file`')
    .argument('<id>')
    .addOption(outputOption('json'))
  inputs.action(async (id: string) => await runInputs(id, inputs.optsWithGlobals<OutputFlags>()))
}

async function runList(flags: ListFlags): Promise<void> {
  const format = toFormat(flags.output)
  for (const kind of flags.kind ?? [])
    if (!KINDS.includes(kind)) throw usage(`--kind must be one of ${KINDS.join(', ')}.`)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const service = flags.service && (await resolveId(session, findResource('services'), flags.service))
    const page = await client.call(contract.placementDecisions.list, {
      query: {
        page: Number(flags.page),
        pageSize: PAGE_SIZE,
        sort: '-createdAt',
        ...(flags.kind && { kind: flags.kind }),
        ...(service && { serviceId: service }),
        ...(flags.refused && { outcome: 'refused' }),
      },
    })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, page.items))
    if (format === 'name') return print(page.items.map(({ id }) => `${id}\n`).join(''))
    const rows = page.items.map(({ id, kind, outcome, createdAt, explanation }) => [
      id,
      kind,
      outcome,
      age(createdAt),
      explanation,
    ])
    print(table(['ID', 'KIND', 'OUTCOME', 'AGE', 'EXPLANATION'], rows))
    if (page.hasNext) note(`Page ${page.currentPage} of ${page.totalPages}; --page shows others.`)
  })
}

async function runShow(id: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const decision = await client.call(contract.placementDecisions.get, { params: { id } })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, decision))
    print(placementText(decision, format === 'wide'))
  })
}

async function runWhy(id: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const why = await client.call(contract.placementDecisions.why, { params: { id } })
    print(format === 'json' || format === 'yaml' ? await serialize(format, why) : whyText(why))
  })
}

async function runInputs(id: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const record = await client.call(contract.placementDecisions.inputs, { params: { id } })
    print(await serialize(format === 'yaml' ? 'yaml' : 'json', record))
  })
}
