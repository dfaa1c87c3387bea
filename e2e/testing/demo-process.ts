/** `npm start` as a test sees it: a process with a data directory and ports of its own, driven through the command line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processStart } from '@fulcrum/managed-postgres'
import { parse, stringify } from 'yaml'

const ROOT = path.resolve(import.meta.dirname, '../..')
const START_MS = 120_000
const STOP_MS = 60_000
const COMMAND_MS = 180_000

export type Output = { code: number; stdout: string; stderr: string }

export type DemoProcess = {
  url: string
  dataDir: string
  /** What it printed so far. */
  output(): string
  process: ChildProcess
  adminToken: string
  /** Runs the command line as the participant of this name, or as the admin. */
  fulcrum(who: string, ...args: string[]): Promise<Output>
  /** Token of a provider, consumer or agent. */
  token(name: string): string
  /** Pid of a process of the demo: `server`, or an agent's name. */
  pid(name: string): number
  /** Ctrl-C, waits for the end. @returns the exit code */
  interrupt(): Promise<number>
  /** Starts it again on the same data. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  dispose(): Promise<void>
}

/**
 * @param providers  how many providers of the demo to keep, from the first on; fewer start faster
 * @param ports      size of each provider's pool of database ports
 */
export async function startDemoProcess({
  providers = 3,
  ports = 30,
  env = {} as Record<string, string>,
} = {}): Promise<DemoProcess> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'fulcrum-e2e-'))
  // PostgreSQL's account passes through
  chmodSync(dataDir, 0o711)
  const [port, healthPort] = [await freePort(), await freePort()]
  const file = path.join(dataDir, 'federation.yaml')
  writeFileSync(file, await federationOnFreePorts(providers, ports))
  const environment = {
    ...process.env,
    FULCRUM_DATA_DIR: dataDir,
    FULCRUM_PORT: String(port),
    FULCRUM_HEALTH_PORT: String(healthPort),
    FULCRUM_DEMO_FILE: file,
    FULCRUM_DB_DSN: '',
    ...env,
  }
  const url = `http://127.0.0.1:${port}`
  let run = await launch(environment).catch(async (error: unknown) => {
    await endLeftovers(dataDir)
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  })
  const fileOf = (name: string) => path.join(dataDir, 'demo', name)
  const token = (name: string) => readFileSync(fileOf(path.join('tokens', slug(name))), 'utf8').trim()

  return {
    url,
    dataDir,
    output: () => run.text(),
    get process() {
      return run.child
    },
    get adminToken() {
      return token('admin')
    },
    token,
    fulcrum: (who, ...args) =>
      fulcrum(args, { FULCRUM_URL: url, FULCRUM_TOKEN: token(who), FULCRUM_CONFIG: fileOf('cli.yaml') }),
    pid: (name) => Number(readFileSync(fileOf(`${name}.pid`), 'utf8').split(' ')[0]),
    interrupt: () => end(run.child, 'SIGINT'),
    restart: async () => {
      run = await launch(environment)
    },
    dispose: async () => {
      await end(run.child, 'SIGINT')
      await endLeftovers(dataDir)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Runs `fulcrum` as a process. */
export function fulcrum(args: readonly string[], env: Record<string, string>): Promise<Output> {
  return command(process.execPath, [path.join(ROOT, 'cli/fulcrum.js'), ...args], env)
}

export function command(program: string, args: readonly string[], env: Record<string, string>): Promise<Output> {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')]
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? -1, stdout: stdout(), stderr: stderr() })
    })
  })
}

async function launch(env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; text: () => string }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'demo/start.ts')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')]
  const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')))
  const until = performance.now() + START_MS
  while (!stdout().includes('Ctrl-C stops everything')) {
    const pause = new Promise<'pause'>((resolve) => setTimeout(() => resolve('pause'), 50))
    const outcome = await Promise.race([ended, pause])
    if (outcome === 'ended' || performance.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`npm start did not come up: ${stdout()}\n${stderr()}`)
    }
  }
  return { child, text: () => stdout() + stderr() }
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  const chunks: Buffer[] = []
  child[stream]?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? -1
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  child.kill(signal)
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  const code = await exited
  clearTimeout(force)
  return code
}

/** What a start that was killed has left running: nobody else would end it. */
async function endLeftovers(dataDir: string): Promise<void> {
  const remembered = (file: string) => readFileSync(file, 'utf8').split(/[ \n]/)
  const children = globSync(path.join(dataDir, 'demo/*.pid')).flatMap((file) => {
    const [pid, start] = remembered(file)
    return start !== undefined && processStart(Number(pid)) === start ? [Number(pid)] : []
  })
  const postmasters = globSync(path.join(dataDir, '{.,demo/agents/*}/postgres/data/postmaster.pid'))
  const left = [...children, ...postmasters.map((file) => Number(remembered(file)[0]))].filter(processStart)
  // a postmaster takes its backends along at SIGQUIT only
  for (const pid of left) process.kill(pid, children.includes(pid) ? 'SIGKILL' : 'SIGQUIT')
  for (const until = performance.now() + STOP_MS; left.some(processStart) && performance.now() < until; )
    await sleep(50)
}

/** The demo's own federation, with ports that nobody uses now, and room for as many databases. */
export async function federationOnFreePorts(providers: number, poolSize: number): Promise<string> {
  const federation = parse(readFileSync(path.join(ROOT, 'demo/federation.yaml'), 'utf8'))
  federation.providers = federation.providers.slice(0, providers)
  for (const provider of federation.providers) {
    for (const agent of provider.agents) agent.server.port = await freePort()
    for (const pool of provider.pools) {
      pool.from = await freeRange(poolSize)
      pool.to = pool.from + poolSize - 1
    }
    for (const terms of provider.terms) terms.capacityUnits = poolSize
  }
  return stringify(federation)
}

/** A port of the system's choice that was free a moment ago. */
export function freePort(): Promise<number> {
  return tryPort(0)
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The first of so many free ports in a row, below those that the system gives out by itself. */
async function freeRange(size: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const from = 15_000 + Math.floor(Math.random() * 17_000)
    const all = Array.from({ length: size }, (_, index) => tryPort(from + index))
    const results = await Promise.allSettled(all)
    if (results.every(({ status }) => status === 'fulfilled')) return from
  }
  throw new Error(`no ${size} free ports in a row were found`)
}

function slug(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
