/** `fulcrum vault`: copies of services that are kept outside their providers' control. */
import type { VaultCopy, VaultSchedule } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption, positive } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { age, type Format, parseDurationMs, serialize, size, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { findResource, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type ScheduleFlags = OutputFlags & { group?: string; consumer?: string; every?: string; keep: string; store?: string }
type ServiceFlags = OutputFlags & { service?: string }
type CopyFlags = OutputFlags & { store?: string }
type VerifyFlags = OutputFlags & { timeout: string }
type Stores = ReadonlyMap<string, { country?: string; controllerCountry?: string }>

const HOUR_MS = 3_600_000

export function declare(command: Command): void {
  const schedule = command
    .command('schedule')
    .summary('have copies made regularly, or show what is made')
    .argument('[service]', 'name or id')
    .option('--group <group>', 'all services of this group')
    .option('--consumer <participant>', 'all services of this consumer')
    .option('--every <duration>', 'how often, in whole hours or days: 12h, 1d')
    .option('--keep <n>', 'so many copies stay', '7')
    .option('--store <store>', 'where to; see fulcrum vault stores')
    .addOption(outputOption())
    .addHelpText('after', '\nWithout a service, a group or a consumer the schedules are listed.')
  schedule.action(async (service?: string) => await runSchedule(service, schedule.optsWithGlobals<ScheduleFlags>()))

  const unschedule = command
    .command('unschedule')
    .summary('end a schedule; its copies stay')
    .argument('<id>', 'of the schedule')
  unschedule.action(async (id: string) => await runUnschedule(id, unschedule.optsWithGlobals<OutputFlags>()))

  const copies = command.command('copies').summary('list copies').option('--service <service>', 'only of this service')
  copies.addOption(outputOption()).action(async () => await runCopies(copies.optsWithGlobals<ServiceFlags>()))

  const copy = command
    .command('copy')
    .summary('have a copy made now')
    .argument('<service>', 'name or id')
    .option('--store <store>', 'where to; else where its schedule says, or outside its provider')
  copy
    .addOption(outputOption())
    .action(async (service: string) => await runCopy(service, copy.optsWithGlobals<CopyFlags>()))

  const verify = command
    .command('verify')
    .summary('read a copy back from its store and compare it')
    .argument('<id>', 'of the copy')
    .option('--timeout <duration>', 'longest wait: large copies take long', '2h')
  verify
    .addOption(outputOption())
    .action(async (id: string) => await runVerify(id, verify.optsWithGlobals<VerifyFlags>()))

  const stores = command
    .command('stores')
    .summary('show where copies can be kept, and under whose control')
    .option('--service <service>', 'judge them by the provider of this service')
  stores.addOption(outputOption()).action(async () => await runStores(stores.optsWithGlobals<ServiceFlags>()))
}

async function runSchedule(service: string | undefined, flags: ScheduleFlags): Promise<void> {
  const format = toFormat(flags.output)
  const { every, store, group, consumer } = flags
  const isNew = [service, group, consumer].some((target) => target !== undefined)
  if (isNew && (every === undefined || store === undefined))
    throw usage('A schedule needs --every and --store.', ['Without anything the command shows those that there are.'])
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const idOf = async (kind: string, text: string | undefined) =>
      text === undefined ? undefined : await resolveId(session, findResource(kind), text)
    if (isNew && every !== undefined && store !== undefined) {
      const serviceId = await idOf('services', service)
      const groupId = await idOf('service-groups', group)
      const consumerId = await idOf('participants', consumer)
      const body = {
        ...(serviceId !== undefined && { serviceId }),
        ...(groupId !== undefined && { groupId }),
        ...(consumerId !== undefined && { consumerId }),
        everyHours: hours(every),
        keep: positive(flags.keep, '--keep'),
        store,
      }
      return await showSchedules([await client.call(contract.vaultSchedules.create, { body })], format)
    }
    const { rows } = await listRows(client, contract.vaultSchedules.list, { sort: '-createdAt' })
    // what this list answers
    await showSchedules(rows as unknown as VaultSchedule[], format)
  })
}

/** @throws CliError (usage) unless whole hours */
function hours(text: string): number {
  const value = parseDurationMs(text) / HOUR_MS
  if (!Number.isInteger(value)) throw usage('--every must be whole hours or days: 12h, 1d.')
  return value
}

async function showSchedules(schedules: readonly VaultSchedule[], format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, schedules))
  if (format === 'name') return printNames(schedules)
  const rows = schedules.map((one) => [
    one.id,
    one.serviceId ? `service ${one.serviceId}` : one.groupId ? `group ${one.groupId}` : `consumer ${one.consumerId}`,
    `${one.everyHours}h`,
    `${one.keep}`,
    one.store,
  ])
  print(table(['ID', 'OF', 'EVERY', 'KEEP', 'STORE'], rows))
}

