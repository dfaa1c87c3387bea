/** `fulcrum exit`: the exit plan, the register of information, and the page about a provider's jurisdiction. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ExitPlan, ExitPlanItem, JurisdictionOffering, JurisdictionPage } from '@fulcrum/contract'
import type { Command } from 'commander'
import { addReportOptions, outputOption, type ReportFlags } from '../command.ts'
import { exitPlanReport } from '../exit-plan-report.ts'
import { ownOrNamed } from '../identity.ts'
import { jurisdictionReport } from '../jurisdiction-report.ts'
import { serialize, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { resolveProvider } from '../provider-lookup.ts'
import { registerReport } from '../register-report.ts'
import { csv } from '../report/csv.ts'
import { reportIfAsked } from '../report/write-report.ts'
import { readNames } from '../report-names.ts'
import { withSession } from '../session.ts'

type PlanFlags = ReportFlags & { consumer?: string; provider?: string }
type RegisterFlags = ReportFlags & { consumer?: string; out?: string }

const CONSUMER = 'whose, by name or id; yourself when not given'

export function declare(command: Command): void {
  const plan = command
    .command('plan')
    .summary('say for each service how it would leave its provider')
    .option('--consumer <consumer>', CONSUMER)
    .option('--provider <provider>', 'only services at this provider, by name or id')
    .addOption(outputOption())
  addReportOptions(plan).action(async () => await runPlan(plan.optsWithGlobals<PlanFlags>()))

  const register = command
    .command('register')
    .summary("fill DORA's register of information")
    .option('--consumer <consumer>', CONSUMER)
    .option('--out <directory>', 'write each template as CSV into this directory')
    .addOption(outputOption())
  addReportOptions(register).action(async () => await runRegister(register.optsWithGlobals<RegisterFlags>()))

  const jurisdiction = command
    .command('jurisdiction')
    .summary('say under which jurisdictions a provider and its infrastructure are')
    .argument('<provider>', 'name or id')
    .addOption(outputOption())
  addReportOptions(jurisdiction).action(
    async (provider: string) => await runJurisdiction(provider, jurisdiction.optsWithGlobals<ReportFlags>()),
  )
}

async function runPlan(flags: PlanFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await ownOrNamed(session, flags.consumer, '--consumer')
    const providerId = flags.provider === undefined ? undefined : await resolveProvider(session, flags.provider)
    const query = providerId === undefined ? {} : { providerId }
    const plan = await session.client.call(session.contract.exitReports.exitPlan, { params: { id }, query })
    await reportIfAsked(flags, (generatedAt) => exitPlanReport(plan, generatedAt))
    if (format === 'json' || format === 'yaml') return print(await serialize(format, plan))
    print(planText(plan, format === 'wide'))
  })
}

function planText({ consumerName, asOf, reviewBy, items, ready, sufficientlyTested }: ExitPlan, wide: boolean): string {
  const summary = pairs([
    ['Exit plan of', printable(consumerName)],
    ['As of', asOf],
    ['Ready to leave', `${ready} of ${items.length} services`],
    ['Sufficiently tested', sufficientlyTested ? 'yes' : 'no'],
    ['To be reviewed by', reviewBy],
  ])
  const overview = table(
    ['SERVICE', 'PROVIDER', 'CRITICALITY', 'TO', 'LAST DRILL', 'VAULT COPY', 'GAPS'],
    items.map((item) => [
      item.serviceName,
      item.providerName,
      item.criticality,
      targetsOf(item).join(', ') || 'nobody',
      item.lastDrill ? `${item.lastDrill.at.slice(0, 10)} ${item.lastDrill.outcome}` : 'never',
      item.vaultCopy ? item.vaultCopy.takenAt : 'none',
      `${item.gaps.length}`,
    ]),
  )
  const details = items.map(
    ({ serviceName, gaps, contingency, steps }) =>
      `\n${printable(serviceName)}\n` +
      [
        `If the provider is gone: ${contingency}`,
        ...(wide ? steps.map((step, at) => `${at + 1}. ${step}`) : []),
        ...gaps.map((gap) => `Missing: ${gap}`),
      ]
        .map((line) => `  ${printable(line)}\n`)
        .join(''),
  )
  return `${summary}\n${overview}${details.join('')}`
}

function targetsOf({ alternatives }: ExitPlanItem): string[] {
  return [...new Set(alternatives.filter(({ qualifies }) => qualifies).map(({ providerName }) => providerName))]
}

async function runRegister(flags: RegisterFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await ownOrNamed(session, flags.consumer, '--consumer')
    const register = await session.client.call(session.contract.exitReports.register, { params: { id } })
    if (flags.out !== undefined) {
      await mkdir(flags.out, { recursive: true })
      for (const { code, columns, rows } of register.templates)
        await writeFile(path.join(flags.out, `${code}.csv`), csv(columns, rows))
      note(`Wrote ${register.templates.length} templates to ${flags.out}.`)
    }
    await reportIfAsked(flags, async (generatedAt) => {
      const nameOf = await readNames(session, [], [register.consumerId])
      return registerReport(register, nameOf(register.consumerId), generatedAt)
    })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, register))
    print(
      table(
        ['TEMPLATE', 'ROWS', 'MISSING', 'TITLE'],
        register.templates.map(({ code, rows, missing, title }) => [
          code,
          `${rows.length}`,
          `${missing.length}`,
          title,
        ]),
      ),
    )
    for (const { code, missing } of register.templates) for (const what of missing) note(`${code}: ${printable(what)}`)
  })
}

async function runJurisdiction(provider: string, flags: ReportFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await resolveProvider(session, provider)
    const page = await session.client.call(session.contract.exitReports.jurisdiction, { params: { id } })
    await reportIfAsked(flags, (generatedAt) => jurisdictionReport(page, generatedAt))
    print(format === 'json' || format === 'yaml' ? await serialize(format, page) : pageText(page))
  })
}

function pageText(page: JurisdictionPage): string {
  const unknown = 'not published'
  const head = pairs([
    ['Provider', printable(page.legalName ?? page.providerName)],
    ['Registered in', page.registeredCountry ?? unknown],
    ['Headquarters in', page.headquartersCountry ?? unknown],
    ['Governing law', page.governingLaw.join(', ') || unknown],
    ['Courts', page.courtVenue.join(', ') || unknown],
    [
      'Controlled from outside the EEA',
      page.foreignControl === 'yes' ? `yes: ${page.foreignControllers.join(', ')}` : page.foreignControl,
    ],
    ['As of', page.asOf],
  ])
  return [head, ...page.offerings.map(offeringText)].join('\n')
}

function offeringText(offering: JurisdictionOffering): string {
  const { infrastructure, reach, measures, unknown } = offering
  const lines = [
    ...Object.entries(infrastructure).map(([what, countries]) => `${what}: ${countries.join(', ')}`),
    ...reach.map(({ effect, level, reasons }) => `${effect} from outside the EEA: ${level} ${reasons.join(' ')}`),
    ...measures.map(({ text, assurance }) => `${text} [${assurance}]`),
    ...(unknown.length > 0 ? [`not published: ${unknown.join(' ')}`] : []),
  ]
  const title = `${printable(offering.serviceTypeName)} at ${printable(offering.agentName)}`
  return `${title}\n${lines.map((line) => `  ${printable(line).trimEnd()}\n`).join('')}`
}
