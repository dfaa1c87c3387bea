/** The first admin token, made once on an empty database. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'
import { hashToken, newTokenValue } from './token.ts'
import { anyAdminToken, insertToken } from './token-store.ts'

const LIFETIME_MS = 365 * 24 * 3_600_000

/**
 * @param configured  the value to use; null: a random one
 * @returns the value when a token was made now; null when there already is an admin token, expired ones included
 */
export async function bootstrapAdminToken({ tx, now }: Command, configured: string | null): Promise<string | null> {
  // several servers may start on one empty database
  await sql`LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE`.execute(tx)
  if (await anyAdminToken(tx)) return null
  const value = configured ?? newTokenValue()
  await insertToken(tx, {
    id: randomUUID(),
    name: 'bootstrap admin',
    role: 'admin',
    hash: hashToken(value),
    expireAt: new Date(now.getTime() + LIFETIME_MS),
    participantId: null,
    agentId: null,
    createdAt: now,
    updatedAt: now,
  })
  return value
}
