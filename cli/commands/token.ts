/** `fulcrum token`: API tokens. The clear value appears once. */
import type { TokenCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { expiry, printToken } from '../token-output.ts'

type CreateFlags = OutputFlags & { name: string; role: string; participant?: string; agent?: string; expires: string }

const ROLES = ['admin', 'participant', 'agent'] as const

export function declare(command: Command): void {
  const create = command
    .command('create')
    .summary('create a token and print it once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--participant <participant>', 'for role participant, by name or id')
    .option('--agent <agent>', 'for role agent, by name or id')
    .option('--expires <duration>', 'how long it works: 12h, 30d, 1y', '30d')
    .addOption(outputOption())
  create.action(async () => await runCreate(create.optsWithGlobals<CreateFlags>()))

  const regenerate = command
    .command('regenerate')
    .summary('replace the secret; the old one stops working at once')
    .argument('<id-or-name>')
    .addOption(outputOption())
  regenerate.action(async (token: string) => await runRegenerate(token, regenerate.optsWithGlobals<OutputFlags>()))
}

async function runCreate(flags: CreateFlags): Promise<void> {
  const role = ROLES.find((known) => known === flags.role)
  if (role === undefined) throw usage(`--role must be one of ${ROLES.join(', ')}.`)
  const scope = role === 'admin' ? undefined : flags[role]
  if (role !== 'admin' && scope === undefined) throw usage(`Role ${role} needs --${role}.`)
  const expireAt = expiry(flags.expires)
  await withSession(flags, async (session) => {
    const scopeId = scope === undefined ? undefined : await resolveId(session, findResource(`${role}s`), scope)
    const body: TokenCreate = { name: flags.name, role, expireAt, ...(scopeId !== undefined && { scopeId }) }
    await printToken(await session.client.call(session.contract.tokens.create, { body }), flags.output)
  })
}

async function runRegenerate(idOrName: string, flags: OutputFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const id = await resolveId(session, findResource('tokens'), idOrName)
    await printToken(await session.client.call(session.contract.tokens.regenerate, { params: { id } }), flags.output)
  })
}
