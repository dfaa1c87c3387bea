/** `npm run serve` as a measuring script sees it: a process with an embedded database, an empty data directory and free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './demo-process.ts'

const SCRIPT = path.resolve(import.meta.dirname, '../../server/serve.ts')
const START_MS = 60_000
const STOP_MS = 40_000

export type BenchServer = {
  url: string
  adminToken: string
  pid: number
  /** Of the embedded database. */
  postmasterPid: number
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/**
 * @param env  more of its configuration
 * @throws Error with what the server said when it does not come up
 */
export async function startBenchServer(env: Record<string, string> = {}): Promise<BenchServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'fulcrum-bench-'))
  // PostgreSQL's account passes through
  chmodSync(dataDir, 0o711)
  const [port, healthPort] = [await freePort(), await freePort()]
  const adminToken = crypto.randomUUID()
  let output = ''
  const child = spawn(process.execPath, [SCRIPT], {
    env: {
      ...process.env,
      FULCRUM_DATA_DIR: dataDir,
      FULCRUM_PORT: String(port),
      FULCRUM_HEALTH_PORT: String(healthPort),
      FULCRUM_BOOTSTRAP_ADMIN_TOKEN: adminToken,
      FULCRUM_DB_DSN: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output = `${output}${text}`.slice(-4_000)
    })
  const stop = async () => {
    await end(child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    await ready(`http://127.0.0.1:${healthPort}/ready`, child)
  } catch (error) {
    await stop()
    throw new Error(`the server did not come up: ${output}`, { cause: error })
  }
  return {
    url: `http://127.0.0.1:${port}`,
    adminToken,
    pid: child.pid ?? 0,
    postmasterPid: Number(readFileSync(path.join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]),
    stop,
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it has ended')
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
  }
  throw new Error(`it is not ready after ${START_MS / 1_000} s`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(force)
}
