/** `fulcrum migrate`: move one service, with its data, to another agent. */
import type { AnyJson, JsonObject, MigrationCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addInputOptions, type InputFlags, type OutputFlags, outputOption, readObject } from '../command.ts'
import { usage } from '../errors.ts'
import { toFormat } from '../output/format.ts'
import { note } from '../output/terminal.ts'
import { splitAssignment } from '../properties.ts'
import { resolveAgent } from '../provider-lookup.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { printMigration, watchMigration } from './migration.ts'

type Flags = OutputFlags &
  InputFlags & {
    to?: string
    choose?: true
    watch?: true
    from?: string
    manual?: true
    precopy: boolean
    acceptWriteLoss?: true
    vaultFallback?: true
    keepHours?: string
    keepDays?: string
  }

export function declare(command: Command): void {
  addInputOptions(command.argument('<service>', 'name or id'))
    .option('--to <agent>', 'the agent that takes it, by name or id')
    .option('--choose', 'let the server choose the best agent of another provider')
    .option('--from <source>', 'live, vault (the newest copy), or auto', 'auto')
    .option('--manual', 'wait for your word before the cut-over: fulcrum migration cut-over')
    .option('--no-precopy', 'quiesce at once: the move is shorter, the interruption longer')
    .option('--accept-write-loss', 'for types that cannot be quiesced: writes during the move are lost')
    .option('--vault-fallback', 'use the vault copy when the live way fails')
    .option('--keep-days <days>', 'keep the source for so long after the cut-over', '30')
    .option('--keep-hours <hours>', 'the same in hours')
    .option('--watch', 'follow it until it needs nobody')
    .addOption(outputOption())
    .action(async (service: string) => await run(service, command.optsWithGlobals<Flags>()))
}

async function run(service: string, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  if ((flags.to === undefined) === (flags.choose === undefined))
    throw usage('Say where to: --to AGENT, or --choose for the best one.')
  const from = (['auto', 'live', 'vault'] as const).find((known) => known === flags.from)
  if (from === undefined) throw usage('--from is live, vault or auto.')
  await withSession(flags, async (session) => {
    const properties = await readProperties(flags)
    const body: MigrationCreate = {
      serviceId: await resolveId(session, findResource('services'), service),
      ...(flags.to !== undefined && { agentId: await resolveAgent(session, flags.to) }),
      from,
      precopy: flags.precopy,
      ...(flags.manual && { cutOver: 'manual' }),
      ...(flags.acceptWriteLoss && { acceptWriteLoss: true }),
      ...(flags.vaultFallback && { vaultFallback: true }),
      ...(flags.keepHours === undefined
        ? { retrievalDays: whole(flags.keepDays ?? '30', '--keep-days') }
        : { retrievalHours: whole(flags.keepHours, '--keep-hours') }),
      ...(properties && { properties }),
    }
    const migration = await session.client.call(session.contract.migrations.create, { body })
    if (flags.watch) return await watchMigration(session, migration.id, format)
    await printMigration(migration, format)
    if (format === 'table') note(`Follow it: fulcrum migration show ${migration.id} --watch`)
  })
}

/** Properties of the target that are not taken over; a value is JSON where it can be read as such, else a text. */
async function readProperties({ file, set = [] }: InputFlags): Promise<JsonObject | undefined> {
  if (file === undefined && set.length === 0) return undefined
  const properties: JsonObject = file === undefined ? {} : await readObject(file)
  for (const assignment of set) {
    const [key, text] = splitAssignment(assignment)
    properties[key] = parsed(text)
  }
  return properties
}

function parsed(text: string): AnyJson {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function whole(text: string, flag: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '') throw usage(`${flag} must be a whole number.`)
  return value
}
