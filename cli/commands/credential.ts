/** `fulcrum credential`: hand in Gaia-X credentials, see what was checked, and export descriptions as credentials. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Credential } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { CliError } from '../errors.ts'
import { readInput } from '../input.ts'
import { age, type Format, inline, parseDurationMs, serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print, printable } from '../output/terminal.ts'
import { findResource, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

type SubjectFlags = { participant?: string; agent?: string; serviceType?: string }
type WaitFlags = { wait?: true; timeout: string }
type ListFlags = OutputFlags & SubjectFlags & { state?: string }
type ImportFlags = OutputFlags & SubjectFlags & WaitFlags
type RecheckFlags = OutputFlags & WaitFlags
type ExportFlags = OutputFlags & { participant?: string; jwt?: true }

const LOOK_MS = 500

export function declare(command: Command): void {
  const handIn = command
    .command('import')
    .summary('hand in a credential or a presentation')
    .argument('<file-or-url>', 'a JWT (vc+jwt or vp+jwt), - for standard input; or where one is, https')
    .requiredOption('--participant <participant>', 'of whom it speaks, by name or id')
    .option('--agent <agent>', 'only for this agent')
    .option('--service-type <type>', 'only for this service type at the agent')
  addWait(handIn).addOption(outputOption())
  handIn.action(async (source: string) => await runImport(source, handIn.optsWithGlobals<ImportFlags>()))

  const list = command
    .command('list')
    .summary('list credentials')
    .option('--participant <participant>', 'only of this participant')
    .option('--state <state>', 'pending, verified or failed')
    .addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const show = command.command('show').summary('show a credential with all its checks').argument('<id>')
  show.addOption(outputOption()).action(async (id: string) => await runShow(id, show.optsWithGlobals<OutputFlags>()))

  const recheck = command.command('recheck').summary('verify a credential again').argument('<id>')
  addWait(recheck).addOption(outputOption())
  recheck.action(async (id: string) => await runRecheck(id, recheck.optsWithGlobals<RecheckFlags>()))

  const exported = command
    .command('export')
    .summary('describe a participant, or the platform, as Gaia-X credentials')
    .option('--participant <participant>', 'a participant with its offerings; without it the platform')
    .option('--jwt', 'only the signed credentials, one a line')
    .addOption(outputOption('json'))
  exported.action(async () => await runExport(exported.optsWithGlobals<ExportFlags>()))
}

function addWait(command: Command): Command {
  return command
    .option('--wait', 'until it was verified or has failed; exits with 7 when it has failed, 8 when it takes too long')
    .option('--timeout <duration>', 'longest wait: 30s, 5m, 2h', '2m')
}

async function runImport(source: string, flags: ImportFlags): Promise<void> {
  const format = toFormat(flags.output)
  const timeoutMs = parseDurationMs(flags.timeout)
  const isUrl = /^https?:\/\//i.test(source)
  const content = isUrl ? { url: source } : { jwt: (await readInput(source)).trim() }
  await withSession(flags, async (session) => {
    const body = { ...(await subjectOf(session, flags)), ...content }
    const credential = await session.client.call(session.contract.credentials.create, { body })
    await finish(session, credential, flags, { format, timeoutMs })
  })
}

async function runRecheck(id: string, flags: RecheckFlags): Promise<void> {
  const format = toFormat(flags.output)
  const timeoutMs = parseDurationMs(flags.timeout)
  await withSession(flags, async (session) => {
    const credential = await session.client.call(session.contract.credentials.recheck, { params: { id } })
    await finish(session, credential, flags, { format, timeoutMs })
  })
}

/** Waits when asked to, shows the credential, and says by the exit code whether it holds. */
async function finish(
  session: Session,
  credential: Credential,
  { wait }: WaitFlags,
  { format, timeoutMs }: { format: Format; timeoutMs: number },
): Promise<void> {
  const settled = wait ? await settle(session, credential, timeoutMs) : credential
  await showOne(settled, format)
  if (!wait) return note(`See what becomes of it: fulcrum credential show ${settled.id}`)
  if (settled.state === 'pending') throw new CliError('timedOut', `It is still pending after ${timeoutMs / 1_000} s.`)
  if (settled.state === 'failed') throw new CliError('failed', `The credential has failed: ${settled.reason ?? ''}.`)
}

