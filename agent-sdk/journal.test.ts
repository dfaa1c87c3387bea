import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openJournal } from './journal.ts'
import { openJournalCipher } from './journal-cipher.ts'
import { JournalInUseError, lockJournal } from './journal-lock.ts'

const AGENT = randomUUID()
const JOB = randomUUID()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function open(token = 'token', previousToken?: string) {
  const { cipher, fresh } = await openJournalCipher(dir, token, previousToken)
  return { journal: await openJournal(dir, AGENT, cipher), cipher, fresh }
}

describe('the journal of a job', () => {
  test('remembers attempts, results and the decision', async () => {
    const first = await (await open()).journal.open(JOB)
    assert.equal(await first.beginAttempt(), 1)
    await first.beginStep('begun only')
    await first.endStep('make', { password: 'p' })
    await first.endStep('nothing', null)
    await first.decide({ kind: 'fail', body: { errorMessage: 'no' } })
    await first.close()

    const { journal } = await open()
    assert.deepEqual(await journal.jobIds(), [JOB])
    const second = await journal.open(JOB)
    assert.equal(second.attempts, 1)
    assert.deepEqual(second.resultOf('make'), { result: { password: 'p' } })
    assert.deepEqual(second.resultOf('nothing'), { result: null })
    assert.equal(second.resultOf('begun only'), undefined)
    assert.deepEqual(second.decided, { kind: 'fail', body: { errorMessage: 'no' } })
    assert.equal(await second.beginAttempt(), 2)
    await second.remove()
    assert.deepEqual(await journal.jobIds(), [])
  })

  test('is unreadable on disk and for others', async () => {
    const memory = await (await open()).journal.open(JOB)
    await memory.endStep('make', 'hunter22-result')
    await memory.decide({ kind: 'complete', body: { properties: { password: 'hunter22-report' } } })
    await memory.close()
    const path = join(dir, AGENT, `${JOB}.jsonl`)
    assert.doesNotMatch(readFileSync(path, 'utf8'), /hunter22/)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, AGENT)).mode & 0o777, 0o700)
    assert.equal(statSync(join(dir, 'key')).mode & 0o777, 0o600)
  })

  test('bears half a line at its end', async () => {
    const path = join(dir, AGENT, `${JOB}.jsonl`)
    const first = await (await open()).journal.open(JOB)
    await first.beginAttempt()
    await first.endStep('a', 1)
    await first.close()
    writeFileSync(path, '{"type":"done","step":"b","sea', { flag: 'a' })
    const second = await (await open()).journal.open(JOB)
    assert.deepEqual(second.resultOf('a'), { result: 1 })
    await second.endStep('c', 3)
    await second.close()
    const third = await (await open()).journal.open(JOB)
    assert.deepEqual(third.resultOf('c'), { result: 3 })
    assert.equal(third.resultOf('b'), undefined)
    await third.close()
  })

  test('keeps lines whole when steps end side by side', async () => {
    const first = await (await open()).journal.open(JOB)
    const steps = Array.from({ length: 30 }, (_, index) => `s${index}`)
    await Promise.all(steps.map((step) => first.endStep(step, step.repeat(1_000))))
    await first.close()
    const second = await (await open()).journal.open(JOB)
    for (const step of steps) assert.deepEqual(second.resultOf(step), { result: step.repeat(1_000) })
    await second.close()
  })

  test('takes no results from another job', async () => {
    const { journal } = await open()
    const other = randomUUID()
    const first = await journal.open(JOB)
    await first.endStep('a', 1)
    await first.close()
    writeFileSync(join(dir, AGENT, `${other}.jsonl`), readFileSync(join(dir, AGENT, `${JOB}.jsonl`)))
    const second = await journal.open(other)
    assert.equal(second.unreadable, true)
    assert.equal(second.resultOf('a'), undefined)
    await second.close()
  })

  test('is found under no path that an id could name', async () => {
    const { journal } = await open()
    await assert.rejects(journal.open('../../etc/passwd'), /is no id/)
  })
})

describe('the key of the journal', () => {
  test('follows the token when it changes while the agent runs', async () => {
    const { journal, cipher } = await open('old')
    const memory = await journal.open(JOB)
    await memory.endStep('a', 1)
    await memory.close()
    await cipher.changeToken('new')
    const reopened = await open('new')
    assert.equal(reopened.fresh, false)
    const again = await reopened.journal.open(JOB)
    assert.deepEqual(again.resultOf('a'), { result: 1 })
    await again.close()
  })

  test('is found with the previous token, and not with a wrong one', async () => {
    const memory = await (await open('old')).journal.open(JOB)
    await memory.endStep('a', 1)
    await memory.close()
    assert.equal((await open('new', 'old')).fresh, false)
    const lost = await open('other')
    assert.equal(lost.fresh, true)
    const again = await lost.journal.open(JOB)
    assert.equal(again.unreadable, true)
    await again.close()
  })
})

describe('the lock of a journal', () => {
  test('is refused to a second holder and given after the first', () => {
    const unlock = lockJournal(dir)
    assert.throws(() => lockJournal(dir), JournalInUseError)
    unlock()
    lockJournal(dir)()
  })

  test('of a dead process is taken over', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    writeFileSync(join(dir, 'lock.7'), JSON.stringify({ pid: dead, startedAt: 'x' }))
    lockJournal(dir)
    assert.deepEqual(readdirSync(dir), ['lock.8'])
  })

  test('of an earlier process with the same id is taken over', { skip: process.platform === 'win32' }, () => {
    writeFileSync(join(dir, 'lock.1'), JSON.stringify({ pid: process.pid, startedAt: 'another time' }))
    lockJournal(dir)
  })

  test('that is damaged is taken over', () => {
    writeFileSync(join(dir, 'lock.1'), '{')
    lockJournal(dir)
  })

  test('is given to one of many processes', async () => {
    const program = `
      const { lockJournal } = await import(${JSON.stringify(import.meta.resolve('./journal-lock.ts'))})
      try { lockJournal(${JSON.stringify(dir)}); console.log('won') } catch (error) { console.log(error.name) }
      process.stdin.resume()` // stays alive until its input ends, so that its lock is not free again
    const { spawn } = await import('node:child_process')
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const said = await Promise.all(
      children.map(
        (child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim()))),
      ),
    )
    for (const child of children) child.stdin.end()
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))))
    assert.deepEqual(said.sort(), [...Array<string>(5).fill('JournalInUseError'), 'won'])
  })
})
