/** Erases payloads of events, a part in each transaction, and each part with an audited event that says which they were. */
import type { AuditErasureCreate } from '@fulcrum/contract'
import { appendEvent } from '../events/index.ts'
import type { Command } from '../platform/command.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput, notFound } from '../platform/errors.ts'
import { parseUuid } from '../platform/wire.ts'
import { settleAudit } from './append-workflow.ts'
import { rangesOf } from './entry.ts'
import { anyEventAbout, erasePayloads, type Subject } from './entry-store.ts'
import { lockLog } from './log-store.ts'

/** Some 30 ms in which nothing is appended. */
const BATCH = 1_000
const MOST_REASON_BYTES = 1_000

export type RunCommand = <T>(run: (command: Command) => Promise<T>) => Promise<T>

/**
 * @returns of how many events the payload was erased now
 * @throws Refusal `invalid` for an id that cannot be one, `not-found` when no event is about it
 */
export async function erase(platform: Platform, command: RunCommand, asked: AuditErasureCreate): Promise<number> {
  const subject = readSubject(asked)
  const reason = asked.reason ?? ''
  if (Buffer.byteLength(reason) > MOST_REASON_BYTES)
    throw invalidInput(`reason may have ${MOST_REASON_BYTES} bytes at most`)
  await settleAudit(platform)
  if (!(await anyEventAbout(platform.db, subject))) throw notFound(`event about ${subject.subject}`, subject.id)
  for (let total = 0; ; ) {
    const erased = await command((c) => eraseBatch(c, subject, reason))
    total += erased
    if (erased < BATCH) return total
  }
}

async function eraseBatch(c: Command, subject: Subject, reason: string): Promise<number> {
  const { instanceId } = await lockLog(c.tx)
  const sequences = await erasePayloads(c.tx, subject, BATCH)
  if (sequences.length > 0)
    await appendEvent(c, {
      type: 'audit.erased',
      // about the log: an event about the subject would be erased the next time
      entityId: instanceId,
      properties: { ...subject, sequences: rangesOf(sequences), ...(reason !== '' && { reason }) },
    })
  return sequences.length
}

function readSubject({ subject, id }: AuditErasureCreate): Subject {
  if (subject === 'initiator') return { subject, id: parseUuid(id) ?? id }
  const uuid = parseUuid(id)
  if (uuid === null) throw invalidInput('id must be a UUID')
  return { subject, id: uuid }
}
