/** `fulcrum action`: any lifecycle action; `start` and `stop` are shortcuts for it. */
import type { Command } from 'commander'
import { addWaitOptions, outputOption, timeoutMs } from '../command.ts'
import { usage } from '../errors.ts'
import { checkAllowed } from '../lifecycle.ts'
import { findService, type ServiceFlags, settle } from '../service-job.ts'
import { withSession } from '../session.ts'

/** Actions that have a command of their own, because they need more than their name. */
const OWN_COMMANDS: Readonly<Record<string, string>> = {
  update: 'fulcrum update',
  delete: 'fulcrum delete',
}

export function declare(command: Command): void {
  addWaitOptions(command.argument('<service>', 'name or id').argument('<action>', 'one of the lifecycle of its type'))
    .addOption(outputOption())
    .action(async (service: string, action: string) => {
      await runAction(service, action, command.optsWithGlobals<ServiceFlags>())
    })
}

/** A command that runs one fixed action. */
export function declareShortcut(command: Command, action: string): void {
  addWaitOptions(command.argument('<service>', 'name or id'))
    .addOption(outputOption())
    .action(async (service: string) => await runAction(service, action, command.optsWithGlobals<ServiceFlags>()))
}

async function runAction(idOrName: string, action: string, flags: ServiceFlags): Promise<void> {
  timeoutMs(flags)
  const own = Object.hasOwn(OWN_COMMANDS, action) ? OWN_COMMANDS[action] : undefined
  if (own !== undefined) throw usage(`Use ${own} for ${action}.`)
  await withSession(flags, async (session) => {
    const service = await findService(session, idOrName)
    checkAllowed(service, action)
    await session.client.call(session.contract.services.action, { params: { id: service.id, action } })
    await settle(session, service, action, flags)
  })
}
