/** `fulcrum completion`: scripts for shells, made from the command tree itself, so that they know what this version knows. */
import { type Command, CommanderError } from 'commander'
import { type Known, SHELLS } from '../completion-scripts.ts'
import { usage } from '../errors.ts'
import { print } from '../output/terminal.ts'
import { RESOURCES } from '../resources.ts'

/** @param complete  loads what a stub stands for */
export function declare(command: Command, complete: (stub: Command) => Promise<Command>): void {
  command
    .argument('<shell>', Object.keys(SHELLS).join(', '))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(fulcrum completion bash)\n  fulcrum completion zsh > ~/.zfunc/_fulcrum\n  fulcrum completion fish > ~/.config/fish/completions/fulcrum.fish',
    )
    .action(async (shell: string) => {
      const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
      if (write === undefined) throw usage(`${shell} is not known; use ${Object.keys(SHELLS).join(', ')}.`)
      if (command.parent === null) throw new CommanderError(1, 'completion', 'no program')
      print(write(await treeOf(command.parent, complete)))
    })
}

async function treeOf(program: Command, complete: (stub: Command) => Promise<Command>): Promise<Known[]> {
  const commands: Known[] = []
  const global = flagsOf(program).filter((flag) => flag !== '--version' && flag !== '-V')
  for (const command of program.commands) {
    // This one is complete already; a second time its arguments would be there twice.
    if (command.name() !== 'completion') await complete(command)
    commands.push(known(command, global))
  }
  return commands
}

function known(command: Command, global: string[]): Known {
  const subcommands = command.commands.map((inner) => known(inner, global))
  const [first] = command.registeredArguments
  return {
    name: command.name(),
    summary: command.summary(),
    flags: [...new Set([...flagsOf(command), ...subcommands.flatMap(({ flags }) => flags), ...global, '--help'])],
    words: [...subcommands.map(({ name }) => name), ...wordsFor(command.name(), first?.name())],
  }
}

function wordsFor(command: string, argument: string | undefined): string[] {
  if (command === 'completion') return Object.keys(SHELLS)
  if (command === 'watch') return ['services']
  if (command === 'why') return ['job']
  if (argument !== 'resource' && argument !== 'service-or-resource') return []
  return RESOURCES.flatMap(({ name, singular, short }) => [name, singular, ...short])
}

function flagsOf(command: Command): string[] {
  return command.options.flatMap(({ short, long }) => [long, short]).filter((flag) => typeof flag === 'string')
}
