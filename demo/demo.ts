/** The demo as a whole: what it starts, in which order, and how it ends. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FulcrumClient } from '@fulcrum/client'
import type { JsonObject } from '@fulcrum/contract'
import { type ManagedPostgres, startPostgres, systemInstallations } from '@fulcrum/managed-postgres'
import { stringify } from 'yaml'
import { type Child, type ChildSpec, endLeftover, lastLines, runChild } from './child.ts'
import type { AgentEntry, Federation } from './federation.ts'
import { loadFederation } from './load.ts'
import { type DemoTokens, demoTokens } from './tokens.ts'
import { welcomeText } from './welcome.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const READY_MS = 60_000
const PROBE_MS = 100
const RESTART_PAUSE_MS = 1_000

/** The demo cannot run; the message is for a person. */
export class StartError extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'StartError'
    this.exitCode = exitCode
  }
}

export type DemoOptions = { federation: Federation; dataDir: string; say: (line: string) => void }

export class Demo {
  readonly #options: DemoOptions
  readonly #dir: string
  readonly #url: string
  readonly #healthUrl: string
  readonly #children: Child[] = []
  readonly #databases = new Map<string, ManagedPostgres>()
  readonly #failure = Promise.withResolvers<string>()
  #tokens: DemoTokens | undefined
  #stopping = false

  constructor(options: DemoOptions) {
    this.#options = options
    this.#dir = path.join(options.dataDir, 'demo')
    const host = process.env.FULCRUM_HOST ?? '127.0.0.1'
    const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
    this.#url = `http://${reachable}:${process.env.FULCRUM_PORT || 3000}`
    this.#healthUrl = `http://${reachable}:${process.env.FULCRUM_HEALTH_PORT || 8081}`
  }

  /** Resolves with the reason when a process ended that is not worth starting again. */
  get failed(): Promise<string> {
    return this.#failure.promise
  }

