/** Notes that something changed on which the compliance of services depends, so that they are judged again soon. */
import { sql } from 'kysely'
import type { Command } from '../platform/command.ts'

/** Call it in every command that writes profiles, evidence, policies or waivers. Waits for nobody. */
export async function noteChange({ tx }: Command): Promise<void> {
  await sql`INSERT INTO sovereignty_changes DEFAULT VALUES`.execute(tx)
}
