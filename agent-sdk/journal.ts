/**
 * What an agent remembers of its jobs through a crash: one append-only file of JSON lines per job, from before the claim until
 * the server has taken the report.
 *
 *     claim → attempt → (step → done)* → decided → file removed
 *                ^__________crash__________|
 */
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobComplete, JobFail } from '@fulcrum/contract'
import type { Json } from './agent.ts'
import { syncDirectory } from './durable-files.ts'
import type { JournalCipher } from './journal-cipher.ts'

/** How a job ended, as it is told to the server. */
export type Report = { kind: 'complete'; body: JobComplete } | { kind: 'fail'; body: JobFail }

/** The memory of one job. Everything that returns a promise is on disk when it resolves. */
export type JobJournal = {
  /** How often the handler was started before. */
  readonly attempts: number
  /** Set once the job's end was decided; only the report may be missing. */
  readonly decided: Report | undefined
  /** True when something was written that the present key does not open. */
  readonly unreadable: boolean
  /** @param least  lowest number to give, for a job whose earlier attempts may have been forgotten */
  beginAttempt(least?: number): Promise<number>
  beginStep(step: string): Promise<void>
  /** @returns undefined when the step was never completed */
  resultOf(step: string): { result: Json } | undefined
  endStep(step: string, result: Json): Promise<void>
  decide(report: Report): Promise<void>
  /** Closes the file and keeps it, for the next process. */
  close(): Promise<void>
  /** The job is over: nothing needs to be remembered. */
  remove(): Promise<void>
}

export type Journal = {
  /** Jobs of which something is remembered. */
  jobIds(): Promise<string[]>
  /** Opens the memory of a job, an empty one if there is none. */
  open(jobId: string): Promise<JobJournal>
  remove(jobId: string): Promise<void>
}

type Entry =
  | { type: 'claim' }
  | { type: 'attempt'; number: number }
  | { type: 'step' | 'done'; step: string; sealed?: string }
  | { type: 'decided'; sealed: string }

const SUFFIX = '.jsonl'
/** Also keeps an id of a strange server from naming a file elsewhere. */
const JOB_ID = /^[0-9a-f-]{8,64}$/i

/**
 * @param dir  exists; the agent's jobs get a folder of their own in it, since another agent's would look like ended ones
 * @param cipher  seals results and reports: both may hold passwords that were just made
 */
export async function openJournal(dir: string, agentId: string, cipher: JournalCipher): Promise<Journal> {
  const folder = join(dir, checkedId(agentId))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await syncDirectory(dir)
  const pathOf = (jobId: string) => join(folder, `${checkedId(jobId)}${SUFFIX}`)

  return {
    async jobIds() {
      const names = await readdir(folder)
      return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
    },
    open: async (jobId) => openJobJournal(folder, pathOf(jobId), jobId, cipher),
    remove: async (jobId) => rm(pathOf(jobId), { force: true }),
  }
}

async function openJobJournal(folder: string, path: string, jobId: string, cipher: JournalCipher): Promise<JobJournal> {
  const handle = await open(path, 'a+', 0o600)
  const results = new Map<string, Json>()
  let attempts = 0
  let decided: Report | undefined
  let unreadable = false
  let torn = false
  let writing: Promise<void> = Promise.resolve()

  try {
    const content = await handle.readFile('utf8')
    const whole = content.slice(0, content.lastIndexOf('\n') + 1)
    // A crash can leave half a line; nothing was done because of it.
    if (whole.length < content.length) await handle.truncate(Buffer.byteLength(whole))
    for (const line of whole.split('\n').filter(Boolean)) replay(line)
    if (whole === '') {
      await append({ type: 'claim' })
      await syncDirectory(folder)
    }
  } catch (error) {
    await handle.close()
    throw error
  }

  return {
    get attempts() {
      return attempts
    },
    get decided() {
      return decided
    },
    get unreadable() {
      return unreadable
    },
    async beginAttempt(least = 1) {
      attempts = Math.max(attempts + 1, least)
      await append({ type: 'attempt', number: attempts })
      return attempts
    },
    beginStep: (step) => append({ type: 'step', step }),
    resultOf(step) {
      const result = results.get(step)
      return result === undefined ? undefined : { result }
    },
    async endStep(step, result) {
      await append({ type: 'done', step, sealed: cipher.seal(JSON.stringify(result), about('step', step)) })
      results.set(step, result)
    },
    async decide(report) {
      decided = report
      await append({ type: 'decided', sealed: cipher.seal(JSON.stringify(report), about('decided')) })
    },
    close: () => handle.close(),
    async remove() {
      await handle.close()
      await rm(path, { force: true })
    },
  }

  /** One after the other, since steps may run side by side and lines must stay whole. */
  function append(entry: Entry): Promise<void> {
    const written = writing.then(async () => {
      // After a write that failed (a full disk) the file may end within a line.
      const line = `${torn ? '\n' : ''}${JSON.stringify(entry)}\n`
      torn = true
      await handle.appendFile(line)
      torn = false
      await handle.datasync()
    })
    writing = written.catch(() => undefined)
    return written
  }

  function replay(line: string): void {
    const entry = parsed(line)
    if (!entry) return
    if (entry.type === 'attempt') attempts = entry.number
    if (entry.type === 'done') {
      const result = opened(entry.sealed ?? '', about('step', entry.step))
      if (result !== undefined) results.set(entry.step, result as Json) // sealed by endStep
    }
    if (entry.type === 'decided') decided = opened(entry.sealed, about('decided')) as Report | undefined // sealed by decide
  }

  function opened(sealed: string, what: string): unknown {
    const text = cipher.open(sealed, what)
    if (text === undefined) unreadable = true
    return text === undefined ? undefined : JSON.parse(text)
  }

  /** Binds a sealed text to its place, so that lines of files cannot be exchanged. */
  function about(...place: string[]): string {
    return JSON.stringify([jobId, ...place])
  }
}

function parsed(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry // written by append only
  } catch {
    return undefined // what a failed write left
  }
}

function checkedId(id: string): string {
  if (!JOB_ID.test(id)) throw new Error(`'${id}' is no id`)
  return id
}
