/**
 * How much of the time of a command the audit log takes: the same orders with it and without it, in turns, in one run on one database.
 * Prints the ratio. A program to run by hand (`npx node server/testing/measure-audit.ts [rounds] [orders]`), not a test: times are not
 * the same twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { settleAudit, startAuditLog } from '../audit/index.ts'
import { aFederation } from './federation.ts'
import { startTestServer } from './test-server.ts'

const [rounds = 8, orders = 60] = process.argv.slice(2).map(Number)
/** As many consumers as order at the same time. */
const AT_ONCE = 4

const server = await startTestServer({ FULCRUM_AUDIT_LOG: 'false', FULCRUM_DB_POOL_SIZE: '16' })
try {
  const federation = await aFederation(server)
  const groups = await Promise.all(Array.from({ length: AT_ONCE }, () => federation.group()))

  /** Orders of all consumers. @returns milliseconds for each */
  const run = async (): Promise<number> => {
    const start = performance.now()
    await Promise.all(
      groups.map(async (group) => {
        for (let n = 0; n < orders; n++) await federation.order({}, group)
      }),
    )
    return (performance.now() - start) / (orders * AT_ONCE)
  }
  const withLog = async (): Promise<number> => {
    const stop = startAuditLog(server.platform)
    const ms = await run()
    await stop()
    return ms
  }
  /** What the turn before has left over is not for the next one to do. */
  const settle = async () => {
    await settleAudit(server.platform)
    await sleep(100)
  }
  const entries = async (): Promise<number> => (await server.admin.get('/audit/entries?limit=1')).body.size
  await run()
  await settle()
  const before = await entries()
  const alone = { ms: await run(), appendMs: 0 }
  // the events of these orders, numbered already, in as few batches as there can be
  await server.admin.get('/events?pageSize=1')
  const start = performance.now()
  await settleAudit(server.platform)
  alone.appendMs = (performance.now() - start) / (orders * AT_ONCE)
  const events = ((await entries()) - before) / (orders * AT_ONCE)
  process.stdout.write(
    `an order: ${alone.ms.toFixed(2)} ms, ${events.toFixed(1)} events; their entries in whole batches: ${alone.appendMs.toFixed(3)} ms\n`,
  )
  const pairs: { off: number; on: number }[] = []
  for (let round = 0; round < rounds; round++) {
    await settle()
    // now the one is first, now the other: tables grow, and machines get warm
    const first = round % 2 === 0 ? await run() : await withLog()
    await settle()
    const second = round % 2 === 0 ? await withLog() : await run()
    const [off, on] = round % 2 === 0 ? [first, second] : [second, first]
    pairs.push({ off, on })
    process.stdout.write(`round ${round + 1}: ${off.toFixed(2)} ms without, ${on.toFixed(2)} ms with\n`)
  }
  const ratios = pairs.map(({ off, on }) => on / off).toSorted((a, b) => a - b)
  const sum = (of: number[]) => of.reduce((total, one) => total + one, 0)
  const all = sum(pairs.map(({ on }) => on)) / sum(pairs.map(({ off }) => off))
  const middle = ratios.slice(Math.ceil(ratios.length / 2) - 1, Math.floor(ratios.length / 2) + 1)
  const median = sum(middle) / middle.length
  process.stdout.write(
    `an order with the log takes ${all.toFixed(3)} of the time without; median ${median.toFixed(3)}\n`,
  )
} finally {
  await server.stop()
}
