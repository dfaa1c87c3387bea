/** Which server and which token a command talks with: flags before environment before profile. */
import type { FulcrumClient } from '@fulcrum/client'
import { CliError, usage } from './errors.ts'
import { readInput } from './input.ts'
import { parseDurationMs } from './output/format.ts'
import { note } from './output/terminal.ts'
import { checkUrl, configPath, type Profile, readConfig } from './profiles.ts'

export type Contract = typeof import('@fulcrum/contract')

/** Flags that every command takes. */
export type GlobalFlags = { url?: string; tokenFile?: string; profile?: string }

export type Target = Profile & { profile?: string }

/** A connection for the time of one command; `close` it in the end. */
export type Session = { client: FulcrumClient; contract: Contract; target: Target }

/**
 * @throws CliError (usage) when a named profile or file is missing, (unauthenticated) when there is no address or no token
 */
export async function findTarget(flags: GlobalFlags, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const chosen = flags.profile ?? env.FULCRUM_PROFILE
  const config = await readConfig(configPath(env), note)
  const name = chosen ?? config.current
  const profile = name === undefined ? undefined : config.profiles[name]
  if (chosen !== undefined && profile === undefined)
    throw usage(`There is no profile "${chosen}".`, [`Known: ${Object.keys(config.profiles).join(', ') || 'none'}`])

  const given = flags.url ?? env.FULCRUM_URL
  const url = given === undefined ? profile?.url : checkUrl(given)
  if (url === undefined) throw new CliError('unauthenticated', 'No server is known. Run: fulcrum login')
  const fromFile = flags.tokenFile === undefined ? undefined : await readToken(flags.tokenFile)
  // The token of a profile goes to the server of that profile and to no other.
  const stored = profile?.url === url ? profile : undefined
  const token = fromFile ?? env.FULCRUM_TOKEN ?? stored?.token
  if (!token)
    throw new CliError('unauthenticated', `There is no token for ${url}.`, [
      'Run fulcrum login, or give one with --token-file or FULCRUM_TOKEN.',
    ])
  return { ...stored, url, token, ...(stored !== undefined && name !== undefined && { profile: name }) }
}

/** A person waits: an address where nothing answers is told soon. Waiting for a job has its own, longer time. */
const CALL_TIMEOUT = '10s'

export async function connect(target: Target): Promise<Session> {
  const [{ FulcrumClient }, contract] = await Promise.all([import('@fulcrum/client'), import('@fulcrum/contract')])
  const { url, token, caFile, proxyUrl } = target
  const timeoutMs = parseDurationMs(process.env.FULCRUM_TIMEOUT || CALL_TIMEOUT)
  const options = { url, token, userAgent: 'fulcrum-cli', timeoutMs }
  const client = new FulcrumClient({ ...options, ...(caFile && { caFile }), ...(proxyUrl && { proxyUrl }) })
  return { client, contract, target }
}

/** Connects, runs, and closes also when it fails. */
export async function withSession<T>(flags: GlobalFlags, run: (session: Session) => Promise<T>): Promise<T> {
  const session = await connect(await findTarget(flags))
  try {
    return await run(session)
  } finally {
    await session.client.close()
  }
}

/** Reads a token from a file, or from standard input for `-`. */
export async function readToken(path: string): Promise<string> {
  const token = (await readInput(path)).trim()
  if (token === '' || /\s/.test(token)) throw usage(`${path} does not hold exactly one token.`)
  return token
}
