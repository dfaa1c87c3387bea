/** Questions to a person. Each has a flag that answers it; without a terminal the flag is needed. */
import { CliError, usage } from './errors.ts'
import { isInteractive, printable } from './output/terminal.ts'

const cancelled = () => new CliError('interrupted', 'Cancelled; nothing was done.')

/** @throws CliError (usage) without a terminal, naming `flag`; (interrupted) on Ctrl-C */
export async function ask(message: string, flag: string, options: { hidden?: boolean } = {}): Promise<string> {
  if (!isInteractive()) throw usage(`${message} is needed: give it with ${flag}.`)
  const { isCancel, password, text } = await import('@clack/prompts')
  const prompt = options.hidden ? password : text
  const validate = (value: string | undefined) => (value?.trim() ? undefined : 'Needed.')
  const answer = await prompt({ message, validate, output: process.stderr })
  if (isCancel(answer)) throw cancelled()
  return answer.trim()
}

/**
 * Lets a person type the name of what will be gone.
 *
 * @throws CliError (usage) without a terminal, (interrupted) when something else was typed
 */
export async function confirmByName(what: string, name: string): Promise<void> {
  if (!isInteractive()) throw usage(`Deleting ${what} needs --yes where nobody can be asked.`)
  const { isCancel, text } = await import('@clack/prompts')
  const message = printable(`Delete ${what}? Type "${name}" to confirm.`)
  const answer = await text({ message, output: process.stderr })
  if (isCancel(answer) || answer.trim() !== name) throw cancelled()
}
