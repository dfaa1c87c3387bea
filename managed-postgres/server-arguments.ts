/** The command line of the server, and whether its TCP port can be had. */
import net from 'node:net'
import { errorCode, PostgresStartError } from './errors.ts'

/** The number in the socket's name when no TCP port is open. */
export const SOCKET_PORT = 5432

// what decides who can reach the server, and what this room relies on
const OURS = [
  'config_file',
  'data_directory',
  'external_pid_file',
  'hba_file',
  'ident_file',
  'listen_addresses',
  'logging_collector',
  'port',
  'unix_socket_directories',
  'unix_socket_group',
  'unix_socket_permissions',
]

// loses data in a power cut, but not when processes are killed: commits still reach the kernel
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' }

/**
 * The arguments for `postgres`: ours, defaults, and what the caller sets over the defaults.
 *
 * @throws PostgresStartError when a setting has no possible name or is one that this room decides
 */
export function serverArguments(options: {
  dataDir: string
  socketDir: string
  tcpPort: number | undefined
  settings: Record<string, string>
  durable: boolean
}): string[] {
  const { tcpPort } = options
  if (tcpPort !== undefined && !(Number.isInteger(tcpPort) && tcpPort >= 1 && tcpPort <= 65_535))
    throw new PostgresStartError(`${tcpPort} is not a TCP port; give a number from 1 to 65535`)
  for (const [name, value] of Object.entries(options.settings)) {
    if (OURS.includes(name.toLowerCase())) throw new PostgresStartError(`the setting ${name} cannot be changed`)
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name) || value.includes('\0'))
      throw new PostgresStartError(`${JSON.stringify(name)} is not a PostgreSQL setting`)
  }
  const settings = {
    max_connections: '100',
    shared_buffers: '128MB',
    ...(options.durable ? {} : NOT_DURABLE),
    ...options.settings,
    listen_addresses: tcpPort === undefined ? '' : '127.0.0.1',
    port: String(tcpPort ?? SOCKET_PORT),
    // a list of names; quoted, so that a comma or a space belongs to the name
    unix_socket_directories: `"${options.socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
  }
  return ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/**
 * Finds out whether 127.0.0.1:`port` can be listened on, by doing so for a moment.
 *
 * @throws PostgresStartError `port 5433 is in use`, or why else not
 */
export async function checkPort(port: number): Promise<void> {
  const server = net.createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve)
    })
  } catch (cause) {
    if (errorCode(cause) === 'EADDRINUSE') throw new PostgresStartError(`port ${port} is in use`, { cause })
    const reason = errorCode(cause) === 'EACCES' ? 'only root may use it' : String(cause)
    throw new PostgresStartError(`port ${port} cannot be used: ${reason}`, { cause })
  }
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
