/** What goes wrong at the start is said in one clear line, with the right exit code, and leaves nothing running. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { command, federationOnFreePorts, freePort, type Output } from './testing/demo-process.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

let dir: string
let federation: string
before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fulcrum-start-'))
  chmodSync(dir, 0o711)
  federation = path.join(dir, 'federation.yaml')
  writeFileSync(federation, await federationOnFreePorts(1, 5))
})
after(() => rmSync(dir, { recursive: true, force: true }))

async function start(what: 'serve' | 'start', env: Record<string, string>): Promise<Output> {
  const script = what === 'serve' ? 'server/serve.ts' : 'demo/start.ts'
  const ports = { FULCRUM_PORT: String(await freePort()), FULCRUM_HEALTH_PORT: String(await freePort()) }
  return command(process.execPath, [path.join(ROOT, script)], {
    FULCRUM_DB_DSN: '',
    FULCRUM_DEMO_FILE: federation,
    ...ports,
    ...env,
  })
}

/** Exits with this code after a message of a few lines: no stack trace, no code. */
function assertClear({ code, stderr }: Output, wanted: number, message: RegExp): void {
  assert.equal(code, wanted, stderr)
  assert.match(stderr, message)
  assert.doesNotMatch(stderr, /^\s+at |node:internal|\.ts:\d+/m)
}

/** Holds a port while `run` runs. */
async function withBusyPort<T>(run: (port: string) => Promise<T>): Promise<T> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await run(String(typeof address === 'object' ? address?.port : ''))
  } finally {
    server.close()
  }
}

for (const what of ['serve', 'start'] as const)
  describe(`npm ${what === 'serve' ? 'run serve' : 'start'}`, () => {
    test('names every mistake of the configuration and exits with 2', async () => {
      const env = {
        FULCRUM_DATA_DIR: path.join(dir, `${what}-config`),
        FULCRUM_LOG_FORMAT: 'xml',
        FULCRUM_JOB_TIMEOUT_INTERVAL: 'soon',
      }
      const output = await start(what, env)
      assertClear(output, 2, /FULCRUM_JOB_TIMEOUT_INTERVAL must be a duration/)
      assert.match(output.stderr, /FULCRUM_LOG_FORMAT must be one of json, text/)
    })

    test('says which port is in use', async () => {
      await withBusyPort(async (port) => {
        const output = await start(what, { FULCRUM_DATA_DIR: path.join(dir, `${what}-port`), FULCRUM_PORT: port })
        assertClear(output, 1, new RegExp(`port is in use: ${port}`))
      })
    })

    test('says that the database cannot be reached, and never its password', async () => {
      const output = await start(what, {
        FULCRUM_DATA_DIR: path.join(dir, `${what}-dsn`),
        FULCRUM_DB_DSN: 'host=127.0.0.1 port=1 user=x password=hunter2 dbname=y',
      })
      assertClear(output, 1, /database \(FULCRUM_DB_DSN\) cannot be reached/)
      assert.doesNotMatch(output.stderr + output.stdout, /hunter2/)
    })

    test('says that the data directory cannot be used', async () => {
      const file = path.join(dir, `${what}-file`)
      writeFileSync(file, 'not a directory')
      assertClear(await start(what, { FULCRUM_DATA_DIR: file }), 1, /EEXIST|ENOTDIR|not a directory/)
    })

    test('leaves a database directory alone that it did not make', async () => {
      const data = path.join(dir, `${what}-foreign`)
      mkdirSync(path.join(data, 'postgres'), { recursive: true, mode: 0o711 })
      writeFileSync(path.join(data, 'postgres', 'precious.txt'), 'mine')
      chmodSync(data, 0o711)
      assertClear(await start(what, { FULCRUM_DATA_DIR: data }), 1, /not empty and was not made by Fulcrum/)
      assert.deepEqual(readdirSync(path.join(data, 'postgres')), ['precious.txt'])
    })
  })
