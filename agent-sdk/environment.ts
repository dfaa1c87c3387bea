/** Running an agent as a process of its own, told by its environment. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UnauthenticatedError } from '@fulcrum/client'
import type { AgentDefinition } from './agent.ts'
import { JournalInUseError } from './journal-lock.ts'
import { createLog, LOG_LEVELS, type Log } from './log.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { ConfigurationError, type RunOptions, runMasked } from './run-agent.ts'

/** Exit codes, as in sysexits.h where it has one. */
export const EXIT = {
  stopped: 0,
  failed: 1,
  /** EX_TEMPFAIL: another process uses the journal. */
  inUse: 75,
  /** EX_NOPERM: the token stays refused. */
  tokenRefused: 77,
  /** EX_CONFIG: environment or configuration must be changed. */
  configuration: 78,
} as const

const DEFAULT_TOKEN_PATIENCE_SECONDS = 600

/**
 * Runs an agent until SIGTERM or SIGINT, then ends the process; a second signal ends it at once. Logs JSON lines to standard output.
 *
 *     await runAgentFromEnvironment(definition)
 *
 * | variable | meaning |
 * |---|---|
 * | FULCRUM_URL | base of the server; required |
 * | FULCRUM_TOKEN, FULCRUM_TOKEN_FILE | one of them is required; the file may be replaced while the agent runs |
 * | FULCRUM_PREVIOUS_TOKEN_FILE | the token before, see `previousToken` of `runAgent` |
 * | FULCRUM_AGENT_DATA_DIR | directory for the journal; default `.fulcrum/agents/<name>` in the working directory |
 * | FULCRUM_CA_FILE, FULCRUM_PROXY_URL | for the way to the server |
 * | FULCRUM_AGENT_PARALLEL_JOBS, FULCRUM_AGENT_HEARTBEAT_SECONDS, FULCRUM_AGENT_JOB_TIMEOUT_SECONDS, FULCRUM_AGENT_WAIT_SECONDS, FULCRUM_AGENT_STOP_GRACE_SECONDS | see `runAgent` |
 * | FULCRUM_AGENT_TOKEN_PATIENCE_SECONDS | ends with exit code 77 after so long with a refused token; default 600 |
 * | FULCRUM_LOG_LEVEL | debug, info, warn, error |
 *
 * Exit codes: see `EXIT`.
 */
export async function runAgentFromEnvironment<C>(definition: AgentDefinition<C>): Promise<void> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(EXIT.failed)
    stop.abort(new Error(`received ${signal}`))
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  const level = LOG_LEVELS.find((each) => each === process.env.FULCRUM_LOG_LEVEL) ?? 'info'
  const redactor = createRedactor()
  const log = createLog({ level, redactor }, { agentKind: definition.name })
  process.on('uncaughtException', (error) => {
    log.error('the agent ends because of an error that nobody handled', { error })
    process.exit(EXIT.failed)
  })
  process.exit(await run(definition, log, redactor, stop.signal))
}

async function run<C>(definition: AgentDefinition<C>, log: Log, redactor: Redactor, signal: AbortSignal) {
  try {
    const options = await optionsFrom(process.env, definition.name)
    // Programs that the agent starts must not inherit it.
    delete process.env.FULCRUM_TOKEN
    const running = await runMasked(definition, { ...options, log, signal }, redactor)
    await running.stopped
    return EXIT.stopped
  } catch (error) {
    if (signal.aborted) return EXIT.stopped
    if (error instanceof ConfigurationError || error instanceof JournalInUseError) log.error(error.message)
    else log.error('the agent ends', { error })
    if (error instanceof ConfigurationError) return EXIT.configuration
    if (error instanceof JournalInUseError) return EXIT.inUse
    return error instanceof UnauthenticatedError ? EXIT.tokenRefused : EXIT.failed
  }
}

/**
 * Reads the options of `runAgent` from environment variables.
 *
 * @throws ConfigurationError that names the variable
 */
export async function optionsFrom(env: NodeJS.ProcessEnv, name: string): Promise<RunOptions> {
  const url = env.FULCRUM_URL
  if (!url)
    throw new ConfigurationError(
      'FULCRUM_URL is not set: the address of the server, for example https://fulcrum.example',
    )
  if (!env.FULCRUM_TOKEN === !env.FULCRUM_TOKEN_FILE)
    throw new ConfigurationError('exactly one of FULCRUM_TOKEN and FULCRUM_TOKEN_FILE must be set')
  const seconds = (variable: string, least = 1) => {
    const value = number(env, variable, least)
    return value === undefined ? undefined : value * 1_000
  }
  const previous = env.FULCRUM_PREVIOUS_TOKEN_FILE && (await readToken(env.FULCRUM_PREVIOUS_TOKEN_FILE))
  return {
    url,
    journalDir: env.FULCRUM_AGENT_DATA_DIR || join('.fulcrum', 'agents', name),
    ...defined({
      token: env.FULCRUM_TOKEN?.trim() || undefined,
      tokenFile: env.FULCRUM_TOKEN_FILE || undefined,
      previousToken: previous || undefined,
      caFile: env.FULCRUM_CA_FILE || undefined,
      proxyUrl: env.FULCRUM_PROXY_URL || undefined,
      parallelJobs: number(env, 'FULCRUM_AGENT_PARALLEL_JOBS', 1),
      heartbeatMs: seconds('FULCRUM_AGENT_HEARTBEAT_SECONDS'),
      jobTimeoutMs: seconds('FULCRUM_AGENT_JOB_TIMEOUT_SECONDS'),
      waitSeconds: number(env, 'FULCRUM_AGENT_WAIT_SECONDS', 0),
      stopGraceMs: seconds('FULCRUM_AGENT_STOP_GRACE_SECONDS', 0),
    }),
    tokenPatienceMs: seconds('FULCRUM_AGENT_TOKEN_PATIENCE_SECONDS', 0) ?? DEFAULT_TOKEN_PATIENCE_SECONDS * 1_000,
  }
}

function number(env: NodeJS.ProcessEnv, variable: string, least: number): number | undefined {
  const text = env[variable]
  if (!text) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < least)
    throw new ConfigurationError(`${variable} must be a whole number from ${least}, not '${text}'`)
  return value
}

async function readToken(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim()
}

/** Without the members that are undefined. */
function defined<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const members = Object.entries(object).filter(([, value]) => value !== undefined)
  return Object.fromEntries(members) as { [K in keyof T]?: NonNullable<T[K]> } // nothing else was left out
}
