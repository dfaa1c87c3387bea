/** `fulcrum psql`: opens psql on a service. The password goes into its environment, never into its arguments. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { conninfo, postgresAddress } from '../connection.ts'
import { CliError } from '../errors.ts'
import { note } from '../output/terminal.ts'
import { findService } from '../service-job.ts'
import { type GlobalFlags, withSession } from '../session.ts'
import { shellWord } from '../wait.ts'

export function declare(command: Command): void {
  command
    .argument('<service>', 'name or id')
    .argument('[arguments...]', 'for psql, after --')
    .addHelpText('after', '\nExample:\n  fulcrum psql crm -- -c "select now()"')
    .action(async (service: string, rest: string[]) => await run(service, rest, command.optsWithGlobals<GlobalFlags>()))
}

async function run(idOrName: string, rest: string[], flags: GlobalFlags): Promise<void> {
  const { connection, password, name } = await withSession(flags, async (session) => {
    const service = await findService(session, idOrName)
    const address = postgresAddress(service.properties)
    if (address === undefined)
      throw new CliError('conflict', `${service.name} (${service.status}) has no host, port, database and username.`, [
        `See: fulcrum describe service ${shellWord(service.name)}`,
      ])
    const { secrets } = await session.client.call(session.contract.services.reveal, { params: { id: service.id } })
    const value = secrets.password
    return {
      connection: conninfo(address),
      password: typeof value === 'string' ? value : undefined,
      name: service.name,
    }
  })
  // Only for psql itself; the token is none of its business, nor of what is started from within it.
  const { FULCRUM_TOKEN: _, ...others } = process.env
  const env = { ...others, ...(password !== undefined && { PGPASSWORD: password }) }
  const child = spawn('psql', ['-d', connection, ...rest], { stdio: 'inherit', env })
  // Ctrl-C is for psql, which then ends a statement and not itself.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  try {
    const [code] = await once(child, 'close')
    process.exitCode = typeof code === 'number' ? code : 1
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    note(`Connect any client with: ${connection}`)
    throw new CliError('unexpected', 'psql is not installed here; install the PostgreSQL client programs.', [
      `The password: fulcrum reveal ${shellWord(name)} password`,
    ])
  } finally {
    process.removeListener('SIGINT', ignore)
  }
}