async function runUnschedule(id: string, flags: OutputFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    await client.call(contract.vaultSchedules.delete, { params: { id } })
    note(`Schedule ${printable(id)} has ended; its copies stay.`)
  })
}

async function runCopies(flags: ServiceFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const serviceId =
      flags.service === undefined ? undefined : await resolveId(session, findResource('services'), flags.service)
    const query = { sort: '-createdAt', ...(serviceId !== undefined && { serviceId }) }
    const { rows } = await listRows(client, contract.vaultCopies.list, query)
    // what this list answers
    await showCopies(session, rows as unknown as VaultCopy[], format)
  })
}

async function runCopy(service: string, flags: CopyFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await resolveId(session, findResource('services'), service)
    const body = flags.store === undefined ? {} : { store: flags.store }
    const copy = await session.client.call(session.contract.vaultCopies.create, { params: { id }, body })
    await showCopies(session, [copy], format)
    if (copy.state === 'failed') throw new CliError('failed', `There will be no copy: ${copy.reason ?? 'it failed'}`)
    note('It goes on by itself; see fulcrum vault copies.')
  })
}

async function runVerify(id: string, flags: VerifyFlags): Promise<void> {
  const format = toFormat(flags.output)
  const timeoutMs = parseDurationMs(flags.timeout)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const copy = await client.call(contract.vaultCopies.verify, { params: { id } }, { timeoutMs })
    await showCopies(session, [copy], format)
    if (copy.state !== 'stored') throw new CliError('failed', `The copy is not right: ${copy.reason ?? 'it failed'}`)
    note(`The store ${printable(copy.store)} has exactly what was put there.`)
  })
}

async function showCopies(session: Session, copies: readonly VaultCopy[], format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, copies))
  if (format === 'name') return printNames(copies)
  const [stores, names] = await Promise.all([storesByName(session), serviceNames(session, copies)])
  const wide = format === 'wide'
  const rows = copies.map((copy) => {
    const store = stores.get(copy.store)
    return [
      copy.id,
      names.get(copy.serviceId) ?? copy.serviceId,
      copy.state,
      copy.takenAt === undefined ? '-' : age(copy.takenAt),
      copy.sizeBytes === undefined ? '-' : size(copy.sizeBytes),
      copy.store,
      store?.country ?? '?',
      store?.controllerCountry ?? '?',
      yesNo(copy.outside),
      ...(wide ? [copy.format ?? '-', copy.verifiedAt === undefined ? '-' : age(copy.verifiedAt)] : []),
      copy.reason ?? '',
    ]
  })
  const more = wide ? ['FORMAT', 'VERIFIED'] : []
  const header = [
    'ID',
    'SERVICE',
    'STATE',
    'AGE',
    'SIZE',
    'STORE',
    'COUNTRY',
    'CONTROLLER',
    'OUTSIDE',
    ...more,
    'REASON',
  ]
  print(table(header, rows))
}

async function runStores(flags: ServiceFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const { items } =
      flags.service === undefined
        ? await client.call(contract.artifactStores.list, {})
        : await client.call(contract.artifactStores.ofService, {
            params: { id: await resolveId(session, findResource('services'), flags.service) },
          })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, items))
    if (format === 'name') {
      for (const { name } of items) print(printable(name))
      return
    }
    const rows = items.map((store) => [
      store.name,
      store.kind,
      store.operator ?? '?',
      store.country ?? '?',
      store.controllerCountry ?? '?',
      ...(flags.service === undefined ? [] : [yesNo(store.outside)]),
    ])
    const outside = flags.service === undefined ? [] : ['OUTSIDE']
    print(table(['NAME', 'KIND', 'OPERATOR', 'COUNTRY', 'CONTROLLER', ...outside], rows))
  })
}

async function storesByName({ client, contract }: Session): Promise<Stores> {
  const { items } = await client.call(contract.artifactStores.list, {})
  return new Map(items.map((store) => [store.name, store]))
}

async function serviceNames({ client, contract }: Session, copies: readonly VaultCopy[]) {
  const ids = [...new Set(copies.map(({ serviceId }) => serviceId))]
  const query = { sort: 'name', pageSize: 100 }
  const { rows } = ids.length === 0 ? { rows: [] } : await listRows(client, contract.services.list, query)
  return new Map(rows.map(({ id, name }) => [String(id), String(name)]))
}

/** Unknown in answers that only changed something. */
function yesNo(outside: boolean | undefined): string {
  return outside === undefined ? '-' : outside ? 'yes' : 'no'
}

function printNames(items: readonly { id: string }[]): void {
  for (const { id } of items) print(printable(id))
}
