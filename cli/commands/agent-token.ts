/** `fulcrum agent-token`: a token for an agent, printed once. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { expiry, printToken } from '../token-output.ts'

type Flags = OutputFlags & { name?: string; expires: string }

export function declare(command: Command): void {
  command
    .argument('<agent>', 'name or id')
    .option('--name <name>', 'of the token; the name of the agent when not given')
    .option('--expires <duration>', 'how long it works: 12h, 30d, 1y', '1y')
    .addOption(outputOption())
    .addHelpText('after', '\nExample:\n  fulcrum agent-token pg-1 > /etc/fulcrum/agent-token')
    .action(async (agent: string) => await run(agent, command.optsWithGlobals<Flags>()))
}

async function run(agent: string, flags: Flags): Promise<void> {
  const expireAt = expiry(flags.expires)
  await withSession(flags, async (session) => {
    const scopeId = await resolveId(session, findResource('agents'), agent)
    const body = { name: flags.name ?? agent, role: 'agent' as const, scopeId, expireAt }
    await printToken(await session.client.call(session.contract.tokens.create, { body }), flags.output)
  })
}
