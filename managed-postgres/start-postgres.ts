/** Runs a PostgreSQL server in a directory: creates it, recovers it, adopts one that is still running, stops it. */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  chooseInstallation,
  clusterMajor,
  createCluster,
  readOrCreateSecret,
  SUPERUSER,
  writeAccessRules,
} from './cluster.ts'
import { type Place, preparePlace, prepareSocketDir, removeSocketDir, writePrivate } from './directories.ts'
import { toStartError } from './errors.ts'
import type { Installation } from './installations.ts'
import { type Release, takeOwnership } from './ownership.ts'
import { becomesReady, findSurvivor, isStopping, launch, type Postmaster, stop } from './postmaster.ts'
import { removeOtherRuntimes, runnableBinDir } from './runtime-copy.ts'
import { checkPort, SOCKET_PORT, serverArguments } from './server-arguments.ts'

/** A server that accepts connections. */
export type ManagedPostgres = {
  /** Connects as superuser `fulcrum` to database `postgres`, over TCP if a port was given, else over the socket. Secret. */
  url: string
  socketDir: string
  /** The TCP port, or the number in the socket's name. */
  port: number
  /** For example `18.4`. */
  version: string
  pid: number
  /** True when the server was still running from an earlier supervisor. */
  adopted: boolean
  /** Ends the server in order, within 20 s, then by force. The directory is free afterwards. */
  stop(): Promise<void>
  /** Resolves when the server has ended, for whatever reason; then it can be started again. */
  exited: Promise<void>
}

export type StartOptions = {
  /** Created when it is missing; see `directories.ts` for what is in it. Up to about 200 characters. */
  dir: string
  /** Listen on 127.0.0.1 too, 1 to 65535. Without it only on the private Unix socket. */
  tcpPort?: number
  /** Server parameters, for example `{ max_connections: '20' }`; where to listen and whom to let in cannot be set. */
  settings?: Record<string, string>
  /** By default the one whose major matches existing data, else the bundled one. */
  installation?: Installation
  /** False gives up safety in a power cut for speed; for tests. Default true. */
  durable?: boolean
  /** Gets a line for each unusual step, such as the adoption of a survivor. Never secrets. */
  log?: (line: string) => void
  /** Ends the attempt to start; without effect once the server runs. */
  signal?: AbortSignal
}

// an adopted server is not our child, so its end is seen by looking
const ADOPTED_POLL_MS = 250

/**
 * Starts PostgreSQL in `options.dir`, or takes over the one that runs there without a supervisor. A survivor that was
 * started with other settings or another version is stopped and started anew.
 *
 * @example
 * const postgres = await startPostgres({ dir: '/var/lib/fulcrum/postgres' })
 * const pool = new pg.Pool({ connectionString: postgres.url })
 * await postgres.stop()
 *
 * @throws PostgresStartError with one sentence about what is in the way
 * @throws the reason of `options.signal` when that is aborted before the server is ready
 */
export async function startPostgres(options: StartOptions): Promise<ManagedPostgres> {
  try {
    options.signal?.throwIfAborted()
    const place = preparePlace(options.dir)
    const release = takeOwnership(place)
    try {
      return await startOwned(options, place, release)
    } catch (error) {
      release()
      throw error
    }
  } catch (error) {
    throw toStartError(error, options.dir)
  }
}

async function startOwned(options: StartOptions, place: Place, release: Release): Promise<ManagedPostgres> {
  const major = clusterMajor(place.dataDir)
  const installation = chooseInstallation(options.installation, major)
  const secret = readOrCreateSecret(place, major !== undefined)
  const socketDir = prepareSocketDir(place, options.tcpPort ?? SOCKET_PORT, secret)
  try {
    return await startCluster(options, { place, release, major, installation, secret, socketDir })
  } catch (error) {
    removeSocketDir(place, socketDir)
    throw error
  }
}

type Prepared = {
  place: Place
  release: Release
  /** Of the cluster that exists. */
  major: number | undefined
  installation: Installation
  secret: string
  socketDir: string
}

async function startCluster(options: StartOptions, prepared: Prepared): Promise<ManagedPostgres> {
  const { tcpPort, settings = {}, durable = true, log = () => {}, signal } = options
  const { place, release, major, installation, secret, socketDir } = prepared
  const args = serverArguments({ dataDir: place.dataDir, socketDir, tcpPort, settings, durable })
  const binDir = await runnableBinDir(installation, place)
  const command = [path.join(binDir, 'postgres'), ...args]

  const describe = (postmaster: Postmaster, adopted: boolean): ManagedPostgres => ({
    ...supervise(postmaster, () => {
      removeSocketDir(place, socketDir)
      release()
    }),
    url: connectionUrl(secret, socketDir, tcpPort),
    socketDir,
    port: tcpPort ?? SOCKET_PORT,
    version: installation.version,
    pid: postmaster.pid,
    adopted,
  })

  const survivor = await findSurvivor(place, socketDir, signal)
  if (survivor) {
    const usable = wasStartedWith(command, place) && !isStopping(place.dataDir)
    if (usable && (await becomesReady(survivor, place, signal))) {
      log(`adopted the running PostgreSQL, process ${survivor.pid}`)
      return describe(survivor, true)
    }
    log(`PostgreSQL, process ${survivor.pid}, runs with other settings or is stopping; it is started anew`)
    await stop(survivor)
    await findSurvivor(place, socketDir, signal)
  }
  if (tcpPort !== undefined) await checkPort(tcpPort)
  await removeOtherRuntimes(binDir, place)
  if (major === undefined) await createCluster(place, binDir, installation.major, durable, signal)
  writeAccessRules(place, tcpPort !== undefined)
  writePrivate(commandFile(place), JSON.stringify(command), place.account)
  const [program, ...rest] = command
  return describe(await launch(program ?? '', rest, place, signal), false)
}

function supervise(postmaster: Postmaster, onEnd: () => void): Pick<ManagedPostgres, 'stop' | 'exited'> {
  const exited = ended(postmaster).then(onEnd)
  let stopping: Promise<void> | undefined
  return {
    exited,
    stop() {
      stopping ??= stop(postmaster).then(() => exited)
      return stopping
    },
  }
}

/** Waits without keeping this process alive. */
async function ended(postmaster: Postmaster): Promise<void> {
  const { child } = postmaster
  if (child && !postmaster.isGone()) {
    await new Promise<void>((resolve) => child.once('exit', () => resolve()))
    return
  }
  while (!postmaster.isGone()) await sleep(ADOPTED_POLL_MS, undefined, { ref: false })
}

function connectionUrl(secret: string, socketDir: string, tcpPort: number | undefined): string {
  const user = `${SUPERUSER}:${encodeURIComponent(secret)}`
  return tcpPort === undefined
    ? `postgres://${user}@/postgres?host=${encodeURIComponent(socketDir)}`
    : `postgres://${user}@127.0.0.1:${tcpPort}/postgres`
}

function commandFile(place: Place): string {
  return path.join(place.base, 'command.json')
}

/** Written before each start, so a survivor was started with what the file says. */
function wasStartedWith(command: string[], place: Place): boolean {
  try {
    return fs.readFileSync(commandFile(place), 'utf8') === JSON.stringify(command)
  } catch {
    return false
  }
}