/** Looks until it was examined; a verified one that is to be examined again stays verified meanwhile. */
async function settle({ client, contract }: Session, credential: Credential, timeoutMs: number): Promise<Credential> {
  const end = Date.now() + timeoutMs
  let seen = credential
  while (seen.state === 'pending' || isDue(seen)) {
    if (Date.now() >= end) break
    await pause(LOOK_MS)
    seen = await client.call(contract.credentials.get, { params: { id: credential.id } })
  }
  return seen
}

/** A check that was asked for and has not taken place: its time is not in the future. */
function isDue({ nextCheckAt, updatedAt }: Credential): boolean {
  return nextCheckAt !== undefined && nextCheckAt <= updatedAt
}

async function subjectOf(session: Session, { participant, agent, serviceType }: SubjectFlags) {
  const idOf = async (kind: string, name: string) => await resolveId(session, findResource(kind), name)
  return {
    participantId: await idOf('participants', participant ?? ''),
    ...(agent !== undefined && { agentId: await idOf('agents', agent) }),
    ...(serviceType !== undefined && { serviceTypeId: await idOf('service-types', serviceType) }),
  }
}

async function runList(flags: ListFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const participantId =
      flags.participant === undefined
        ? undefined
        : await resolveId(session, findResource('participants'), flags.participant)
    const items: Credential[] = []
    for (let page = 1; ; page++) {
      const answer = await client.call(contract.credentials.list, {
        query: {
          page,
          pageSize: 100,
          sort: '-createdAt',
          ...(participantId !== undefined && { participantId }),
          ...(flags.state !== undefined && { state: flags.state }),
        },
      })
      items.push(...answer.items)
      if (!answer.hasNext) break
    }
    if (format === 'json' || format === 'yaml') return print(await serialize(format, items))
    if (format === 'name') return print(items.map(({ id }) => id).join('\n'))
    print(
      table(
        ['ID', 'TYPE', 'LABEL', 'STATE', 'REASON', 'ISSUER', 'VALID UNTIL', 'AGE'],
        items.map((one) => [
          one.id,
          typeOf(one),
          one.labelLevel ?? '-',
          one.state,
          one.reason ?? '-',
          inline(one.issuer ?? '-'),
          one.validUntil ?? '-',
          age(one.createdAt),
        ]),
      ),
    )
  })
}

async function runShow(id: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) =>
    showOne(await client.call(contract.credentials.get, { params: { id } }), format),
  )
}

async function showOne(credential: Credential, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, credential))
  if (format === 'name') return print(credential.id)
  const facts: [string, string | undefined][] = [
    ['id', credential.id],
    ['state', credential.state],
    ['reason', credential.reason],
    ['detail', credential.detail],
    ['type', typeOf(credential)],
    ['issuer', credential.issuer],
    ['subject', credential.subjectId],
    ['label', credential.labelLevel],
    ['rules', credential.rulesVersion],
    ['criteria', credential.criteria.join(', ') || undefined],
    ['valid', [credential.validFrom, credential.validUntil].map((time) => time ?? '…').join(' to ')],
    ['checked', credential.checkedAt],
    ['next check', credential.nextCheckAt],
  ]
  print(
    facts
      .flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(12)}${inline(value)}`]))
      .join('\n'),
  )
  if (credential.checks.length === 0) return
  print('')
  print(
    table(
      ['', 'CHECK', 'RESULT', 'DETAIL'],
      credential.checks.map(({ code, ok, detail }) => [
        ok ? '' : '>',
        printable(code),
        ok ? 'passed' : 'FAILED',
        inline(detail ?? '-'),
      ]),
    ),
  )
}

function typeOf({ types }: Credential): string {
  return inline(types.filter((type) => type !== 'VerifiableCredential').join(',')) || '-'
}

async function runExport(flags: ExportFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const description =
      flags.participant === undefined
        ? await client.call(contract.credentials.describePlatform, {})
        : await client.call(contract.credentials.describeParticipant, {
            params: { id: await resolveId(session, findResource('participants'), flags.participant) },
          })
    if (description.did === undefined) note('This server has no DID: the credentials are not signed.')
    if (flags.jwt) return print(description.credentials.flatMap(({ jwt }) => jwt ?? []).join('\n'))
    print(await serialize(format === 'yaml' ? 'yaml' : 'json', description))
  })
}
