/** Runs an agent: start, jobs, heartbeat, metrics, tasks, orderly end. */
import { mkdir } from 'node:fs/promises'
import { FulcrumClient, type UnauthenticatedError } from '@fulcrum/client'
import { type Agent, agents, services } from '@fulcrum/contract'
import type { AgentContext, AgentDefinition } from './agent.ts'
import { startHeartbeat, tellStatus } from './heartbeat.ts'
import { takeJobs } from './intake.ts'
import { openJournal } from './journal.ts'
import { type JournalCipher, openJournalCipher } from './journal-cipher.ts'
import { lockJournal } from './journal-lock.ts'
import { createLog, type Log, maskedLog } from './log.ts'
import { repeat, reportMetrics } from './metrics.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { createSecrets } from './secrets.ts'
import { createServerLink } from './server-link.ts'
import { openTokenSource } from './token-source.ts'

export type RunOptions = {
  /** Base of the server, without `/api/v1`. */
  url: string
  /** Either this or `tokenFile`. */
  token?: string
  /** Read again for each request: a new token in the file takes effect without a restart. */
  tokenFile?: string
  /**
   * Directory for what must survive a crash; made if absent, on a local disk, for this agent alone. Results of steps and of jobs
   * may hold secrets: they are encrypted with AES-256-GCM by a key that is sealed with the agent's token (HKDF-SHA-256).
   */
  journalDir: string
  /** The token before, when it was changed while the agent did not run: with it the journal can still be read. */
  previousToken?: string
  /** Jobs at the same time; default 4. */
  parallelJobs?: number
  /** Default 60 s. */
  heartbeatMs?: number
  /** Longest time for one attempt at a job; default 10 minutes. It should be below the server's own limit. */
  jobTimeoutMs?: number
  /** How long the server is asked to hold the question for jobs, 0 to 60; default 30 s. 0: plain polling, 1 to 5 s. */
  waitSeconds?: number
  /** How long running jobs may go on after `stop`; default 20 s. Then they are left to the next start. */
  stopGraceMs?: number
  /** After so long with a refused token the agent stops; default never. */
  tokenPatienceMs?: number
  /** Default: JSON lines on standard output. Secrets are masked before it is called. */
  log?: Log
  caFile?: string
  proxyUrl?: string
  /** Stops the agent, also during its start. */
  signal?: AbortSignal
}

export type RunningAgent = {
  readonly agent: Agent
  /** Resolves after an orderly end; rejects when the agent gave up: its token stays refused, or a defect. */
  readonly stopped: Promise<void>
  /** Ends orderly: no new jobs, running ones get `stopGraceMs`, status Disconnected. May be called more than once. */
  stop(): Promise<void>
}

/** The agent cannot start with what it was given; trying again does not help. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** So long an aborted job may take to end, in milliseconds. */
const HALT_MS = 5_000

/**
 * Starts an agent and resolves when it works. An unavailable server is waited for; so is a token that is refused, for
 * `tokenPatienceMs`. Jobs that an earlier process of this agent left are finished first.
 *
 *     const running = await runAgent(definition, { url, tokenFile: '/run/secrets/token', journalDir: '/var/lib/my-agent' })
 *     process.once('SIGTERM', () => void running.stop())
 *     await running.stopped
 *
 * @throws ConfigurationError, JournalInUseError, what `connect` throws, UnauthenticatedError; the reason of `signal`
 */
export async function runAgent<C>(definition: AgentDefinition<C>, options: RunOptions): Promise<RunningAgent> {
  return runMasked(definition, options, createRedactor())
}

/** `runAgent` for a caller whose own log must mask what the agent learned, also after a start that failed. */
export async function runMasked<C>(
  definition: AgentDefinition<C>,
  options: RunOptions,
  redactor: Redactor,
): Promise<RunningAgent> {
  const log = options.log ? maskedLog(options.log, redactor) : createLog({ redactor })
  await mkdir(options.journalDir, { recursive: true, mode: 0o700 })
  const unlock = lockJournal(options.journalDir)
  const stopping = new AbortController()
  const onSignal = () => stopping.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', onSignal, { once: true })
  if (options.signal?.aborted) onSignal()
  const ends = [unlock, () => options.signal?.removeEventListener('abort', onSignal)]
  const cleanUp = () => {
    for (const end of ends) end()
  }
  try {
    return await start(definition, options, { redactor, log, stopping, cleanUp })
  } catch (error) {
    cleanUp()
    throw error
  }
}

type Base = { redactor: Redactor; log: Log; stopping: AbortController; cleanUp: () => void }

