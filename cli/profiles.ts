/** Profiles: servers and tokens that `fulcrum login` stored, in one YAML file that only its owner can read. */
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { usage } from './errors.ts'

export type Profile = { url: string; token: string; caFile?: string; proxyUrl?: string }
export type Config = { current?: string; profiles: Record<string, Profile> }

type Environment = Readonly<Record<string, string | undefined>>

/** Path of the file: $FULCRUM_CONFIG, else $XDG_CONFIG_HOME/fulcrum/config.yaml, else ~/.config/fulcrum/config.yaml. */
export function configPath(env: Environment): string {
  if (env.FULCRUM_CONFIG) return env.FULCRUM_CONFIG
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'fulcrum', 'config.yaml')
}

/**
 * Reads the profiles; a missing file has none.
 *
 * @param warn  told when others can read the file
 * @throws CliError (usage) when the file is not a list of profiles
 */
export async function readConfig(path: string, warn: (line: string) => void = () => {}): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (text.trim() === '') return { profiles: {} }
  const readableByOthers = process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0
  if (readableByOthers) warn(`${path} holds tokens and others can read it; run: chmod 600 ${path}`)
  const { parse } = await import('yaml')
  return toConfig(path, parseQuietly(parse, path, text))
}

/** Replaces the file in one step, so that a crash leaves the old or the new one: mode 0600 in a directory of mode 0700. */
export async function writeConfig(path: string, config: Config, env: Environment): Promise<void> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // A directory that the caller chose may serve others too; ours is closed even when it existed before.
  if (!env.FULCRUM_CONFIG) await chmod(directory, 0o700)
  const { stringify } = await import('yaml')
  const temporary = `${path}.${process.pid}.new`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(stringify(config))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** @throws CliError (usage) when the name would be awkward in a shell or in YAML */
export function checkProfileName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    throw usage(`"${name}" is not a profile name: use letters, digits, dot, dash and underscore.`)
  return name
}

/** @throws CliError (usage) when it is no http address or carries a password */
export function checkUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usage('The address must look like https://fulcrum.example.')
  if (url.username !== '' || url.password !== '') throw usage('The address must not hold a user or a password.')
  return url.href.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
}

function parseQuietly(parse: (text: string) => unknown, path: string, text: string): unknown {
  try {
    return parse(text)
  } catch {
    // The parser quotes the lines around the mistake, and those hold tokens.
    throw usage(`${path} is not valid YAML; mend or delete it.`)
  }
}

function toConfig(path: string, value: unknown): Config {
  const file = isRecord(value) ? value : {}
  const stored = isRecord(file.profiles) ? file.profiles : {}
  const profiles: Record<string, Profile> = {}
  for (const [name, entry] of Object.entries(stored)) {
    if (!isRecord(entry) || typeof entry.url !== 'string' || typeof entry.token !== 'string')
      throw usage(`${path}: profile "${name}" needs url and token; mend it or log in again.`)
    profiles[name] = {
      url: entry.url,
      token: entry.token,
      ...(typeof entry.caFile === 'string' && { caFile: entry.caFile }),
      ...(typeof entry.proxyUrl === 'string' && { proxyUrl: entry.proxyUrl }),
    }
  }
  return { ...(typeof file.current === 'string' && { current: file.current }), profiles }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
