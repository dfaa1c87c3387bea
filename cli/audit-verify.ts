/** Verifies an audit log from a source: signatures first, then every entry against them. */
import type { Checkpoint, Verdict } from '@fulcrum/sovereignty/audit'
import type { LogSource } from './audit-source.ts'
import { CliError } from './errors.ts'

export type Outcome = Verdict & {
  intact: boolean
  origin: string
  /** Hexadecimal. */
  root: string
  publicKey: string
}

/**
 * @param key  base64, when the auditor knows the key; else that of the source is believed
 * @param kept  a checkpoint that the auditor kept
 */
export async function verifySource(source: LogSource, key: string | null, kept: string | null): Promise<Outcome> {
  const { LogVerifier, verifyCheckpoint } = await import('@fulcrum/sovereignty/audit')
  const { origin } = source
  const publicKey = key ?? source.publicKey
  const bytes = Buffer.from(publicKey, 'base64')
  const problems: { problem: string }[] = []
  if (publicKey !== source.publicKey)
    problems.push({ problem: 'the log names another key than the one that was given' })
  const verified = (note: string, name: string): { checkpoint: Checkpoint; name: string }[] => {
    try {
      return [{ checkpoint: verifyCheckpoint(note, origin, bytes), name }]
    } catch (error) {
      problems.push({ problem: `${name}: ${error instanceof Error ? error.message : String(error)}` })
      return []
    }
  }
  const [newestNote = '', ...olderNotes] = source.notes
  const [newest] = verified(newestNote, 'the newest checkpoint')
  const older = [
    ...(kept === null ? [] : verified(kept, 'the checkpoint that was kept')),
    ...olderNotes.flatMap((note) => verified(note, 'an older checkpoint')),
  ]
  if (!newest) throw new CliError('failed', `The audit log is not what was signed: ${problems.at(-1)?.problem}.`)

  const verifier = new LogVerifier(newest.checkpoint, older)
  for await (const record of source.records) verifier.add(record)
  const verdict = verifier.finish()
  return {
    ...verdict,
    findings: [...problems, ...verdict.findings],
    problems: problems.length + verdict.problems,
    intact: problems.length + verdict.problems === 0,
    origin,
    root: Buffer.from(newest.checkpoint.root).toString('hex'),
    publicKey,
  }
}
