/**
 * Keycloak for tests: fetched, checked, built for a quick start, and kept. The first time takes a minute or two, later there is nothing
 * to do.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cached, DEPENDENCY_PLUGIN, javaEnvironment, runProgram, whyNoMaven } from '@fulcrum/server/testing/maven'

const VERSION = '26.5.6'
const SHA256 = '490189d9dff05272432d51f71a069462eeca97f2920a694d539a1e6c26a5a347'
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`
/** Counts up when what is prepared below changes. */
const LAYOUT = 1
const FETCH_MS = 600_000
const BUILD_MS = 300_000
const OLDEST_JAVA = 17

/** What a Keycloak is started from: its programs, and data with the tables made. */
export type Distribution = { directory: string }

/** Why no Keycloak can run here, for whoever reads that a test was skipped; null when it can. */
export function whyNoKeycloak(): string | null {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (java.error) return 'java is not installed: Keycloak needs Java 17 or later'
  const version = Number(/version "(\d+)/.exec(java.stderr)?.[1] ?? 0)
  if (version < OLDEST_JAVA) return `java is version ${version}: Keycloak needs Java 17 or later`
  return whyNoMaven('Keycloak')
}

/**
 * The prepared distribution, made when it is not in the cache. Several may do so at once: the first that is ready stays.
 *
 * @param makeTables  starts and stops a Keycloak in this home, which fills its `data`
 * @throws Error when it cannot be fetched, or is not what it should be
 */
export async function keycloakDistribution(makeTables: (home: string) => Promise<void>): Promise<Distribution> {
  const directory = await cached(`keycloak-${VERSION}-${LAYOUT}`, async (work) => {
    const unpacked = await fetch(work)
    await runJava(unpacked, ['build', '--db=dev-file', '--cache=local'])
    await makeTables(unpacked)
    return unpacked
  })
  return { directory }
}

async function fetch(work: string): Promise<string> {
  const maven = (goal: string, ...options: string[]) =>
    runProgram(
      'mvn',
      ['-B', '-q', ...options, `${DEPENDENCY_PLUGIN}:${goal}`, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${work}`],
      // it leaves marks where it runs
      { limitMs: FETCH_MS, cwd: work },
    )
  await maven('copy')
  const zip = path.join(work, `keycloak-quarkus-dist-${VERSION}.zip`)
  const hash = createHash('sha256')
  await pipeline(createReadStream(zip), hash)
  const found = hash.digest('hex')
  if (found !== SHA256) throw new Error(`Keycloak ${VERSION} has SHA-256 ${found}, not ${SHA256}`)
  await maven('unpack', '-o')
  return path.join(work, `keycloak-${VERSION}`)
}

/** A home for one run: the programs of the distribution, and room for data of its own. */
export async function linkPrograms({ directory }: Distribution, home: string): Promise<void> {
  for (const name of ['lib', 'conf', 'providers', 'themes'])
    await symlink(path.join(directory, name), path.join(home, name), 'dir')
}

const MEMORY = ['-Xms64m', '-Xmx512m', '-XX:MaxMetaspaceSize=256m']
/** A short run is over before the second compiler pays. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData']
/** What Keycloak's own start script sets. */
const NEEDED = [
  '--add-opens=java.base/java.util=ALL-UNNAMED',
  '--add-opens=java.base/java.util.concurrent=ALL-UNNAMED',
  '--add-opens=java.base/java.security=ALL-UNNAMED',
  '-Dfile.encoding=UTF-8',
  '-Duser.language=en',
  '-Duser.country=US',
  '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
  '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
  '-Dpicocli.disable.closures=true',
  '-Dquarkus-log-max-startup-records=10000',
]

/** Arguments of `java` for a command of Keycloak. Java itself instead of the start script: its pid is the one to end. */
export function javaArguments(home: string, command: readonly string[]): string[] {
  return [
    ...MEMORY,
    ...QUICK_START,
    ...NEEDED,
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${path.join(home, 'conf')}`,
    `-Djava.io.tmpdir=${home}`,
    '-cp',
    path.join(home, 'lib/quarkus-run.jar'),
    'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
    ...command,
  ]
}

function runJava(home: string, command: readonly string[]): Promise<void> {
  return runProgram('java', javaArguments(home, command), { limitMs: BUILD_MS, env: javaEnvironment() })
}
