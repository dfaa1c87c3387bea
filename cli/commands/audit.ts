/** `fulcrum audit`: export the audit log, verify it without trusting the server, prove single events, cosign, erase. */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AuditErasureCreate, PeerCheckpointCreate } from '@fulcrum/contract'
import type { Command } from 'commander'
import { exportLines, fileSource, serverSource } from '../audit-source.ts'
import { type Outcome, verifySource } from '../audit-verify.ts'
import { type OutputFlags, outputOption, positive, readObject } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { readInput } from '../input.ts'
import { serialize, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { confirmByName } from '../prompts.ts'
import { type GlobalFlags, withSession } from '../session.ts'

type VerifyFlags = OutputFlags & { checkpoint?: string; key?: string }
type CheckpointFlags = OutputFlags & { since?: string; sign?: true }
type EraseFlags = OutputFlags & { reason?: string; yes?: true }

const SUBJECTS = ['participant', 'entity', 'initiator'] as const
/** Told on standard error; all of them with `-o json`. */
const SHOWN = 20

export function declare(command: Command): void {
  const verify = command
    .command('verify')
    .summary('recompute everything: entries, payloads, tree, signature')
    .argument('[file]', 'an export, - for standard input; else the log of the server')
    .option('--checkpoint <file>', 'a checkpoint that you kept: the log must go on from it')
    .option('--key <key>', 'the public key that you trust, base64 or a file that holds it')
    .addOption(outputOption())
    .addHelpText('after', '\nIt ends with 0 when the log is intact, with 7 when it is not.')
  verify.action(async (file: string | undefined) => await runVerify(file, verify.optsWithGlobals<VerifyFlags>()))

  const exporting = command
    .command('export')
    .summary('write checkpoints, entries and payloads to a file, to be verified offline')
    .argument('<file>', '- for standard output')
  exporting.action(async (file: string) => await runExport(file, exporting.optsWithGlobals<GlobalFlags>()))

  const checkpoint = command
    .command('checkpoint')
    .summary('print the newest signed checkpoint; keep it somewhere else')
    .option('--sign', 'sign one of everything until now first')
    .option('--since <size>', 'with the proof that it goes on from that size, for `cosign` elsewhere')
    .addOption(outputOption())
  checkpoint.action(async () => await runCheckpoint(checkpoint.optsWithGlobals<CheckpointFlags>()))

  const key = command.command('key').summary('print the public key').addOption(outputOption())
  key.action(async () => await runKey(key.optsWithGlobals<OutputFlags>()))

  const proof = command
    .command('proof')
    .summary('prove that an event is in the signed log, and check the proof')
    .argument('<sequence-number>')
    .addOption(outputOption())
  proof.action(async (seq: string) => await runProof(seq, proof.optsWithGlobals<OutputFlags>()))

  const cosign = command
    .command('cosign')
    .summary('check the checkpoint of another control plane and cosign it')
    .argument('<peer>', 'a name for it')
    .argument('<file>', 'what `fulcrum audit checkpoint --since` printed there, - for standard input')
    .addOption(outputOption())
  cosign.action(
    async (peer: string, file: string) => await runCosign(peer, file, cosign.optsWithGlobals<OutputFlags>()),
  )

  const peers = command.command('peers').summary('list the control planes that are cosigned here')
  peers.addOption(outputOption()).action(async () => await runPeers(peers.optsWithGlobals<OutputFlags>()))

  const erase = command
    .command('erase')
    .summary('erase the payloads of events for good; the tree stays whole')
    .argument('<subject>', SUBJECTS.join(', '))
    .argument('<id>')
    .option('--reason <text>', 'kept in the audited event: name no person')
    .option('--yes', 'do not ask')
    .addOption(outputOption())
  erase.action(async (subject: string, id: string) => await runErase(subject, id, erase.optsWithGlobals<EraseFlags>()))
}

async function runVerify(file: string | undefined, flags: VerifyFlags): Promise<void> {
  const key = flags.key === undefined ? null : await readKey(flags.key)
  const kept = flags.checkpoint === undefined ? null : await readNote(flags.checkpoint)
  const outcome =
    file === undefined
      ? await withSession(flags, async (session) => await verifySource(await serverSource(session), key, kept))
      : await verifySource(await fileSource(file), key, kept)
  await show(flags, outcome, () => verdictText(outcome))
  if (outcome.intact) {
    if (key === null) note('The key is the one that the log names; --key compares it with one that you trust.')
    return
  }
  const lines = outcome.findings.map((one) => ('seq' in one && one.seq ? `event ${one.seq}: ` : '') + one.problem)
  const more = outcome.problems - SHOWN
  throw new CliError('failed', 'The audit log is not intact.', [
    ...lines.slice(0, SHOWN),
    ...(more > 0 ? [`and ${more} more`] : []),
  ])
}

function verdictText({ origin, entries, signed, payloads, erased, expired, root, publicKey, intact }: Outcome): string {
  return pairs([
    ['Log', origin],
    ['Intact', intact ? 'yes' : 'no'],
    ['Entries', `${entries}, of which ${signed} are signed`],
    ['Payloads', `${payloads} verified, ${erased} erased, ${expired} deleted with old events`],
    ['Root', root],
    ['Key', publicKey],
  ])
}

async function runExport(file: string, flags: GlobalFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const source = await serverSource(session)
    const { verifyCheckpoint } = await import('@fulcrum/sovereignty/audit')
    const { size } = verifyCheckpoint(source.notes[0] ?? '', source.origin, Buffer.from(source.publicKey, 'base64'))
    const lines = Readable.from(withEnds(exportLines(source, size)))
    if (file === '-') return await pipeline(lines, process.stdout, { end: false })
    // only a complete export gets the name that was asked for
    const partial = `${file}.${process.pid}.part`
    try {
      await pipeline(lines, createWriteStream(partial, { mode: 0o600, flags: 'wx' }))
      await rename(partial, file)
    } finally {
      await rm(partial, { force: true })
    }
    note(`Wrote ${file}: ${size} entries. Verify it with: fulcrum audit verify ${file}`)
  })
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  for await (const line of lines) yield `${line}\n`
}

