/**
 * Programs in Java that tests are run against: fetched with Maven by the settings of this machine, checked by who asks for them, and
 * kept in a cache directory: `FULCRUM_TEST_CACHE`, else `~/.cache/fulcrum-tests`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** Fetches and unpacks what it is told. */
export const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

/** Why `what` cannot be fetched here, for whoever reads that a test was skipped; null when it can. */
export function whyNoMaven(what: string): string | null {
  if (spawnSync('mvn', ['-version'], { stdio: 'ignore' }).error)
    return `mvn is not installed: ${what} is fetched with Maven`
  return null
}

/**
 * What `prepare` makes, from the cache when it is there. Several may make it at once: the first that is ready stays.
 *
 * @param name  of what is prepared, with everything that it depends on
 * @param prepare  given an empty directory; answers the directory below it that is kept
 */
export async function cached(name: string, prepare: (work: string) => Promise<string>): Promise<string> {
  const cache = process.env.FULCRUM_TEST_CACHE || path.join(os.homedir(), '.cache/fulcrum-tests')
  const directory = path.join(cache, name)
  if (existsSync(directory)) return directory
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(path.join(cache, `${name}-incoming-`))
  try {
    await rename(await prepare(work), directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return directory
}

/** Runs a program to its end. @throws Error with the last of its output when it fails or takes longer than `limitMs` */
export async function runProgram(
  program: string,
  args: readonly string[],
  { limitMs, env, cwd }: { limitMs: number; env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<void> {
  const child = spawn(program, args, {
    ...(env && { env }),
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output = `${output}${text}`.slice(-4_000)
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args.slice(-4).join(' ')} ended with ${code}: ${output}`)
}

/** Nothing of our own environment changes how a Java program runs. */
export function javaEnvironment(more: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', ...(process.env.JAVA_HOME && { JAVA_HOME: process.env.JAVA_HOME }), ...more }
}
