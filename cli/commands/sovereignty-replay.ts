/** `fulcrum sovereignty replay`: decide a placement again from its record, on this machine, and compare. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption, readObject } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { inline, serialize, toFormat } from '../output/format.ts'
import { print, printable } from '../output/terminal.ts'
import { type DecisionRecord, type Replay, readRecord, replay } from '../replay.ts'
import { withSession } from '../session.ts'

type Flags = OutputFlags & { file?: string }

/** Differences that are told; all of them with `-o json`. */
const SHOWN = 20

export function declareReplay(sovereignty: Command): void {
  const command = sovereignty
    .command('replay')
    .summary('decide a placement again from its record, here, and compare')
    .argument('[decision]', 'id; also the decisionId of a service')
    .option('--file <file>', 'a record that was kept, - for standard input; no server is asked')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nIt ends with 0 when the rules give the recorded result from the recorded inputs, with 10 when they do not.',
    )
  command.action(async (id: string | undefined) => await run(id, command.optsWithGlobals<Flags>()))
}

async function run(id: string | undefined, flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  const replayed = replay(await recordOf(id, flags))
  if (format === 'json' || format === 'yaml') print(await serialize(format, replayed))
  else if (replayed.same) print(`same: ${replayed.result.chosen ?? 'nothing qualifies'}\n`)
  if (!replayed.same) throw new CliError('different', 'The decision is not what its record says.', told(replayed))
}

async function recordOf(id: string | undefined, flags: Flags): Promise<DecisionRecord> {
  if ((id === undefined) === (flags.file === undefined))
    throw usage('Give the id of a decision, or --file with its record.')
  if (flags.file !== undefined) return readRecord(await readObject(flags.file))
  return await withSession(flags, async ({ client, contract }) =>
    readRecord({ ...(await client.call(contract.placementDecisions.inputs, { params: { id: id ?? '' } })) }),
  )
}

function told({ inputsIntact, inputsSha256, differences }: Replay): string[] {
  const value = (one: unknown) => (one === undefined ? 'nothing' : printable(inline(one)))
  const lines = differences
    .slice(0, SHOWN)
    .map(({ path, recorded, computed }) => `${path}: recorded ${value(recorded)}, computed ${value(computed)}`)
  return [
    ...(inputsIntact ? [] : [`The inputs are not those of the decision: their SHA-256 is ${inputsSha256}.`]),
    ...lines,
    ...(differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : []),
  ]
}
