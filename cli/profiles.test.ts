import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { CliError } from './errors.ts'
import { checkProfileName, checkUrl, configPath, readConfig, writeConfig } from './profiles.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fulcrum-profiles-'))
})
afterEach(async () => await rm(root, { recursive: true }))

const mode = async (path: string) => (await stat(path)).mode & 0o777

test('the file comes back as it was written, readable by its owner alone, without leftovers', async () => {
  const env = { XDG_CONFIG_HOME: root }
  const path = configPath(env)
  const config = { current: 'work', profiles: { work: { url: 'https://a.example', token: 't', caFile: '/ca.pem' } } }
  await writeConfig(path, config, env)
  assert.deepEqual(await readConfig(path), config)
  assert.equal(await mode(path), 0o600)
  assert.equal(await mode(dirname(path)), 0o700)
  assert.deepEqual(await readdir(dirname(path)), ['config.yaml'])
})

test('an open directory and an open file of ours are closed when they are written', async () => {
  const env = { XDG_CONFIG_HOME: root }
  const path = configPath(env)
  await mkdir(dirname(path), { mode: 0o755 })
  await writeFile(path, '', { mode: 0o644 })
  await writeConfig(path, { profiles: {} }, env)
  assert.equal(await mode(dirname(path)), 0o700)
  assert.equal(await mode(path), 0o600)
})

test('a directory that the caller chose keeps its mode', async () => {
  await chmod(root, 0o755)
  const env = { FULCRUM_CONFIG: join(root, 'fulcrum.yaml') }
  await writeConfig(configPath(env), { profiles: {} }, env)
  assert.equal(await mode(root), 0o755)
  assert.equal(await mode(join(root, 'fulcrum.yaml')), 0o600)
})

test('a file that others can read is told', async () => {
  const path = join(root, 'config.yaml')
  await writeFile(path, 'profiles: {}', { mode: 0o644 })
  await chmod(path, 0o644)
  const told: string[] = []
  await readConfig(path, (line) => told.push(line))
  assert.match(told.join(), /chmod 600/)
})

test('a broken file is refused without quoting what is in it', async () => {
  const path = join(root, 'config.yaml')
  await writeFile(path, 'profiles: {a: {token: "very-secret', { mode: 0o600 })
  await assert.rejects(readConfig(path), (error) => error instanceof CliError && !error.message.includes('very-secret'))
})

test('a missing file has no profiles', async () => {
  assert.deepEqual(await readConfig(join(root, 'none')), { profiles: {} })
})

test('addresses lose their trailing slash and API path, and may hold no password', () => {
  assert.equal(checkUrl('https://a.example/'), 'https://a.example')
  assert.equal(checkUrl('https://a.example/fulcrum/api/v1/'), 'https://a.example/fulcrum')
  for (const bad of ['a.example', 'ftp://a.example', 'https://u:p@a.example'])
    assert.throws(() => checkUrl(bad), CliError)
})

test('names of profiles are plain words', () => {
  assert.equal(checkProfileName('work-1'), 'work-1')
  for (const bad of ['', '-x', 'a b', '__proto__']) assert.throws(() => checkProfileName(bad), CliError)
})