async function runCheckpoint(flags: CheckpointFlags): Promise<void> {
  const since = flags.since === undefined ? undefined : Number(flags.since)
  if (since !== undefined && !(Number.isSafeInteger(since) && since >= 0))
    throw usage('--since must be a number of entries.')
  await withSession(flags, async ({ client, contract: { audit } }) => {
    const newest = await client.call(flags.sign ? audit.sign : audit.checkpoint, {})
    if (newest.problem !== undefined) note(`Nothing newer is signed: ${newest.problem}`)
    if (since === undefined) return await show(flags, newest, () => newest.note)
    const { publicKey } = await client.call(audit.key, {})
    const between = since > 0 && since < newest.size
    const query = { from: String(since), to: String(newest.size) }
    const { proof } = between ? await client.call(audit.consistency, { query }) : { proof: [] }
    const body: PeerCheckpointCreate = { note: newest.note, publicKey, proof }
    print(await serialize(flags.output === 'yaml' ? 'yaml' : 'json', body))
  })
}

async function runKey(flags: OutputFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    const key = await client.call(contract.audit.key, {})
    await show(flags, key, () => key.publicKey)
  })
}

async function runProof(text: string, flags: OutputFlags): Promise<void> {
  const seq = positive(text, 'The sequence number')
  const { entryHash, verifyCheckpoint, verifyInclusion } = await import('@fulcrum/sovereignty/audit')
  await withSession(flags, async ({ client, contract: { audit } }) => {
    const [{ publicKey }, checkpoint] = [await client.call(audit.key, {}), await client.call(audit.checkpoint, {})]
    const found = await client.call(audit.inclusion, { query: { seq: String(seq) } })
    const signed = verifyCheckpoint(checkpoint.note, checkpoint.origin, Buffer.from(publicKey, 'base64'))
    if (found.size !== signed.size)
      throw new CliError('conflict', `Event ${seq} is not under a signed checkpoint yet.`, ['Try again in a minute.'])
    const hashes = found.proof.map((hash) => Buffer.from(hash, 'hex'))
    if (
      found.entry.seq !== seq ||
      !verifyInclusion(entryHash(found.entry), found.index, found.size, hashes, signed.root)
    )
      throw new CliError('failed', `The proof does not show that event ${seq} is in the signed log.`)
    await show(flags, { ...found, note: checkpoint.note }, () =>
      pairs([
        ['Event', `${seq}, ${found.entry.type}, ${found.entry.time}`],
        ['Proven', `entry ${found.index + 1} of the ${found.size} that ${checkpoint.origin} has signed`],
        ['Leaf', found.leaf],
        ['Root', found.root],
      ]),
    )
  })
}