  /** @throws StartError, PostgresStartError, FulcrumError */
  async start(): Promise<void> {
    const { federation, dataDir, say } = this.#options
    mkdirSync(dataDir, { recursive: true, mode: 0o755 })
    // PostgreSQL's account passes through to the directories that it owns
    chmodSync(dataDir, 0o711)
    mkdirSync(path.join(this.#dir, 'agents'), { recursive: true, mode: 0o711 })
    const agents = federation.providers.flatMap((provider) => provider.agents)
    for (const name of ['server', ...agents.flatMap(({ name: agent }) => [agent, `${agent}-gateway`])])
      await endLeftover(this.#dir, name)

    say('Starting the server and the PostgreSQL of each provider …')
    const tokens = demoTokens(this.#dir, this.#url)
    this.#tokens = tokens
    const outcomes = await Promise.allSettled([
      this.#startServer(tokens.admin),
      ...agents.map((agent) => (agent.server ? this.#startDatabase(agent, agent.server.port) : undefined)),
    ])
    throwAll(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : [])))

    const client = new FulcrumClient({ url: this.#url, token: tokens.admin })
    try {
      const loaded = await loadFederation(client, federation, (agent) => this.#configuration(agent))
      for (const agent of agents) await tokens.ensureAgent(client, agent.name, loaded.agents.get(agent.name) ?? '')
      for (const { name } of [...federation.providers, ...federation.consumers])
        await tokens.ensureParticipant(client, name, loaded.participants.get(name) ?? '')
    } finally {
      await client.close()
    }
    for (const agent of agents) this.#startAgent(agent, tokens.file(agent.name))
  }

  welcome(): string {
    const { federation } = this.#options
    if (!this.#tokens) throw new Error('the demo has not started')
    return welcomeText({ url: this.#url, federation, tokens: this.#tokens, logs: this.#dir })
  }

  /** Agents first, so that they report what they are doing, then the server, then the databases below them. */
  async stop(): Promise<void> {
    this.#stopping = true
    const [server, ...others] = this.#children
    await Promise.all(others.map((child) => child.stop()))
    await server?.stop(35_000)
    await Promise.all([...this.#databases.values()].map((database) => database.stop()))
  }

  async #startServer(adminToken: string): Promise<void> {
    // what keeps the server from its first start does not go away by trying again
    let wasReady = false
    const child = this.#run({
      mayRestart: () => wasReady,
      name: 'server',
      script: path.join(ROOT, 'server/serve.ts'),
      env: { FULCRUM_DATA_DIR: this.#options.dataDir, FULCRUM_BOOTSTRAP_ADMIN_TOKEN: adminToken, ...this.#stores() },
      dir: this.#dir,
    })
    const ended = child.ended.then((code) => ({ code }))
    for (const until = performance.now() + READY_MS; performance.now() < until; ) {
      const outcome = await Promise.race([ended, this.#isReady()])
      if (typeof outcome === 'object') throw new StartError(lastLines(child.log, 6), outcome.code)
      if (outcome) {
        wasReady = true
        return
      }
    }
    throw new StartError(`the server is not ready after ${READY_MS / 1000} s; its log: ${child.log}`, 1)
  }

  /** The federation's vaults as directories of the demo, unless the environment names stores of its own. */
  #stores(): Record<string, string> {
    const { vaults = [] } = this.#options.federation
    if (vaults.length === 0 || process.env.FULCRUM_ARTIFACT_STORES) return {}
    const stores = vaults.map((vault) => {
      const directory = path.join(this.#dir, 'vaults', vault.name)
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      return { ...vault, kind: 'directory', path: path.resolve(directory) }
    })
    const file = path.join(this.#dir, 'artifact-stores.yaml')
    writeFileSync(file, stringify({ stores }), { mode: 0o600 })
    return { FULCRUM_ARTIFACT_STORES: file }
  }

  async #isReady(): Promise<boolean> {
    await sleep(PROBE_MS)
    return fetch(`${this.#healthUrl}/ready`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    )
  }

  /** A PostgreSQL with its own client programs is preferred, because dumps are faster with them; else the bundled one. */
  async #startDatabase(agent: AgentEntry, port: number): Promise<void> {
    const installation = systemInstallations().find(({ pgDump, pgRestore }) => pgDump && pgRestore)
    const start = () =>
      startPostgres({
        dir: path.join(this.#agentDir(agent), 'postgres'),
        tcpPort: port,
        settings: { max_connections: '200' },
        ...(installation && { installation }),
      })
    const database = await start()
    this.#databases.set(agent.name, database)
    void this.#keepDatabase(agent.name, database, start)
  }

  async #keepDatabase(name: string, first: ManagedPostgres, start: () => Promise<ManagedPostgres>): Promise<void> {
    let database = first
    for (;;) {
      await database.exited
      if (this.#stopping) return
      this.#options.say(`The PostgreSQL of ${name} has ended: starting it again`)
      await sleep(RESTART_PAUSE_MS)
      if (this.#stopping) return
      try {
        database = await start()
        this.#databases.set(name, database)
      } catch (error) {
        this.#options.say(`The PostgreSQL of ${name} does not start: ${error instanceof Error ? error.message : error}`)
      }
    }
  }

  #configuration(agent: AgentEntry): JsonObject {
    const database = this.#databases.get(agent.name)
    return {
      ...(database && { serverDsn: database.url, host: '127.0.0.1', port: database.port }),
      ...agent.configuration,
    }
  }

  #startAgent(agent: AgentEntry, tokenFile: string): void {
    const dir = this.#agentDir(agent)
    const routes = path.join(dir, 'routes.json')
    this.#run({
      name: `${agent.name}-gateway`,
      script: path.join(ROOT, 'agents/postgres/gateway/main.ts'),
      args: ['--routes', routes],
      env: {},
      dir: this.#dir,
    })
    this.#run({
      name: agent.name,
      script: path.join(ROOT, 'agents/postgres/main.ts'),
      env: {
        FULCRUM_URL: this.#url,
        FULCRUM_TOKEN_FILE: tokenFile,
        FULCRUM_AGENT_DATA_DIR: path.join(dir, 'journal'),
        FULCRUM_POSTGRES_ROUTES_FILE: routes,
      },
      dir: this.#dir,
    })
  }

  #agentDir(agent: AgentEntry): string {
    const dir = path.join(this.#dir, 'agents', agent.name)
    mkdirSync(dir, { recursive: true, mode: 0o711 })
    return dir
  }

  #run(spec: Omit<ChildSpec, 'fatalCodes'>): Child {
    // the server's 2 and an agent's 77 and 78 (token refused, configuration) do not go away by trying again
    const child = runChild({ ...spec, fatalCodes: FATAL_CODES }, (name) =>
      this.#options.say(`${name} has ended: starting it again (log: ${child.log})`),
    )
    this.#children.push(child)
    void child.ended.then((code) => {
      if (!this.#stopping)
        this.#failure.resolve(`${spec.name} ended with code ${code}; its log: ${child.log}\n${lastLines(child.log, 3)}`)
    })
    return child
  }
}

const FATAL_CODES = [2, 77, 78]

/** @throws StartError with a line for each reason; nothing when there is none */
function throwAll(reasons: readonly unknown[]): void {
  if (reasons.length === 0) return
  const lines = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)))
  const exitCodes = reasons.map((reason) => (reason instanceof StartError ? reason.exitCode : 1))
  throw new StartError(lines.join('\n'), Math.max(...exitCodes))
}
