/**
 * Runs the bundled binaries from a copy beside the data: PostgreSQL's account may not be able to enter node_modules,
 * npm may not have run the script that creates the libraries' links, and a running server must survive `npm ci`.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import type { Account } from './account.ts'
import { ensurePrivate, type Place } from './directories.ts'
import { errorCode } from './errors.ts'
import type { Installation } from './installations.ts'

/**
 * The folder with `initdb` and `postgres` to run for an installation: its own for the system's, a copy for ours.
 * A copy is made once a version, of hard links where the file system allows.
 */
export async function runnableBinDir(installation: Installation, place: Place): Promise<string> {
  if (installation.kind === 'system') return installation.binDir
  const runtime = path.join(place.base, 'runtime')
  const copy = path.join(runtime, installation.version)
  if (!(await exists(copy))) {
    ensurePrivate(runtime, place.account)
    const unfinished = path.join(runtime, `unfinished-${randomBytes(6).toString('hex')}`)
    await copyTree(path.dirname(installation.binDir), unfinished, place.account)
    await createLinks(unfinished)
    await fs.rename(unfinished, copy)
  }
  return path.join(copy, 'bin')
}

/** Removes the copies of other versions. Only when no server of this cluster runs. */
export async function removeOtherRuntimes(binDir: string, place: Place): Promise<void> {
  const runtime = path.join(place.base, 'runtime')
  const keep = path.basename(path.dirname(binDir))
  for (const name of (await exists(runtime)) ? await fs.readdir(runtime) : [])
    if (name !== keep)
      await fs.rm(path.join(runtime, name), { recursive: true, force: true }).catch(() => {
        // made by root, and this is not root: 50 MB too much do no harm
      })
}

async function copyTree(from: string, to: string, account: Account | undefined): Promise<void> {
  await fs.mkdir(to, { mode: 0o755 })
  // mkdir's mode passes through the umask, but the account that runs the binaries must get in
  if (account) await fs.chmod(to, 0o755)
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target, account)
    else if (entry.isSymbolicLink()) await fs.symlink(await fs.readlink(source), target)
    else if (!entry.name.endsWith('.a')) await linkOrCopy(source, target)
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  const isProgram = path.basename(path.dirname(target)) === 'bin'
  const mode = isProgram ? 0o755 : 0o644
  if (((await fs.stat(source)).mode & mode) === mode) {
    try {
      await fs.link(source, target)
      return
    } catch (error) {
      // another file system, a file of somebody else, too many links
      if (!['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error
    }
  }
  await fs.copyFile(source, target, fs.constants.COPYFILE_FICLONE)
  await fs.chmod(target, mode)
}

/** Creates the links that the package lists in pg-symlinks.json, as its install script would have. */
async function createLinks(native: string): Promise<void> {
  const list = path.join(native, 'pg-symlinks.json')
  const links: unknown = (await exists(list)) ? JSON.parse(await fs.readFile(list, 'utf8')) : []
  for (const link of Array.isArray(links) ? links : []) {
    const target = path.join(native, path.relative('native', String(link.target)))
    const source = path.join(native, path.relative('native', String(link.source)))
    if (!(await exists(target))) await fs.symlink(path.relative(path.dirname(target), source), target)
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.lstat(file)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
