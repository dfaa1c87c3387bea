/** `fulcrum logout`: forgets a profile with its token. The token itself stays valid until it expires or is deleted. */
import type { Command } from 'commander'
import { usage } from '../errors.ts'
import { note } from '../output/terminal.ts'
import { configPath, readConfig, writeConfig } from '../profiles.ts'
import type { GlobalFlags } from '../session.ts'

export function declare(command: Command): void {
  command.action(async () => await forgetProfile(command.optsWithGlobals<GlobalFlags>().profile))
}

/** @param name  the profile in use when not given; @throws CliError (usage) when there is none */
export async function forgetProfile(name: string | undefined): Promise<void> {
  const path = configPath(process.env)
  const { current, profiles } = await readConfig(path)
  const chosen = name ?? process.env.FULCRUM_PROFILE ?? current
  if (chosen === undefined || !Object.hasOwn(profiles, chosen))
    throw usage(chosen === undefined ? 'Nobody is logged in.' : `There is no profile "${chosen}".`)
  const { [chosen]: gone, ...rest } = profiles
  await writeConfig(
    path,
    { ...(current !== undefined && current !== chosen && { current }), profiles: rest },
    process.env,
  )
  note(`Forgot profile "${chosen}" (${gone?.url}). Its token stays valid at the server until it expires or is deleted.`)
}
