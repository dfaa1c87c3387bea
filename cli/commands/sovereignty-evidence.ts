/** `fulcrum sovereignty evidence` and `notices`: what backs facts about providers, and what of it ends soon. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { SovereigntyEvidence, SovereigntyEvidenceCreate, SovereigntyNotice } from '@fulcrum/contract'
import { type Command, Option } from 'commander'
import { collect, type OutputFlags, outputOption } from '../command.ts'
import { serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { resolveProvider } from '../provider-lookup.ts'
import { listRows } from '../resource-lookup.ts'
import { withSession } from '../session.ts'
import { subjectOf } from './sovereignty-profile.ts'

type ListFlags = OutputFlags & { provider?: string }
type AddFlags = OutputFlags & {
  provider: string
  agent?: string
  serviceType?: string
  kind: SovereigntyEvidenceCreate['kind']
  path: string[]
  issuer?: string
  validUntil?: string
  uri?: string
  document?: string
}
type AttestFlags = OutputFlags & {
  level: 'credential-verified' | 'auditor-attested'
  method: string
  validUntil?: string
}
type RevokeFlags = OutputFlags & { reason: string }

const KINDS = [
  'self-declaration',
  'verifiable-credential',
  'certificate',
  'audit-report',
  'contract',
  'registry-lookup',
]

export function declareEvidence(sovereignty: Command): void {
  const evidence = sovereignty.command('evidence').summary('what backs these facts')

  const list = evidence
    .command('list')
    .summary('list evidence')
    .option('--provider <provider>', 'only of this one, by name or id')
    .addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const add = evidence
    .command('add')
    .summary('bring evidence; it counts as self-declared until somebody attests it')
    .requiredOption('--provider <provider>', 'whose facts it backs, by name or id')
    .option('--agent <agent>', 'only of this agent')
    .option('--service-type <type>', 'only of this service type at the agent')
    .addOption(new Option('--kind <kind>', 'what it is').choices(KINDS).makeOptionMandatory())
    .requiredOption('--path <pointer>', 'facts that it backs, for example /location; repeatable', collect)
    .option('--issuer <name>', 'who issued it')
    .option('--valid-until <time>', 'RFC 3339')
    .option('--uri <link>', 'https link to the document; nobody fetches it')
    .option('--document <file>', 'the document: only its digest is sent')
    .addOption(outputOption())
  add.action(async () => await runAdd(add.optsWithGlobals<AddFlags>()))

  const attest = evidence
    .command('attest')
    .summary('say that it was verified, and how; for admins')
    .argument('<id>')
    .addOption(
      new Option('--level <level>', 'what it is worth')
        .choices(['credential-verified', 'auditor-attested'])
        .makeOptionMandatory(),
    )
    .requiredOption('--method <text>', 'how it was verified')
    .option('--valid-until <time>', 'its end from now on, RFC 3339')
    .addOption(outputOption())
  attest.action(async (id: string) => await runAttest(id, attest.optsWithGlobals<AttestFlags>()))

  const revoke = evidence
    .command('revoke')
    .summary('take its worth away for good; for admins')
    .argument('<id>')
    .requiredOption('--reason <text>', 'why')
    .addOption(outputOption())
  revoke.action(async (id: string) => await runRevoke(id, revoke.optsWithGlobals<RevokeFlags>()))

  const remove = evidence.command('delete').summary('delete what nobody has attested').argument('<id>')
  remove.action(async (id: string) => {
    await withSession(remove.optsWithGlobals<OutputFlags>(), async ({ client, contract }) => {
      await client.call(contract.sovereigntyEvidences.delete, { params: { id } })
      note(`Deleted ${id}.`)
    })
  })
}

export function declareNotices(sovereignty: Command): void {
  const notices = sovereignty
    .command('notices')
    .summary('what ends soon or has just ended, and which services depend on it')
    .addOption(outputOption())
  notices.action(async () => await runNotices(notices.optsWithGlobals<OutputFlags>()))
}

async function runList(flags: ListFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const { provider } = flags
    const participantId = provider && (await resolveProvider(session, provider))
    const query = { sort: 'validUntil', ...(participantId && { participantId }) }
    const { rows } = await listRows(session.client, session.contract.sovereigntyEvidences.list, query)
    // the list answers evidence
    await show(rows as unknown as readonly SovereigntyEvidence[], toFormat(flags.output))
  })
}

async function runAdd(flags: AddFlags): Promise<void> {
  const sha256 = flags.document === undefined ? undefined : await digestOf(flags.document)
  await withSession(flags, async (session) => {
    const body = {
      ...(await subjectOf(session, flags)),
      kind: flags.kind,
      assertsPaths: flags.path,
      ...(flags.issuer && { issuer: { name: flags.issuer } }),
      ...(flags.validUntil && { validUntil: flags.validUntil }),
      ...(flags.uri && { uri: flags.uri }),
      ...(sha256 && { sha256 }),
    }
    const made = await session.client.call(session.contract.sovereigntyEvidences.create, { body })
    await showOne(made, flags)
  })
}

async function runAttest(id: string, flags: AttestFlags): Promise<void> {
  const { level, method, validUntil } = flags
  await withSession(flags, async ({ client, contract }) => {
    const body = { level, method, ...(validUntil && { validUntil }) }
    await showOne(await client.call(contract.sovereigntyEvidences.attest, { params: { id }, body }), flags)
  })
}

async function runRevoke(id: string, flags: RevokeFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    const body = { reason: flags.reason }
    await showOne(await client.call(contract.sovereigntyEvidences.revoke, { params: { id }, body }), flags)
  })
}

async function runNotices(flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async ({ client, contract }) => {
    const { rows } = await listRows(client, contract.sovereigntyNotices.list, { sort: 'validUntil' })
    // the list answers notices
    const notices = rows as unknown as readonly SovereigntyNotice[]
    if (format === 'json' || format === 'yaml') return print(await serialize(format, notices))
    print(
      table(
        ['DAYS LEFT', 'KIND', 'ID', 'ENDS', 'BACKS', 'SERVICES'],
        notices.map(({ daysLeft, kind, id, validUntil, paths, dependents: { count, services } }) => [
          daysLeft < 0 ? 'over' : `${daysLeft}`,
          kind,
          id,
          validUntil,
          paths.join(' '),
          count === 0 ? '-' : `${count}: ${services.map(({ name }) => name).join(', ')}`,
        ]),
      ),
    )
  })
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function showOne(evidence: SovereigntyEvidence, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  if (format === 'json' || format === 'yaml') return print(await serialize(format, evidence))
  await show([evidence], format)
}

async function show(all: readonly SovereigntyEvidence[], format: ReturnType<typeof toFormat>): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, all))
  if (format === 'name')
    return all.forEach(({ id }) => {
      print(id)
    })
  print(
    table(
      ['ID', 'KIND', 'BACKS', 'ISSUER', 'WORTH', 'FINDING', 'UNTIL'],
      all.map(({ id, kind, assertsPaths, issuer, weight, validUntil }) => [
        id,
        kind,
        assertsPaths.join(' '),
        issuer?.name ?? '-',
        weight.level,
        weight.finding,
        validUntil ?? '-',
      ]),
    ),
  )
}
