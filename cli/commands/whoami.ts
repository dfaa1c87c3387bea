/** `fulcrum whoami`: role and name behind the token, and the server. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { identify } from '../identity.ts'
import { serialize, toFormat } from '../output/format.ts'
import { pairs } from '../output/table.ts'
import { print, printable } from '../output/terminal.ts'
import { withSession } from '../session.ts'

export function declare(command: Command): void {
  command.addOption(outputOption()).action(async () => await run(command.optsWithGlobals<OutputFlags>()))
}

async function run(flags: OutputFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const { url, profile } = session.target
    const identity = { ...(await identify(session)), url, ...(profile !== undefined && { profile }) }
    const format = toFormat(flags.output)
    if (format === 'json' || format === 'yaml') return print(await serialize(format, identity))
    if (format === 'name') return print(printable(identity.name ?? identity.role))
    print(pairs(Object.entries(identity).map(([key, value]) => [key, printable(value)] as const)))
  })
}
