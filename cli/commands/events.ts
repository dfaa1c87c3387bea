/** `fulcrum events`: what happened, oldest first, and with --follow what happens, without gaps. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '@fulcrum/contract'
import type { Command } from 'commander'
import { collect, type OutputFlags, outputOption, positive } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { type EventFilter, eventsAfter, newestEvents } from '../event-reader.ts'
import { type Format, inline, serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { print } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type Flags = OutputFlags & {
  follow?: true
  type?: string[]
  initiator?: string[]
  service?: string[]
  entity?: string[]
  limit: string
  since?: string
}

const POLL_MS = 1_000

export function declare(command: Command): void {
  command
    .option('--follow', 'go on with what happens, until Ctrl-C')
    .option('--service <service>', 'only about this service, by name or id; repeatable', collect)
    .option('--entity <id>', 'only about the thing with this id, whatever it is; repeatable', collect)
    .option('--type <text>', 'only types that contain this, for example service.; repeatable', collect)
    .option('--initiator <id>', 'only by this token id; repeatable', collect)
    .option('--since <number>', 'only after this sequence number')
    .option('--limit <number>', 'most events from the past', '50')
    .addOption(outputOption())
    .action(async () => await run(command.optsWithGlobals<Flags>()))
}

async function run(flags: Flags): Promise<void> {
  const format = toFormat(flags.output)
  if (format === 'yaml' && flags.follow) throw usage('--follow prints a table or JSON lines (-o json).')
  const limit = positive(flags.limit, '--limit')
  const since = flags.since === undefined ? undefined : positive(flags.since, '--since')
  await withSession(flags, async (session) => {
    const filter = await filterOf(session, flags)
    const past = await (since === undefined
      ? newestEvents(session, filter, limit)
      : eventsAfter(session, filter, since))
    await show(past, format, flags.follow === true)
    if (flags.follow) await follow(session, filter, format, past.at(-1)?.sequenceNumber ?? since)
  })
}

async function filterOf(session: Session, flags: Flags): Promise<EventFilter> {
  const services = (flags.service ?? []).map((service) => resolveId(session, findResource('services'), service))
  const entityId = [...(flags.entity ?? []), ...(await Promise.all(services))]
  return {
    ...(flags.type && { type: flags.type }),
    ...(flags.initiator && { initiatorId: flags.initiator }),
    ...(entityId.length > 0 && { entityId }),
  }
}

async function follow(session: Session, filter: EventFilter, format: Format, from: number | undefined): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new CliError('interrupted', 'Stopped following.')))
  // Nothing fits the filter yet: everything that comes is new.
  let last = from ?? 0
  try {
    for (;;) {
      await sleep(POLL_MS, undefined, { signal: stop.signal })
      const fresh = await eventsAfter(session, filter, last)
      for (const event of fresh) print(format === 'json' ? JSON.stringify(event) : line(event))
      last = fresh.at(-1)?.sequenceNumber ?? last
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  }
}

async function show(events: readonly Event[], format: Format, following: boolean): Promise<void> {
  if (format === 'json' && following) return printLines(events.map((event) => JSON.stringify(event)))
  if (format === 'json' || format === 'yaml') return print(await serialize(format, events))
  if (format === 'name') return printLines(events.map(({ id }) => id))
  if (following) return printLines(events.map(line))
  print(table(['NUMBER', 'TIME', 'TYPE', 'BY', 'ENTITY', 'PARTIES'], events.map(cells)))
}

function printLines(lines: readonly string[]): void {
  for (const text of lines) print(text)
}

function cells(event: Event): string[] {
  return [
    String(event.sequenceNumber),
    event.createdAt,
    event.type,
    event.initiatorType,
    event.entityId ?? '-',
    parties(event),
  ]
}

function line(event: Event): string {
  return cells(event).map(inline).join('  ')
}

/** By name. */
function parties(event: Event): string {
  return [
    event.agent && `agent ${event.agent.name}`,
    event.provider && `provider ${event.provider.name}`,
    event.consumer && `consumer ${event.consumer.name}`,
  ]
    .filter(Boolean)
    .join(', ')
}
