/** `fulcrum watch`: follows one service until it has settled, or shows all services as they change. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { addWaitOptions, outputOption, timeoutMs } from '../command.ts'
import { CliError } from '../errors.ts'
import { listTable } from '../output/resource.ts'
import { note, paint, print, printable } from '../output/terminal.ts'
import { findResource, listRows, operationsOf } from '../resource-lookup.ts'
import { findService, printService, type ServiceFlags } from '../service-job.ts'
import { type Session, withSession } from '../session.ts'
import { isActive, newestJob, shellWord, waitForJob } from '../wait.ts'

const REFRESH_MS = 2_000
const MOST_ROWS = 100

export function declare(command: Command): void {
  addWaitOptions(command.argument('<service>', 'name or id, or the word services for all'))
    .addOption(outputOption())
    .action(async (service: string) => {
      const flags = command.optsWithGlobals<ServiceFlags>()
      await withSession(flags, (session) =>
        service === 'services' ? watchAll(session) : watchOne(session, service, flags),
      )
    })
}

async function watchOne(session: Session, idOrName: string, flags: ServiceFlags): Promise<void> {
  const service = await findService(session, idOrName)
  const job = await newestJob(session, service.id)
  if (job?.status === 'Failed')
    throw new CliError('failed', `${job.action} of ${service.name} failed: ${job.errorMessage ?? 'no reason given'}`, [
      `It is ${service.status}. More: fulcrum why ${shellWord(service.name)}`,
    ])
  if (job === undefined || !isActive(job)) {
    note(`${printable(service.name)} is ${printable(service.status)}; nothing is under way.`)
    return await printService(service, flags.output)
  }
  const settled = await waitForJob(session, job, service.name, timeoutMs(flags))
  note(
    paint(
      'green',
      `${job.action} of ${printable(settled.name)} is done: ${printable(settled.status)}.`,
      process.stderr,
    ),
  )
  await printService(settled, flags.output)
}

/** A table that renews itself at a terminal; elsewhere only the table that changed is printed again. Ends with Ctrl-C. */
async function watchAll(session: Session): Promise<void> {
  const resource = findResource('services')
  const { list } = operationsOf(session.contract, resource)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new CliError('interrupted', 'Stopped watching.')))
  let last = ''
  try {
    for (;;) {
      const { rows, total } = await listRows(session.client, list, { sort: 'name' }, MOST_ROWS)
      const states = JSON.stringify(rows.map(({ id, name, status, conditions }) => [id, name, status, conditions]))
      const more = total > rows.length ? `${rows.length} of ${total} shown.\n` : ''
      if (process.stdout.isTTY) process.stdout.write(`\u001b[H\u001b[2J${listTable(resource, rows, false)}${more}`)
      else if (states !== last) print(`${listTable(resource, rows, false)}${more}`)
      last = states
      await sleep(REFRESH_MS, undefined, { signal: stop.signal })
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  }
}
