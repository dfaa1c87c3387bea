/** `fulcrum login`: checks address and token by a call, then stores them. */
import type { Command } from 'commander'
import { usage } from '../errors.ts'
import { identify, identityText } from '../identity.ts'
import { note } from '../output/terminal.ts'
import { checkProfileName, checkUrl, configPath, type Profile, readConfig, writeConfig } from '../profiles.ts'
import { ask } from '../prompts.ts'
import { connect, type GlobalFlags, readToken } from '../session.ts'

type Flags = GlobalFlags & { token?: string; caFile?: string; proxy?: string }

export function declare(command: Command): void {
  command
    .option(
      '--token <token>',
      'API token; other users of this machine may see it, so prefer --token-file or the question',
    )
    .option('--ca-file <file>', 'certificates to trust besides those of the system, PEM')
    .option('--proxy <url>', 'HTTP proxy to go through')
    .addHelpText('after', '\nExample:\n  fulcrum login --url https://fulcrum.example --profile work')
    .action(async () => await run(command.optsWithGlobals<Flags>()))
}

async function run(flags: Flags): Promise<void> {
  if (flags.token !== undefined && flags.tokenFile !== undefined) throw usage('Give --token or --token-file, not both.')
  const name = checkProfileName(flags.profile ?? process.env.FULCRUM_PROFILE ?? 'default')
  const path = configPath(process.env)
  const config = await readConfig(path, note)
  const url = checkUrl(flags.url ?? process.env.FULCRUM_URL ?? (await ask('Address of the server', '--url')))
  const token = await findToken(flags)
  const profile: Profile = {
    url,
    token,
    ...(flags.caFile && { caFile: flags.caFile }),
    ...(flags.proxy && { proxyUrl: flags.proxy }),
  }
  const session = await connect(profile)
  try {
    const identity = await identify(session)
    await writeConfig(path, { current: name, profiles: { ...config.profiles, [name]: profile } }, process.env)
    note(`Logged in to ${url} as ${identityText(identity)}; profile "${name}" is now in use.`)
  } finally {
    await session.client.close()
  }
  if (url.startsWith('http:') && !isLocal(url)) note('Warning: http:// sends the token unprotected; use https://.')
}

async function findToken(flags: Flags): Promise<string> {
  if (flags.tokenFile !== undefined) return await readToken(flags.tokenFile)
  const given = flags.token ?? process.env.FULCRUM_TOKEN
  return given ?? (await ask('API token', '--token-file', { hidden: true }))
}

function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}
