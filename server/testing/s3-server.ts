/**
 * A real S3 server for tests: S3Proxy on a directory of this machine. Fetched, checked and kept; the first time takes half a minute.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { cached, DEPENDENCY_PLUGIN, javaEnvironment, runProgram, whyNoMaven } from './maven.ts'

const VERSION = '2.7.0'
/** Of the lines `name digest` of all jars in the order of their names. */
const SHA256 = '020d1dc52306fdcc583f2b2da08fa296a3c09e691c20b52c0fd297e287f5abd6'
/** Counts up when the list of what is fetched changes. */
const LAYOUT = 1
const FETCH_MS = 300_000
const START_MS = 60_000

/** Without the clouds that S3Proxy can also stand before. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fulcrum.tests</groupId>
  <artifactId>s3proxy</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.gaul</groupId>
      <artifactId>s3proxy</artifactId>
      <version>${VERSION}</version>
      <exclusions>
        <exclusion><groupId>com.azure</groupId><artifactId>*</artifactId></exclusion>
        <exclusion><groupId>com.amazonaws</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
`
/** It says its port at INFO, and at DEBUG a thousand lines more. */
const LOGBACK = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%msg%n</pattern></encoder></appender>
  <root level="INFO"><appender-ref ref="out"/></root>
</configuration>
`

export const S3_KEY = 'test-key-id'
export const S3_SECRET = 'test-secret-that-no-log-may-show'
export const S3_BUCKET = 'vault'

export type S3Server = {
  endpoint: string
  /** Where an object of the bucket lies, to be tampered with. */
  fileOf(name: string): string
  /** Ends it as a crash would; `start` continues on the same port and data. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Why no S3 server can run here, for whoever reads that a test was skipped; null when it can. */
export function whyNoS3(): string | null {
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).error) return 'java is not installed: S3Proxy needs it'
  return whyNoMaven('S3Proxy')
}

/** Starts a server with an empty bucket on any free port. */
export async function startS3(): Promise<S3Server> {
  const jars = await fetchJars()
  const home = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-s3-'))
  await mkdir(path.join(home, 'data', S3_BUCKET), { recursive: true })
  await writeFile(path.join(home, 'logback.xml'), LOGBACK)
  let child: ChildProcess | undefined
  let port = 0
  const kill = async () => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const closed = new Promise((resolve) => running.once('close', resolve))
    running.kill('SIGKILL')
    await closed
  }
  const start = async () => {
    await writeFile(path.join(home, 's3proxy.conf'), configuration(port, home))
    child = spawn('java', javaArguments(jars, home), {
      env: javaEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    port = await portOf(child).catch(async (error: unknown) => {
      await kill()
      throw error
    })
  }
  try {
    await start()
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    fileOf: (name) => path.join(home, 'data', S3_BUCKET, name),
    kill,
    start,
    stop: async () => {
      await kill()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function configuration(port: number, home: string): string {
  return [
    `s3proxy.endpoint=http://127.0.0.1:${port}`,
    's3proxy.authorization=aws-v2-or-v4',
    `s3proxy.identity=${S3_KEY}`,
    `s3proxy.credential=${S3_SECRET}`,
    'jclouds.provider=filesystem-nio2',
    `jclouds.filesystem.basedir=${path.join(home, 'data')}`,
    'jclouds.identity=unused',
    'jclouds.credential=unused',
    '',
  ].join('\n')
}

function javaArguments(jars: string, home: string): string[] {
  return [
    '-Xmx192m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    `-Djava.io.tmpdir=${home}`,
    `-Dlogback.configurationFile=${path.join(home, 'logback.xml')}`,
    '-cp',
    path.join(jars, '*'),
    'org.gaul.s3proxy.Main',
    '--properties',
    path.join(home, 's3proxy.conf'),
  ]
}

async function portOf(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('S3Proxy has no output')
  const tooLate = setTimeout(() => child.kill('SIGKILL'), START_MS)
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      const port = /Started ServerConnector.*\{127\.0\.0\.1:(\d+)\}/.exec(line)?.[1]
      if (port === undefined) continue
      child.stdout.resume()
      return Number(port)
    }
  } finally {
    clearTimeout(tooLate)
  }
  throw new Error(`S3Proxy did not start: ${lines.slice(-5).join(' | ')}`)
}

/** The jars, fetched when they are not in the cache. */
function fetchJars(): Promise<string> {
  return cached(`s3proxy-${VERSION}-${LAYOUT}`, async (work) => {
    await writeFile(path.join(work, 'pom.xml'), POM)
    const jars = path.join(work, 'jars')
    const copy = [`${DEPENDENCY_PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`]
    await runProgram('mvn', ['-B', '-q', ...copy], { limitMs: FETCH_MS, cwd: work })
    const found = await digestOfAll(jars)
    if (found !== SHA256) throw new Error(`the jars of S3Proxy ${VERSION} have SHA-256 ${found}, not ${SHA256}`)
    return jars
  })
}

async function digestOfAll(directory: string): Promise<string> {
  const all = createHash('sha256')
  for (const name of (await readdir(directory)).toSorted()) {
    const digest = createHash('sha256').update(await readFile(path.join(directory, name)))
    all.update(`${name} ${digest.digest('hex')}\n`)
  }
  return all.digest('hex')
}
