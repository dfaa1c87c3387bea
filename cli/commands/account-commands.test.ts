import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { api, ended, fulcrum, id, root, start } from '../command-harness.ts'
import { TOKEN } from '../fake-api.ts'

test('login checks the token, stores it for its owner alone, and later commands use it', async () => {
  const tokenFile = join(root, 'token')
  await writeFile(tokenFile, `${TOKEN}\n`)
  const env = { FULCRUM_URL: undefined, FULCRUM_TOKEN: undefined, XDG_CONFIG_HOME: join(root, 'login') }
  const login = ['login', '--url', api.url, '--token-file', tokenFile, '--profile', 'work']
  const { code, err } = await ended(start(login, env))
  assert.equal(code, 0, err)
  assert.match(err, /as participant City; profile "work"/)
  const file = join(root, 'login', 'fulcrum', 'config.yaml')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.match(await readFile(file, 'utf8'), new RegExp(TOKEN))

  const who = await ended(start(['whoami', '-o', 'json'], env))
  assert.deepEqual(JSON.parse(who.out), { role: 'participant', name: 'City', id: id(5), url: api.url, profile: 'work' })
  assert.match((await ended(start(['profile', 'show', '-o', 'yaml'], env))).out, /name: work/)

  const elsewhere = await ended(start(['get', 'services', '--url', 'http://127.0.0.1:9'], env))
  assert.equal(elsewhere.code, 3, 'the token of a profile must not go to another server')

  assert.equal((await ended(start(['logout'], env))).code, 0)
  assert.equal((await ended(start(['whoami'], env))).code, 3)
})

test('login with a wrong token stores nothing', async () => {
  const env = { FULCRUM_TOKEN: 'wrong', XDG_CONFIG_HOME: join(root, 'nothing') }
  const { code, err } = await ended(start(['login'], env))
  assert.equal(code, 3)
  assert.match(err, /^Error: .+\n {2}Log in again with: fulcrum login\n$/)
  await assert.rejects(stat(join(root, 'nothing')))
})

test('a server that is not there ends with 9, in one line and what to do', async () => {
  const { code, err } = await ended(
    start(['get', 'jobs'], { FULCRUM_URL: 'http://127.0.0.1:9', FULCRUM_TIMEOUT: '1s' }),
  )
  assert.equal(code, 9)
  assert.match(err, /^Error: .*\n {2}Check the address/)
})

test('help names the exit codes, and completion scripts are accepted by bash', async () => {
  assert.match((await fulcrum('help', 'exit-codes')).out, /7 +the job or the service failed/)
  assert.match((await fulcrum('help')).out, /Exit codes:/)
  const script = (await fulcrum('completion', 'bash')).out
  const bash = spawn('bash', ['--norc'], { stdio: ['pipe', 'pipe', 'inherit'] })
  bash.stdin.end(`${script}\nCOMP_WORDS=(fulcrum get service-g); COMP_CWORD=2; _fulcrum; echo "\${COMPREPLY[@]}"\n`)
  assert.equal((await text(bash.stdout)).trim(), 'service-groups service-group')
})
