/** Notices agents that have fallen silent. */
import { disconnectSilentAgents } from '../agents/index.ts'
import { runCommand, SYSTEM } from '../platform/command.ts'
import type { Worker } from './worker.ts'

/** An agent counts as silent for at most this share of the limit longer than configured. */
const LOOKS_PER_LIMIT = 5

/** @param timeoutMs  silence after which a Connected agent becomes Disconnected */
export function agentWorker(timeoutMs: number): Worker {
  return {
    name: 'agents',
    lock: 4_205_403,
    everyMs: Math.max(1_000, timeoutMs / LOOKS_PER_LIMIT),
    run: async (platform) => ({
      disconnected: await runCommand(platform, SYSTEM, (c) =>
        disconnectSilentAgents(c, new Date(c.now.getTime() - timeoutMs)),
      ),
    }),
  }
}