async function start<C>(definition: AgentDefinition<C>, options: RunOptions, base: Base): Promise<RunningAgent> {
  const { redactor, log, stopping } = base
  let gaveUp: UnauthenticatedError | undefined
  const link = createServerLink(log, options.tokenPatienceMs ?? Number.POSITIVE_INFINITY, (error) => {
    gaveUp = error
    stopping.abort(error)
  })
  let cipher: JournalCipher | undefined
  const token = await openTokenSource(options, async (changed) => {
    redactor.learn(changed)
    log.info('the token was changed')
    // The token works all the same; only a restart before the next change would find the journal closed.
    await cipher
      ?.changeToken(changed)
      .catch((error) => log.error('the key of the journal cannot be written', { error }))
  }).catch((error: Error) => {
    throw new ConfigurationError(error.message)
  })
  redactor.learn(await token())
  redactor.learn(options.previousToken)
  const opened = await openJournalCipher(options.journalDir, await token(), options.previousToken)
  cipher = opened.cipher

  const { caFile, proxyUrl } = options
  const userAgent = `fulcrum-agent-${definition.name}`
  const client = openClient({
    url: options.url,
    token,
    userAgent,
    ...(caFile ? { caFile } : {}),
    ...(proxyUrl ? { proxyUrl } : {}),
  })
  try {
    const read = () => client.call(agents.me, {}, { signal: stopping.signal, repeat: false })
    const agent = await link.insist('start', read, stopping.signal)
    const secrets = createSecrets(client, redactor)
    const journal = await openJournal(options.journalDir, agent.id, cipher)
    if (opened.fresh && (await journal.jobIds()).length > 0)
      log.warn('the token was changed while the agent did not run: steps of unfinished jobs cannot be read')
    const configuration = await configurationOf(definition, agent, (value) => secrets.resolve(value, stopping.signal))

    const contextFor = (signal: AbortSignal): AgentContext<C> => ({
      agent,
      configuration,
      client,
      log,
      signal,
      secret: (reference) => secrets.secret(reference, signal),
      resolve: (value) => secrets.resolve(value, signal),
      async *services() {
        // A server may list more than was asked for; the Go control plane shows all services of the provider.
        for await (const service of client.all(services.list, { query: { agentId: agent.id } }, { signal }))
          if (service.agentId === agent.id) yield service
      },
    })
    const context = contextFor(stopping.signal)
    try {
      await definition.connect?.(context)
    } catch (error) {
      if (!stopping.signal.aborted) await tellStatus(client, 'Error', log)
      throw error
    }
    stopping.signal.throwIfAborted()
    log.info('the agent works', { agent: agent.name, agentId: agent.id, actions: Object.keys(definition.handlers) })
    return work(definition, options, {
      ...base,
      agent,
      client,
      link,
      journal,
      context,
      contextFor,
      gaveUp: () => gaveUp,
    })
  } catch (error) {
    await client.close()
    throw error
  }
}

type Started<C> = Base & {
  agent: Agent
  client: FulcrumClient
  link: ReturnType<typeof createServerLink>
  journal: Awaited<ReturnType<typeof openJournal>>
  context: AgentContext<C>
  contextFor(signal: AbortSignal): AgentContext<C>
  gaveUp(): UnauthenticatedError | undefined
}

function work<C>(definition: AgentDefinition<C>, options: RunOptions, started: Started<C>): RunningAgent {
  const { agent, client, link, log, context, contextFor, stopping } = started
  const { health, metrics, handlers, tasks = [] } = definition
  const halt = new AbortController()
  const everyMs = options.heartbeatMs ?? 60_000
  const heartbeat = startHeartbeat({ health, client, link, log, everyMs, contextFor, stopping: stopping.signal })
  const jobsEnded = takeJobs({
    definition: { handlers },
    ...started,
    gate: heartbeat.gate,
    parallelJobs: Math.max(1, options.parallelJobs ?? 4),
    jobTimeoutMs: options.jobTimeoutMs ?? 600_000,
    waitSeconds: Math.min(60, Math.max(0, options.waitSeconds ?? 30)),
    stopping: stopping.signal,
    halt: halt.signal,
  })
  const beside = [heartbeat.ended]
  if (metrics) beside.push(reportMetrics({ metrics, client, link, log, context }))
  for (const task of tasks) {
    const failed = (error: unknown) => log.error('a task failed', { task: task.name, error })
    beside.push(repeat(task.everyMs, stopping.signal, () => task.run(context), failed))
  }

  let defect: unknown
  jobsEnded.catch((error) => {
    defect = error
    log.error('the agent stops because of a defect', { error })
    stopping.abort(error)
  })
  const stopped = aborted(stopping.signal).then(end)
  stopped.catch(() => undefined) // whoever is interested waits for it
  return {
    agent,
    stopped,
    stop() {
      stopping.abort(new Error('the agent stops'))
      return stopped
    },
  }

  async function end(): Promise<void> {
    log.info('the agent stops')
    const idle = Promise.allSettled([jobsEnded, ...beside])
    try {
      if (!(await within(options.stopGraceMs ?? 20_000, idle))) {
        halt.abort(new Error('the agent stops'))
        if (!(await within(HALT_MS, idle))) log.warn('some work does not end and is abandoned')
      }
      const limit = AbortSignal.timeout(HALT_MS)
      await within(
        HALT_MS,
        Promise.resolve(definition.stop?.(contextFor(limit))).catch((error) => log.error('stop failed', { error })),
      )
      await tellStatus(client, 'Disconnected', log)
    } finally {
      await client.close()
      started.cleanUp()
    }
    log.info('the agent has stopped')
    const reason = defect ?? started.gaveUp()
    if (reason) throw reason
  }
}

async function configurationOf<C>(
  definition: AgentDefinition<C>,
  agent: Agent,
  resolve: AgentContext['resolve'],
): Promise<C> {
  const resolved = await resolve(agent.configuration ?? {})
  const configuration = typeof resolved === 'object' && resolved !== null && !Array.isArray(resolved) ? resolved : {}
  try {
    return definition.parseConfiguration(configuration)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`the configuration of agent ${agent.name} is wrong: ${reason}`, { cause: error })
  }
}

function openClient(options: ConstructorParameters<typeof FulcrumClient>[0]): FulcrumClient {
  try {
    return new FulcrumClient(options)
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** False when the work takes longer. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
