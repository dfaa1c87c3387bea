/** The gateway's process: `node agents/postgres/gateway/main.ts --routes FILE`. It logs JSON lines and ends on SIGTERM or SIGINT. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startGateway } from './gateway.ts'
import type { Log } from './listener.ts'

const { values } = parseArgs({ options: { routes: { type: 'string' } } })
if (!values.routes) {
  process.stderr.write('usage: node agents/postgres/gateway/main.ts --routes FILE\n')
  process.exit(2)
}

const log: Log = (event, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
}
// A closed log is no reason to end tenants' connections.
process.stdout.on('error', () => {})

const gateway = await startGateway(resolve(values.routes), log)
log('started', { pid: process.pid })

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    void gateway.close().then(() => {
      log('stopped', { signal })
      process.exitCode = 0
    })
  })
