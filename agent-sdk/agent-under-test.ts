/** What the tests of running agents share: a test server, a directory for the journal, and agents that end with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'node:test'
import type { Job, JsonObject } from '@fulcrum/contract'
import type { AgentDefinition } from './agent.ts'
import { createLog } from './log.ts'
import { type RunningAgent, type RunOptions, runAgent } from './run-agent.ts'
import { startTestServer, type TestServer } from './testing.ts'

export let server: TestServer
export let journalDir: string
let agents: RunningAgent[]
/** What the agents logged, a line each. */
export let lines: string[]

beforeEach(async () => {
  server = await startTestServer()
  journalDir = mkdtempSync(join(tmpdir(), 'agent-'))
  agents = []
  lines = []
})
afterEach(async () => {
  await Promise.allSettled(agents.map((agent) => agent.stop()))
  await server.close()
  rmSync(journalDir, { recursive: true, force: true })
})

/** Runs an agent against the test server; what is not said does nothing. */
export async function run<C = JsonObject>(
  definition: Partial<AgentDefinition<C>> = {},
  options: Partial<RunOptions> = {},
) {
  const agent = await runAgent(
    {
      name: 'test',
      // Tests that care about the configuration give their own parser.
      parseConfiguration: (configuration) => configuration as C,
      handlers: {},
      ...definition,
    },
    {
      url: server.url,
      ...(options.tokenFile ? {} : { token: server.token }),
      journalDir,
      stopGraceMs: 1_000,
      log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
      ...options,
    },
  )
  agents.push(agent)
  return agent
}

/** A pending job for a service of its own. */
export function aJob(action = 'act', params?: JsonObject): Job {
  return server.addJob(server.addService(), action, params)
}

/** How often the server was asked for exactly this. */
export const count = (method: string, path: string) =>
  server.requests.filter((request) => request.method === method && request.path === path).length
