/** `fulcrum exposure`: what an event would do to services: a cut-off, an order to hand over data, a tariff, the end of a provider. */
import type { Exposure, ExposureRequest, ServiceExposure } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addReportOptions, collect, outputOption, type ReportFlags } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { exposureReport } from '../exposure-report.ts'
import { exposureTable } from '../output/exposure.ts'
import { type Format, parseDurationMs, serialize, toFormat } from '../output/format.ts'
import { note, print, printable } from '../output/terminal.ts'
import { reportIfAsked } from '../report/write-report.ts'
import { findResource, isId, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type Flags = ReportFlags & {
  jurisdiction?: string[]
  grace?: string
  pct?: string
  passThrough?: string
  at?: string
  consumer?: string
  group?: string
  type?: string
  provider?: string
  all?: true
}
type ScenarioInput = ExposureRequest['scenario']

const HOUR_MS = 3_600_000
/** As many services as one answer can hold. */
const PAGE_SIZE = 10_000

export function declare(command: Command): void {
  const cutOff = about(command, 'cut-off', 'a state makes its companies end their services')
  jurisdictions(cutOff).option('--grace <duration>', 'services go on for so long: 2h, 30d')
  cutOff.action(async () => {
    const flags = cutOff.optsWithGlobals<Flags>()
    await run({ type: 'cut-off', ...powers(flags), ...grace(flags) }, flags)
  })

  const order = jurisdictions(about(command, 'access-order', 'a state orders its companies to hand over data'))
  order.action(async () => {
    const flags = order.optsWithGlobals<Flags>()
    await run({ type: 'data-access-order', ...powers(flags) }, flags)
  })

  const tariff = jurisdictions(about(command, 'tariff', 'what comes from a country becomes dearer'))
    .requiredOption('--pct <percent>', 'the tariff: 25')
    .option('--pass-through <percent>', 'as much of it as providers hand on', '100')
  tariff.action(async () => {
    const flags = tariff.optsWithGlobals<Flags>()
    const tariffPct = percentage(flags.pct ?? '', '--pct')
    const passThrough = percentage(flags.passThrough ?? '100', '--pass-through') / 100
    await run({ type: 'tariff', ...powers(flags), tariffPct, passThrough }, flags)
  })

  const provider = about(command, 'provider', 'providers fail')
    .argument('<provider...>', 'who fails, by name or id')
    .option('--grace <duration>', 'services go on for so long: 2h, 30d')
  provider.action(async (names: string[]) => {
    const flags = provider.optsWithGlobals<Flags>()
    await run({ type: 'provider-cut-off', ...grace(flags) }, flags, names)
  })
}

/** A subcommand with what all of them take. */
function about(parent: Command, name: string, summary: string): Command {
  const command = parent
    .command(name)
    .summary(summary)
    .option('--at <time>', 'facts count as they hold then: 2027-01-31, or with a time; default: now')
    .option('--consumer <consumer>', 'only services of this consumer, by name or id')
    .option('--group <group>', 'only services of this group, by name or id')
    .option('--type <service-type>', 'only services of this type, by name or id')
    .option('--provider <provider>', 'only services of this provider, by name or id')
    .option('--all', 'list services that are not hit, too')
  return addReportOptions(command).addOption(outputOption())
}

function jurisdictions(command: Command): Command {
  return command.option('--jurisdiction <country>', 'whose power: two letters, such as US; repeatable', collect)
}

function powers({ jurisdiction }: Flags): { jurisdictions: string[] } {
  if (!jurisdiction) throw usage('Whose power? Give --jurisdiction, for example --jurisdiction US.')
  return { jurisdictions: jurisdiction.flatMap((text) => text.split(',')).map((text) => text.trim().toUpperCase()) }
}

function grace({ grace: text }: Flags): { graceHours?: number } {
  return text === undefined ? {} : { graceHours: parseDurationMs(text) / HOUR_MS }
}

function percentage(text: string, flag: string): number {
  const value = Number(text.replace(/\s*%$/, ''))
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw usage(`${flag} must be a number, such as 25.`)
  return value
}

/** @throws CliError (usage) */
export function toTime(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text
  if (Number.isNaN(Date.parse(time))) throw usage(`"${text}" is no time: write 2027-01-31 or 2027-01-31T12:00:00Z.`)
  return new Date(time).toISOString()
}

async function run(scenario: ScenarioInput, flags: Flags, failing: readonly string[] = []): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const request: ExposureRequest = {
      scenario: { ...scenario, ...(flags.at !== undefined && { at: toTime(flags.at) }) },
      ...(await narrowing(session, flags)),
      detail: flags.all ? 'services' : 'hit',
    }
    if (failing.length > 0) {
      request.scenario.providers = []
      for (const name of failing) request.scenario.providers.push(await providerId(session, name))
    }
    const { exposure, services } = await readAll(session, request)
    await reportIfAsked(flags, (generatedAt) => exposureReport(exposure, services, generatedAt))
    await show(exposure, services, format)
  })
}

