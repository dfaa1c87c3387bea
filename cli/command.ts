/** What the files in commands/ have in common: how a command is declared, its usual options, reading its input. */
import type { JsonObject } from '@fulcrum/contract'
import { type Command, Option } from 'commander'
import { usage } from './errors.ts'
import { readInput } from './input.ts'
import { FORMATS, parseDurationMs, toFormat } from './output/format.ts'
import type { GlobalFlags } from './session.ts'

/**
 * A file of commands/: adds arguments, options and the action to its command. Loaded when its command is named; `complete` loads
 * what another stub stands for.
 */
export type Declare = (command: Command, complete: (stub: Command) => Promise<Command>) => void

export type OutputFlags = GlobalFlags & { output: string }
export type WaitFlags = GlobalFlags & { wait: boolean; timeout: string }
export type ReportFlags = OutputFlags & { report?: string; force?: true }
export type InputFlags = { file?: string; set?: string[] }

/** `-o`: how the result is printed. */
export function outputOption(standard: (typeof FORMATS)[number] = 'table'): Option {
  return new Option('-o, --output <format>', `how to print: ${FORMATS.join(', ')}`)
    .default(standard)
    .argParser((text) => toFormat(text))
}

/** For an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

export function addWaitOptions(command: Command): Command {
  return (
    command
      // The default is set here because the parser sets its own only on commands that are complete before it starts.
      .addOption(new Option('--no-wait', 'do not wait for the job').default(true))
      .option('--timeout <duration>', 'longest wait: 30s, 5m, 2h', '5m')
  )
}

export function addInputOptions(command: Command): Command {
  return command
    .option('-f, --file <file>', 'YAML or JSON to send, - for standard input')
    .option('--set <key=value>', 'set one member; dots lead into objects; repeatable', collect)
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--report <file>', 'write a report as HTML, ready to be printed')
    .option('--force', 'replace the file of the report')
}

/** @throws CliError (usage) */
export function timeoutMs(flags: WaitFlags): number {
  return parseDurationMs(flags.timeout)
}

/** @throws CliError (usage) when not a whole number from 1 */
export function positive(text: string, flag: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw usage(`${flag} must be a whole number from 1 on.`)
  return value
}

/**
 * Reads one object from a YAML or JSON file.
 *
 * @param path  `-` is standard input
 * @throws CliError (usage) when it holds something else
 */
export async function readObject(path: string): Promise<JsonObject> {
  const text = await readInput(path)
  const { parse } = await import('yaml')
  const value = parseInput(parse, path, text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usage(`${path} does not hold one object of names and values.`)
  // Without custom tags the parser makes JSON values only; the round trip drops what YAML has beyond them.
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

function parseInput(parse: (text: string) => unknown, path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const [first] = String(error instanceof Error ? error.message : error).split('\n')
    throw usage(`${path} is neither YAML nor JSON: ${first}`)
  }
}
