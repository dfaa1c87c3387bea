/** `fulcrum waiver`: exceptions of one constraint for one provider, with a reason and an end. */
import type { SovereigntyWaiver } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { parseDurationMs, serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { print } from '../output/terminal.ts'
import { resolveProvider } from '../provider-lookup.ts'
import { listRows } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { policyId } from './policy.ts'

type GiveFlags = OutputFlags & { policy: string; constraint: string; provider: string; reason: string; for: string }

export function declare(command: Command): void {
  const list = command.command('list').summary('list waivers of own policies').addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<OutputFlags>()))

  const give = command
    .command('give')
    .summary('let a constraint pass for a provider, for some time')
    .requiredOption('--policy <policy>', 'name or id')
    .requiredOption('--constraint <id>', 'of the policy')
    .requiredOption('--provider <provider>', 'for whom, by name or id')
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--for <duration>', 'for how long: 30d; at most 180d')
    .addOption(outputOption())
  give.action(async () => await runGive(give.optsWithGlobals<GiveFlags>()))

  const revoke = command.command('revoke').summary('end a waiver now').argument('<id>').addOption(outputOption())
  revoke.action(async (id: string) => await runRevoke(id, revoke.optsWithGlobals<OutputFlags>()))
}

async function runList(flags: OutputFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    const { rows } = await listRows(client, contract.sovereigntyWaivers.list, { sort: 'validUntil' })
    // the list answers waivers
    await show(rows as unknown as readonly SovereigntyWaiver[], flags)
  })
}

async function runGive(flags: GiveFlags): Promise<void> {
  const now = Date.now()
  const validUntil = new Date(now + parseDurationMs(flags.for)).toISOString()
  await withSession(flags, async (session) => {
    const body = {
      policyId: await policyId(session, flags.policy),
      constraintId: flags.constraint,
      subjectId: await resolveProvider(session, flags.provider),
      reason: flags.reason,
      // from the same moment, so that the longest time that is allowed is not a moment too long
      validFrom: new Date(now).toISOString(),
      validUntil,
    }
    await show([await session.client.call(session.contract.sovereigntyWaivers.create, { body })], flags)
  })
}

async function runRevoke(id: string, flags: OutputFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    await show([await client.call(contract.sovereigntyWaivers.revoke, { params: { id } })], flags)
  })
}

async function show(waivers: readonly SovereigntyWaiver[], flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  if (format === 'json' || format === 'yaml') return print(await serialize(format, waivers))
  print(
    table(
      ['ID', 'POLICY', 'CONSTRAINT', 'PROVIDER', 'UNTIL', 'STATE', 'APPROVED BY', 'REASON'],
      waivers.map((one) => [
        one.id,
        one.policyId,
        one.constraintId,
        one.subjectId,
        one.validUntil,
        stateOf(one),
        one.approvedBy,
        one.reason,
      ]),
    ),
  )
}

function stateOf({ revokedAt, validUntil }: SovereigntyWaiver): string {
  if (revokedAt !== undefined) return 'revoked'
  return Date.parse(validUntil) <= Date.now() ? 'over' : 'in force'
}
