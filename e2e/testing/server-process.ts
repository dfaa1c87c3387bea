/** `npm run serve` on a database that others use as well: a process with fixed ports that is killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './demo-process.ts'

const SCRIPT = path.resolve(import.meta.dirname, '../../server/serve.ts')
const START_MS = 60_000
const STOP_MS = 40_000
const LOOK_MS = 50

export type ServerProcess = {
  readonly url: string
  readonly healthUrl: string
  /** False from a kill until it is started again. */
  readonly running: boolean
  /** Starts it on its ports and waits until it is ready. @throws Error with what it said when it does not come up */
  start(): Promise<void>
  /** Sends a signal to the process as it is now. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Ends it orderly; nothing happens when it does not run. */
  stop(): Promise<void>
  /** The last that it said. */
  output(): string
}

/** A server that is not started yet. */
export async function newServerProcess(env: Record<string, string>): Promise<ServerProcess> {
  const [port, healthPort] = [await freePort(), await freePort()]
  let child: ChildProcess | undefined
  let output = ''
  const isRunning = (of = child) => of !== undefined && of.exitCode === null && of.signalCode === null
  const end = async (signal: NodeJS.Signals) => {
    const ending = child
    if (!ending || !isRunning(ending)) return
    const exited = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill(signal)
    const force = setTimeout(() => ending.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(force)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    healthUrl: `http://127.0.0.1:${healthPort}`,
    get running() {
      return isRunning()
    },
    async start() {
      child = spawn(process.execPath, [SCRIPT], {
        env: {
          ...process.env,
          ...env,
          FULCRUM_PORT: String(port),
          FULCRUM_HEALTH_PORT: String(healthPort),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (text) => {
          output = `${output}${text}`.slice(-8_000)
        })
      for (const until = performance.now() + START_MS; performance.now() < until; await sleep(LOOK_MS)) {
        if (!isRunning()) break
        const answer = await fetch(`http://127.0.0.1:${healthPort}/ready`).catch(() => undefined)
        if (answer?.ok) return
      }
      await end('SIGKILL')
      throw new Error(`the server did not come up: ${output}`)
    },
    signal: (name) => void child?.kill(name),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    output: () => output,
  }
}
