/**
 * `npm test`: type check, lint, then every test, on one PostgreSQL that is started for them and gone afterwards.
 *
 *     npm test                    everything
 *     npm run test:quick          checks, and what takes little time: for in between
 *     npm test -- server/jobs     only files whose path contains one of the words; no checks
 */
import { spawn, spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { startTestPostgres } from '@fulcrum/managed-postgres'

const TEST_FILES =
  '{contract,schema,sovereignty,managed-postgres,client,server,cli,agent-sdk,agents,demo,e2e}/**/*.test.ts'

/** Not in the quick run: what starts many processes or back ends, waits for time to pass, or asks thousands of questions. */
const TAKES_TIME = [
  /^(agents|agent-sdk|demo|e2e|managed-postgres)\//,
  /^cli\/commands\//,
  /^client\/artifacts/,
  /^server\/(artifacts|event-feed|go-import|keycloak-users|sign-in)\//,
  /^server\/(audit|compliance|credentials|evacuations|exposure|migrations|placement|portability)\//,
  /^server\/(exit|self|sovereignty-policies|sovereignty-profiles)\/.*-routes\.test/,
  /^server\/(api-pages|authorization|database-away|hard-input|operations)\.test\.ts$/,
  /^server\/services\/service-flow/,
  /^server\/workers\/(retention|worker)\.test/,
  /^schema\/limits/,
  /\.fuzz\.test\.ts$/,
]

const { values, positionals: words } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (words.length === 0) check()
process.exit(await runTests(chooseFiles()))

function chooseFiles(): string[] {
  return globSync(TEST_FILES, { exclude: (name) => name === 'node_modules' })
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .filter((file) => !values.quick || !TAKES_TIME.some((pattern) => pattern.test(file)))
    .toSorted()
}

function check(): void {
  for (const [command, ...args] of [
    ['tsc', '--noEmit'],
    ['biome', 'check', '.'],
  ] as const) {
    const { status } = spawnSync(command, args, { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
}

/** @returns the exit code of the test runner */
async function runTests(files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    process.stderr.write('no test file matches\n')
    return 2
  }
  const postgres = await startTestPostgres()
  const { promise, resolve } = Promise.withResolvers<number>()
  const runner = spawn(
    process.execPath,
    ['--test', `--test-concurrency=${Math.min(2, availableParallelism())}`, '--test-timeout=900000', ...files],
    { stdio: 'inherit', env: { ...process.env, FULCRUM_TEST_DSN: postgres.url } },
  )
  // the runner is told by the terminal, too; it ends its files first
  const ignore = () => {}
  process.on('SIGINT', ignore)
  process.on('SIGTERM', () => runner.kill('SIGTERM'))
  runner.once('exit', (code) => resolve(code ?? 1))
  const code = await promise
  await postgres.stop()
  return code
}
