/** The command tree. Commands are stubs with a summary until they are named; then their file adds the rest. */
import { Command } from 'commander'
import { COMMANDS } from './commands/index.ts'
import { EXIT_CODES, usage } from './errors.ts'
import { print } from './output/terminal.ts'

const AFTER = `
Environment: FULCRUM_URL, FULCRUM_TOKEN, FULCRUM_PROFILE, FULCRUM_CONFIG (file with the profiles),
FULCRUM_TIMEOUT (longest time of one call, 10s), FULCRUM_DEBUG (1: more about an error), NO_COLOR
Flags go before the environment, the environment before the profile.
Exit codes: 0 done, 2 usage, 3 not logged in, 4 not permitted, 5 not found, 6 conflict, 7 failed, 8 timed out,
9 server unavailable, 10 different; all of them: fulcrum help exit-codes`

export function buildProgram(version: string): Command {
  const program = new Command('fulcrum')
    .description('Order and run cloud resources of many providers through a Fulcrum server.')
    .version(version, '-V, --version', 'print the version')
    .option('--url <url>', 'address of the server')
    .option('--token-file <file>', 'file with the API token, - for standard input')
    .option('--profile <name>', 'profile to use')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText('after', AFTER)
    .exitOverride()
    .hook('preSubcommand', async (_program, command) => {
      await complete(command)
    })
  for (const { name, summary, heading } of COMMANDS) program.addCommand(stub(program, name, summary).helpGroup(heading))
  program.addCommand(helpCommand(program).helpGroup('More:'))
  return program
}

/** Loads what a stub stands for. */
export async function complete(command: Command): Promise<Command> {
  const entry = COMMANDS.find(({ name }) => name === command.name())
  if (entry !== undefined) (await entry.load()).declare(command, complete)
  return command
}

function stub(program: Command, name: string, summary: string): Command {
  const command = new Command(name).copyInheritedSettings(program).summary(summary)
  return command.description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
}

function helpCommand(program: Command): Command {
  return new Command('help')
    .copyInheritedSettings(program)
    .summary('help for a command; help exit-codes')
    .argument('[topic]', 'a command, or exit-codes')
    .argument('[subcommand]')
    .action(async (topic: string | undefined, subcommand: string | undefined) => {
      if (topic === undefined) return print(helpOf(program))
      if (topic === 'exit-codes') return print(EXIT_CODES)
      const command = program.commands.find((known) => known.name() === topic)
      if (command === undefined) throw usage(`There is no help for "${topic}". See: fulcrum help`)
      const inner = (await complete(command)).commands.find((known) => known.name() === subcommand)
      print(helpOf(inner ?? command))
    })
}

function helpOf(command: Command): string {
  return command.parent === null ? command.helpInformation() + AFTER : command.helpInformation()
}
