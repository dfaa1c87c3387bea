/**
 * One supervisor for a directory. The owner is written in `owner.<n>`; whoever finds the highest number abandoned may
 * create the next one, which the file system lets exactly one process do. The number never goes down, so a process
 * that looked long ago cannot take what somebody else has taken since.
 *
 *     owner.7 "4711 823764" (dead) ──link──▶ owner.8 "4802 901221" ──release──▶ owner.8 "released" ──link──▶ owner.9
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Place } from './directories.ts'
import { errorCode, PostgresStartError } from './errors.ts'
import { processStart } from './processes.ts'

/** Gives the directory free; further calls do nothing. */
export type Release = () => void

/**
 * Makes this process the owner of a directory.
 *
 * @param place  its base exists and is writable
 * @throws PostgresStartError when a live process, this one included, owns it
 */
export function takeOwnership({ base: dir, account }: Pick<Place, 'base' | 'account'>): Release {
  const claim = path.join(dir, `owner-claim-${randomBytes(6).toString('hex')}`)
  // written in full before it gets its name, so nobody reads half of it
  fs.writeFileSync(claim, `${process.pid} ${processStart(process.pid)}`, { flag: 'wx', mode: 0o600 })
  // the next start may be made by that account itself
  if (account) fs.lchownSync(claim, account.uid, account.gid)
  try {
    for (;;) {
      const last = numbers(dir).at(-1) ?? 0
      const owner = last > 0 ? liveOwner(path.join(dir, `owner.${last}`)) : undefined
      if (owner !== undefined)
        throw new PostgresStartError(
          `${dir} is in use by ${owner === process.pid ? 'this process' : `process ${owner}`}; one supervisor at a time`,
        )
      const mine = path.join(dir, `owner.${last + 1}`)
      try {
        fs.linkSync(claim, mine)
      } catch (error) {
        if (errorCode(error) === 'EEXIST') continue
        throw error
      }
      // the one before stays: a listing that runs meanwhile must not come out empty
      for (const old of numbers(dir)) if (old < last) fs.rmSync(path.join(dir, `owner.${old}`), { force: true })
      return releaseOnce(mine)
    }
  } finally {
    fs.rmSync(claim, { force: true })
  }
}

function releaseOnce(file: string): Release {
  let held = true
  return () => {
    if (!held) return
    held = false
    try {
      // PostgreSQL's account owns the directory: root must not write through a link that was put there
      const descriptor = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW)
      fs.writeSync(descriptor, 'released')
      fs.closeSync(descriptor)
    } catch {
      // the directory was removed, and the claim with it
    }
  }
}

function numbers(dir: string): number[] {
  return fs
    .readdirSync(dir)
    .flatMap((name) => (/^owner\.\d{1,15}$/.test(name) ? [Number(name.slice('owner.'.length))] : []))
    .sort((a, b) => a - b)
}

function liveOwner(file: string): number | undefined {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const [, pid, start] = /^(\d+) (.+)$/.exec(text) ?? []
  return pid && processStart(Number(pid)) === start ? Number(pid) : undefined
}
