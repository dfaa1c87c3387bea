/** `fulcrum profile`: the stored servers. Tokens are never printed. */
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { usage } from '../errors.ts'
import { serialize, toFormat } from '../output/format.ts'
import { table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { type Config, configPath, type Profile, readConfig, writeConfig } from '../profiles.ts'
import { forgetProfile } from './logout.ts'

export function declare(command: Command): void {
  const list = command.command('list').summary('list the profiles').addOption(outputOption())
  list.action(async () => await printProfiles(list.optsWithGlobals<OutputFlags>(), Object.keys))
  command.command('use').summary('choose the profile that is used from now on').argument('<name>').action(use)
  const show = command.command('show').summary('show one profile').argument('[name]').addOption(outputOption())
  show.action(async (name: string | undefined) => {
    const flags = show.optsWithGlobals<OutputFlags>()
    await printProfiles(flags, (_, config) => [
      name ?? flags.profile ?? process.env.FULCRUM_PROFILE ?? config.current ?? '',
    ])
  })
  command.command('delete').summary('forget a profile').argument('<name>').action(forgetProfile)
}

async function printProfiles(
  flags: OutputFlags,
  choose: (profiles: Record<string, Profile>, config: Config) => string[],
): Promise<void> {
  const config = await readConfig(configPath(process.env), note)
  const shown = choose(config.profiles, config).map((name) => {
    const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined
    if (profile === undefined)
      throw usage(name === '' ? 'There is no profile in use.' : `There is no profile "${name}".`)
    const { token: _, ...rest } = profile
    return { name, current: name === config.current, ...rest }
  })
  const format = toFormat(flags.output)
  if (format === 'json' || format === 'yaml') return print(await serialize(format, shown))
  if (format === 'name') return print(shown.map(({ name }) => name).join('\n'))
  const rows = shown.map(({ name, current, url, proxyUrl }) => [current ? '*' : '', name, url, proxyUrl ?? '-'])
  print(table(['', 'NAME', 'URL', 'PROXY'], rows))
}

async function use(name: string): Promise<void> {
  const path = configPath(process.env)
  const { profiles } = await readConfig(path)
  if (!Object.hasOwn(profiles, name))
    throw usage(`There is no profile "${name}".`, [`Known: ${Object.keys(profiles).join(', ') || 'none'}`])
  await writeConfig(path, { current: name, profiles }, process.env)
  note(`Profile "${name}" is now in use.`)
}
