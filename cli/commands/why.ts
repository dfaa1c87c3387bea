/** `fulcrum why`: why a service or a job waits, works, failed or is restricted, and what would help. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { serialize, toFormat } from '../output/format.ts'
import { print } from '../output/terminal.ts'
import { whyText } from '../output/why.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

export function declare(command: Command): void {
  command
    .usage('[options] <service>\n       fulcrum why [options] job <id>')
    .argument('<service>', 'name or id, or the word job')
    .argument('[id]', 'of the job')
    .addOption(outputOption())
    .action(async (first: string, second: string | undefined) => {
      await run(second === undefined ? 'service' : first, second ?? first, command.optsWithGlobals<OutputFlags>())
    })
}

async function run(kind: string, idOrName: string, flags: OutputFlags): Promise<void> {
  const resource = findResource(kind)
  if (resource.name !== 'services' && resource.name !== 'jobs') throw usage('Ask why of a service or of a job.')
  await withSession(flags, async ({ client, contract, target }) => {
    const id = await resolveId({ client, contract, target }, resource, idOrName)
    const operation = resource.name === 'jobs' ? contract.jobs.why : contract.services.why
    const why = await client.call(operation, { params: { id } })
    const format = toFormat(flags.output)
    print(format === 'json' || format === 'yaml' ? await serialize(format, why) : whyText(why))
  })
}