async function narrowing(
  session: Session,
  { consumer, group, type, provider }: Flags,
): Promise<Partial<ExposureRequest>> {
  return {
    ...(consumer !== undefined && { consumerId: await resolveId(session, findResource('participants'), consumer) }),
    ...(group !== undefined && { groupId: await resolveId(session, findResource('service-groups'), group) }),
    ...(type !== undefined && { serviceTypeId: await resolveId(session, findResource('service-types'), type) }),
    ...(provider !== undefined && { providerId: await providerId(session, provider) }),
  }
}

/** Consumers cannot list providers, but an exposure names those of their own services. */
async function providerId(session: Session, name: string): Promise<string> {
  if (isId(name)) return name
  try {
    return await resolveId(session, findResource('participants'), name)
  } catch (error) {
    if (!(error instanceof CliError) || error.kind !== 'notFound') throw error
    // Antarctica is nobody's: the scenario is only asked for its list of offerings
    const scenario: ScenarioInput = { type: 'cut-off', jurisdictions: ['AQ'] }
    const { offerings } = await calculate(session, { scenario, detail: 'none' })
    const folded = name.toLowerCase()
    const ids = new Set(
      offerings.filter(({ providerName }) => providerName.toLowerCase() === folded).map((one) => one.providerId),
    )
    const [only] = ids
    if (ids.size > 1) throw usage(`"${name}" names ${ids.size} providers; give the id of one.`, [...ids])
    if (only === undefined) throw error
    return only
  }
}

async function calculate({ client, contract }: Session, body: ExposureRequest): Promise<Exposure> {
  return await client.call(contract.exposures.calculate, { body })
}

/** Every listed service, in as few answers as can be. */
async function readAll(
  session: Session,
  request: ExposureRequest,
): Promise<{ exposure: Exposure; services: ServiceExposure[] }> {
  const exposure = await calculate(session, { ...request, pageSize: PAGE_SIZE })
  const services = [...(exposure.services?.items ?? [])]
  for (let page = 2; services.length < (exposure.services?.totalItems ?? 0); page++) {
    const more = await calculate(session, { ...request, page, pageSize: PAGE_SIZE })
    if (!more.services?.items.length) break
    services.push(...more.services.items)
  }
  return { exposure, services }
}

async function show(exposure: Exposure, services: ServiceExposure[], format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') {
    const page = { items: services, totalItems: services.length, totalPages: 1, currentPage: 1 }
    const whole = { ...exposure, services: { ...page, hasNext: false, hasPrev: false } }
    return print(await serialize(format, whole))
  }
  if (format === 'name') {
    for (const { name } of services) print(printable(name))
    return
  }
  print(printable(exposure.summary))
  if (services.length > 0) print(`\n${exposureTable(exposure, services)}`)
  for (const { text, services: count, path } of exposure.unknown)
    note(`Not known of ${count} ${count === 1 ? 'service' : 'services'}: ${text}${path ? ` (${path})` : ''}`)
  if (format === 'wide')
    for (const [code, text] of Object.entries(exposure.reasonTexts)) note(printable(`${code}: ${text}`))
}
