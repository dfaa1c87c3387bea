/** `fulcrum reveal`: the secrets of a service in clear, for its consumer. The server records each call as an event. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { CliError } from '../errors.ts'
import { inline, serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { print } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'

export function declare(command: Command): void {
  command
    .argument('<service>', 'name or id')
    .argument('[property]', 'print only the value of this one, for scripts')
    .addOption(outputOption())
    .action(async (service: string, property: string | undefined) => {
      await run(service, property, command.optsWithGlobals<OutputFlags>())
    })
}

async function run(idOrName: string, property: string | undefined, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await resolveId(session, findResource('services'), idOrName)
    const { secrets } = await session.client.call(session.contract.services.reveal, { params: { id } })
    const names = Object.keys(secrets)
    if (property !== undefined) {
      if (!Object.hasOwn(secrets, property))
        throw new CliError('notFound', `${idOrName} has no secret "${property}" to reveal.`, [
          `There is: ${names.join(', ') || 'none'}`,
        ])
      const value = secrets[property]
      // The value itself and nothing else: it goes into a variable or a pipe.
      return print(typeof value === 'string' ? value : JSON.stringify(value))
    }
    if (format === 'json' || format === 'yaml') return print(await serialize(format, secrets))
    if (format === 'name') return print(names.join('\n'))
    print(
      table(
        ['PROPERTY', 'VALUE'],
        Object.entries(secrets).map(([name, value]) => [name, inline(value)]),
      ),
    )
  })
}
