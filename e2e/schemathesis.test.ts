/**
 * Generated requests against a running server, as each role: no answer may be a defect, or one that the OpenAPI document does not
 * describe. The runs are bounded in time; what they find can be repeated by the seed that they print.
 *
 *     FULCRUM_SCHEMATHESIS_SEED=7 FULCRUM_SCHEMATHESIS_SECONDS=600 npm test -- e2e/schemathesis
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FulcrumClient } from '@fulcrum/client'
import { type BenchServer, startBenchServer } from './testing/bench-server.ts'
import { aFuzzWorld, type FuzzWorld } from './testing/fuzz-world.ts'

const FOLDER = path.resolve(import.meta.dirname, 'schemathesis')
const PROGRAM = path.resolve(import.meta.dirname, '../.venv/bin/schemathesis')
const MISSING = existsSync(PROGRAM) ? false : 'there is no .venv/bin/schemathesis: .ci/run installs it'
const SEED = process.env.FULCRUM_SCHEMATHESIS_SEED ?? '20261124'
/** Of one role. */
const SECONDS = Number(process.env.FULCRUM_SCHEMATHESIS_SECONDS ?? 20)
/** Beyond its time: start, the last request, the report. */
const GRACE_SECONDS = 60

describe('generated requests', { skip: MISSING }, () => {
  let server: BenchServer
  let world: FuzzWorld
  let dir: string
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-schemathesis-'))
    server = await startBenchServer({ FULCRUM_RATE_LIMIT_PER_TOKEN: 'off', FULCRUM_RATE_LIMIT_PER_ADDRESS: 'off' })
    world = await aFuzzWorld(new FulcrumClient({ url: server.url, token: server.adminToken }), server.url)
    await writeFile(path.join(dir, 'world.json'), JSON.stringify(world.known))
  })
  after(async () => {
    await server?.stop()
    if (dir) await rm(dir, { recursive: true, force: true })
  })

  for (const role of ['admin', 'participant', 'agent'] as const)
    test(`of an ${role} get answers that the OpenAPI document describes`, async (t) => {
      t.diagnostic(`seed ${SEED}, ${SECONDS} s`)
      const token = role === 'admin' ? server.adminToken : world.tokens[role]
      const { code, output } = await schemathesis(dir, server.url, token)
      assert.equal(code, 0, output)
      // how far a run gets in its time depends on the machine: it is said, so that green does not pass for complete
      const tried = Number(/(\d+) generated/.exec(output)?.[1])
      t.diagnostic(`${tried} requests to ${/Tested: (\d+)/.exec(output)?.[1]} operations`)
      // one in which nothing was tried would be just as green
      assert.ok(tried >= 20, output)
    })
})

/** The token stays out of its output: schemathesis writes [Filtered] instead. */
async function schemathesis(dir: string, url: string, token: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    PROGRAM,
    [
      '--config-file=schemathesis.toml',
      'run',
      `${url}/api/v1/openapi.json`,
      `--header=Authorization: Bearer ${token}`,
      '--phases=examples,coverage,fuzzing,stateful',
      `--max-time=${SECONDS}`,
      `--seed=${SEED}`,
      '--no-color',
    ],
    {
      cwd: FOLDER,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (SECONDS + GRACE_SECONDS) * 1_000,
      env: {
        PATH: process.env.PATH,
        HOME: dir,
        PYTHONDONTWRITEBYTECODE: '1',
        HYPOTHESIS_STORAGE_DIRECTORY: path.join(dir, 'hypothesis'),
        SCHEMATHESIS_WORLD: path.join(dir, 'world.json'),
      },
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  return { code: await promise, output }
}
