/** `fulcrum migration`: look at migrations and steer them. */
import type { Migration } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { CliError } from '../errors.ts'
import { follow } from '../follow.ts'
import { type Format, serialize, toFormat } from '../output/format.ts'
import { isSettled, migrationLine, migrationText } from '../output/migration.ts'
import { table } from '../output/table.ts'
import { print, printable } from '../output/terminal.ts'
import { listRows } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type ListFlags = OutputFlags & { state?: string }
type ShowFlags = OutputFlags & { watch?: true }
type RollbackFlags = OutputFlags & { acceptWriteLoss?: true }

const STEERING = [
  ['pause', 'start no further step', 'pause'],
  ['resume', 'go on after a pause', 'resume'],
  ['cancel', 'before the cut-over: back to the source', 'cancel'],
  ['cut-over', 'give the word that a manual cut-over waits for', 'cutOver'],
  ['retry', 'try the failed step again', 'retry'],
] as const

export function declare(command: Command): void {
  const list = command.command('list').summary('list migrations').option('--state <state>', 'only these')
  list.addOption(outputOption()).action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const show = command.command('show').summary('show steps, times, what it waits for').argument('<id>')
  show
    .option('--watch', 'follow it until it needs nobody')
    .addOption(outputOption())
    .action(async (id: string) => {
      const flags = show.optsWithGlobals<ShowFlags>()
      const format = toFormat(flags.output)
      await withSession(flags, async (session) => {
        if (flags.watch) return await watchMigration(session, id, format)
        await printMigration(await read(session, id), format)
      })
    })

  for (const [name, summary, operation] of STEERING) {
    const steer = command.command(name).summary(summary).argument('<id>').addOption(outputOption())
    steer.action(async (id: string) => {
      const flags = steer.optsWithGlobals<OutputFlags>()
      await withSession(flags, async ({ client, contract }) =>
        printMigration(await client.call(contract.migrations[operation], { params: { id } }), toFormat(flags.output)),
      )
    })
  }

  const rollback = command.command('rollback').summary('make the source count again').argument('<id>')
  rollback
    .option('--accept-write-loss', 'after the cut-over: what was written to the target since is lost')
    .addOption(outputOption())
    .action(async (id: string) => {
      const flags = rollback.optsWithGlobals<RollbackFlags>()
      const body = flags.acceptWriteLoss ? { acceptWriteLoss: true } : {}
      await withSession(flags, async ({ client, contract }) =>
        printMigration(
          await client.call(contract.migrations.rollback, { params: { id }, body }),
          toFormat(flags.output),
        ),
      )
    })
}

async function read({ client, contract }: Session, id: string): Promise<Migration> {
  return await client.call(contract.migrations.get, { params: { id } })
}

/** @throws CliError `failed` when it failed, or went back */
export async function watchMigration(session: Session, id: string, format: Format): Promise<void> {
  const machine = format === 'json' || format === 'yaml'
  const last = await follow<Migration>({
    read: () => read(session, id),
    lines: (migration) => (machine ? [] : [migrationLine(migration)]),
    done: isSettled,
  })
  await printMigration(last, format)
  if (last.state === 'failed' || last.state === 'cancelled' || last.state === 'rolled-back')
    throw new CliError('failed', `The migration is ${last.state}.`, last.failure?.helps ?? [])
}

export async function printMigration(migration: Migration, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, migration))
  print(format === 'name' ? migration.id : migrationText(migration))
}

async function runList(flags: ListFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const query = { sort: '-createdAt', ...(flags.state !== undefined && { state: flags.state }) }
    const { rows } = await listRows(client, contract.migrations.list, query)
    // rows of this list are migrations
    const migrations = rows as unknown as readonly Migration[]
    if (format === 'json' || format === 'yaml') return print(await serialize(format, migrations))
    if (format === 'name') return print(migrations.map(({ id }) => `${id}\n`).join(''))
    print(
      table(
        ['ID', 'SERVICE', 'STATE', 'FROM', 'TARGET AGENT', 'CONTENTS', 'SINCE'],
        migrations.map(({ id, serviceId, state, paused, from, targetAgentId, verification, createdAt }) => [
          id,
          serviceId,
          printable(paused ? `${state}, paused` : state),
          from,
          targetAgentId,
          verification,
          createdAt,
        ]),
      ),
    )
  })
}
