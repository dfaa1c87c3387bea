/** A Keycloak as a test needs it: a process of its own on a free loopback port, with data that is gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { javaEnvironment } from '@fulcrum/server/testing/maven'
import { freePort } from '../testing/demo-process.ts'
import { type Distribution, javaArguments, keycloakDistribution, linkPrograms } from './distribution.ts'

const START_MS = 180_000
const STOP_MS = 30_000
const ADMIN = 'admin'

export type KeycloakProcess = {
  url: string
  /** The account that rules the realm `master`. */
  admin: { username: string; password: string }
  /** Ends the process and leaves its data. */
  stop(): Promise<void>
  /** Ends the process and removes its data. */
  dispose(): Promise<void>
}

/** @throws Error with what Keycloak said when it does not come up */
export async function startKeycloak(): Promise<KeycloakProcess> {
  const distribution = await keycloakDistribution(makeTables)
  const home = await mkdtemp(path.join(tmpdir(), 'fulcrum-keycloak-'))
  try {
    await linkPrograms(distribution, home)
    await cp(path.join(distribution.directory, 'data'), path.join(home, 'data'), { recursive: true })
    const password = await readFile(passwordFile(distribution), 'utf8')
    const port = await freePort()
    const child = await launch(home, port, password)
    const stop = () => end(child)
    return {
      url: `http://127.0.0.1:${port}`,
      admin: { username: ADMIN, password },
      stop,
      dispose: async () => {
        await stop()
        await rm(home, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
}

const passwordFile = ({ directory }: Distribution) => path.join(directory, 'admin-password')

/** Runs Keycloak once, which makes its tables and its first account: half of the time of a start. */
async function makeTables(home: string): Promise<void> {
  const password = crypto.randomUUID()
  await writeFile(passwordFile({ directory: home }), password, { mode: 0o600 })
  await end(await launch(home, await freePort(), password))
  if (!existsSync(path.join(home, 'data/h2'))) throw new Error(`Keycloak has left no data in ${home}`)
  await chmod(path.join(home, 'data'), 0o700)
}

async function launch(home: string, port: number, password: string): Promise<ChildProcess> {
  const options = ['--http-enabled=true', '--hostname-strict=false', '--http-host=127.0.0.1', `--http-port=${port}`]
  const child = spawn('java', javaArguments(home, ['start', '--optimized', ...options]), {
    cwd: home,
    env: javaEnvironment({ KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN, KC_BOOTSTRAP_ADMIN_PASSWORD: password }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output = `${output}${text}`.slice(-4_000)
    })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  try {
    await Promise.race([failed, answers(`http://127.0.0.1:${port}/realms/master`, child)])
    return child
  } catch (error) {
    await end(child)
    throw new Error(`Keycloak did not come up: ${output}`, { cause: error })
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(200)) {
    if (hasEnded(child)) throw new Error('it has ended')
    const response = await fetch(url).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return
  }
  throw new Error(`it does not answer after ${START_MS / 1_000} s`)
}

const hasEnded = (child: ChildProcess) =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(force)
}