async function runCosign(name: string, file: string, flags: OutputFlags): Promise<void> {
  const { note: text, publicKey, proof } = await readObject(file)
  if (typeof text !== 'string') throw usage(`${file} holds no checkpoint: it needs a member "note".`)
  const hashes = Array.isArray(proof) ? proof.filter((hash) => typeof hash === 'string') : []
  const body: PeerCheckpointCreate = { note: text, proof: hashes, ...(typeof publicKey === 'string' && { publicKey }) }
  await withSession(flags, async ({ client, contract }) => {
    const peer = await client.call(contract.audit.witness, { params: { name }, body })
    await show(flags, peer, () => peer.note)
  })
}

async function runPeers(flags: OutputFlags): Promise<void> {
  await withSession(flags, async ({ client, contract }) => {
    const { items } = await client.call(contract.audit.peers, {})
    const rows = items.map(({ name, origin, size, updatedAt, refusedAt }) => [
      name,
      origin,
      `${size}`,
      updatedAt,
      refusedAt ?? '',
    ])
    await show(flags, items, () => table(['NAME', 'LOG', 'ENTRIES', 'SEEN', 'REFUSED'], rows))
  })
}

async function runErase(word: string, id: string, flags: EraseFlags): Promise<void> {
  const subject = SUBJECTS.find((known) => known === word)
  if (subject === undefined) throw usage(`The subject must be one of ${SUBJECTS.join(', ')}.`)
  if (!flags.yes) await confirmByName(`the payloads of all events of ${subject} ${id}`, id)
  const { reason } = flags
  const body: AuditErasureCreate = { subject, id, ...(reason !== undefined && { reason }) }
  await withSession(flags, async ({ client, contract }) => {
    const answer = await client.call(contract.audit.erase, { body })
    await show(flags, answer, () => `Erased the payloads of ${answer.erased} events.`)
  })
}

async function show(flags: OutputFlags, value: unknown, text: () => string): Promise<void> {
  const format = toFormat(flags.output)
  print(format === 'json' || format === 'yaml' ? await serialize(format, value) : text())
}

const KEY = /^[A-Za-z0-9+/]{43}=$/

async function readKey(given: string): Promise<string> {
  const text = KEY.test(given) ? given : (await readInput(given)).trim()
  if (!KEY.test(text)) throw usage('--key must be 32 bytes in base64, or a file that holds them.')
  return text
}

/** The note as it is, or as `-o json` printed it. */
async function readNote(path: string): Promise<string> {
  const text = await readInput(path)
  if (!text.startsWith('{')) return text
  const { note: inner } = await parsed(path, text)
  if (typeof inner !== 'string') throw usage(`${path} holds no checkpoint.`)
  return inner
}

async function parsed(path: string, text: string): Promise<{ note?: unknown }> {
  try {
    return JSON.parse(text)
  } catch {
    throw usage(`${path} is neither a checkpoint nor JSON.`)
  }
}
