/** `fulcrum sovereignty profile`: what is known about providers, how well it is proved, and what is missing for more. */
import type { EffectiveSovereigntyProfile, SovereigntyFacts, SovereigntyProfile } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption, readObject } from '../command.ts'
import { serialize, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { resolveAgent, resolveProvider } from '../provider-lookup.ts'
import { findResource, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type ListFlags = OutputFlags & { provider?: string; status?: string }
type ShowFlags = OutputFlags & { at?: string }
type DraftFlags = OutputFlags & {
  provider: string
  agent?: string
  serviceType?: string
  validFrom?: string
  validUntil?: string
}

export function declareProfile(sovereignty: Command): void {
  const profile = sovereignty.command('profile').summary('facts about providers, their agents and offerings')

  const list = profile
    .command('list')
    .summary('list versions of profiles')
    .option('--provider <provider>', 'only of this one, by name or id')
    .option('--status <status>', 'draft, published or withdrawn')
    .addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const show = profile
    .command('show')
    .summary('show what holds for an offering, and what is missing for the next level')
    .argument('<agent>', 'name or id')
    .argument('<service-type>', 'name or id')
    .option('--at <time>', 'what held then, RFC 3339')
    .addOption(outputOption())
  show.action(async (agent: string, type: string) => await runShow(agent, type, show.optsWithGlobals<ShowFlags>()))

  const draft = profile
    .command('draft')
    .summary('start a draft from a file of facts, or replace the facts of the draft that there is')
    .argument('<file>', 'YAML or JSON, - for standard input')
    .requiredOption('--provider <provider>', 'whom it is about, by name or id')
    .option('--agent <agent>', 'only this agent of it')
    .option('--service-type <type>', 'only this service type at the agent')
    .option('--valid-from <time>', 'RFC 3339; now, when it is left out')
    .option('--valid-until <time>', 'RFC 3339')
    .addOption(outputOption())
  draft.action(async (file: string) => await runDraft(file, draft.optsWithGlobals<DraftFlags>()))

  for (const [verb, summary] of [
    ['publish', 'publish a draft: it never changes again'],
    ['withdraw', 'withdraw a published version'],
  ] as const) {
    const command = profile.command(verb).summary(summary).argument('<id>').addOption(outputOption())
    command.action(async (id: string) => await runVerb(verb, id, command.optsWithGlobals<OutputFlags>()))
  }
}

async function runList(flags: ListFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { provider, status } = flags
    const participantId = provider && (await resolveProvider(session, provider))
    const query = { sort: '-createdAt', ...(participantId && { participantId }), ...(status && { status }) }
    const { rows } = await listRows(session.client, session.contract.sovereigntyProfiles.list, query)
    // the list answers profiles
    const profiles = rows as unknown as readonly SovereigntyProfile[]
    if (format === 'json' || format === 'yaml') return print(await serialize(format, profiles))
    if (format === 'name') return print(profiles.map(({ id }) => `${id}\n`).join(''))
    print(
      table(
        ['ID', 'KIND', 'PROVIDER', 'VERSION', 'STATUS', 'VALID FROM', 'VALID UNTIL'],
        profiles.map((one) => [
          one.id,
          one.kind,
          one.facts.legal?.legalName ?? one.participantId,
          `${one.version}`,
          one.status,
          one.validFrom,
          one.validUntil ?? '-',
        ]),
      ),
    )
  })
}

async function runShow(agent: string, type: string, flags: ShowFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const agentId = await resolveAgent(session, agent)
    const serviceTypeId = await resolveId(session, findResource('service-types'), type)
    const query = { agentId, serviceTypeId, ...(flags.at && { at: flags.at }) }
    const found = await session.client.call(session.contract.sovereigntyProfiles.effective, { query })
    print(format === 'json' || format === 'yaml' ? await serialize(format, found) : effectiveText(found))
  })
}

function effectiveText({ scores, sections, next, versions }: EffectiveSovereigntyProfile): string {
  const { gaiaX, seals } = next
  const missing = [
    ...gaiaX.missing.map((one) => [`Gaia-X ${gaiaX.next}`, one.criterion, one.need, one.path || '-', one.hint]),
    ...seals.flatMap(({ objective, next: level, missing: all }) =>
      all.map((one) => [`${objective} SEAL-${level}`, one.factor, one.need, one.path || '-', one.hint]),
    ),
  ].filter(([, , need]) => need !== 'assessment')
  return [
    pairs([
      ['Versions', versions.map(({ version }) => version).join(', ') || 'nothing is published'],
      ['Declared', `${scores.declared.score} of 100, SEAL-${scores.declared.seal}`],
      ['Verified', `${scores.verified.score} of 100, SEAL-${scores.verified.seal}`],
      ['Gaia-X', gaiaX.level ?? 'no label'],
    ]),
    table(
      ['SECTION', 'ASSURANCE', 'FACTS', 'EVIDENCE'],
      sections.map(({ section, level, paths }) => [
        section,
        level,
        `${paths.length}`,
        `${new Set(paths.flatMap(({ evidenceIds }) => evidenceIds)).size}`,
      ]),
    ),
    table(['FOR', 'CRITERION', 'MISSING', 'AT', 'WHAT'], missing),
  ].join('\n')
}

async function runDraft(file: string, flags: DraftFlags): Promise<void> {
  const format = toFormat(flags.output)
  // the server holds the facts against their shape
  const facts = (await readObject(file)) as SovereigntyFacts
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const subject = await subjectOf(session, flags)
    const validity = {
      ...(flags.validFrom && { validFrom: flags.validFrom }),
      ...(flags.validUntil && { validUntil: flags.validUntil }),
    }
    const { rows } = await listRows(client, contract.sovereigntyProfiles.list, { ...subject, status: 'draft' })
    const known = rows.find((row) => row.agentId === subject.agentId && row.serviceTypeId === subject.serviceTypeId)
    const draft = known
      ? await client.call(contract.sovereigntyProfiles.update, {
          params: { id: String(known.id) },
          body: { facts, ...validity },
        })
      : await client.call(contract.sovereigntyProfiles.create, { body: { ...subject, facts, ...validity } })
    note(`Version ${draft.version} is a draft: fulcrum sovereignty profile publish ${draft.id}`)
    await show(draft, format)
  })
}

async function runVerb(verb: 'publish' | 'withdraw', id: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    await show(await client.call(contract.sovereigntyProfiles[verb], { params: { id } }), format)
  })
}

async function show(profile: SovereigntyProfile, format: ReturnType<typeof toFormat>): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, profile))
  if (format === 'name') return print(profile.id)
  const { id, kind, version, status, validUntil } = profile
  print(
    table(['ID', 'KIND', 'VERSION', 'STATUS', 'VALID UNTIL'], [[id, kind, `${version}`, status, validUntil ?? '-']]),
  )
}

/** Whom facts or evidence are about, from names. */
export async function subjectOf(
  session: Session,
  { provider, agent, serviceType }: { provider: string; agent?: string; serviceType?: string },
): Promise<{ participantId: string; agentId?: string; serviceTypeId?: string }> {
  return {
    participantId: await resolveId(session, findResource('participants'), provider),
    ...(agent !== undefined && { agentId: await resolveId(session, findResource('agents'), agent) }),
    ...(serviceType !== undefined && {
      serviceTypeId: await resolveId(session, findResource('service-types'), serviceType),
    }),
  }
}
