/** Files that are there after a power failure. */
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file (mode 0600): readers see the old content or the new one, also after a crash. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes the directory's own entries durable, which fsync of a new file does not. */
export async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open a directory; its file systems journal the entries themselves.
  if (process.platform === 'win32') return
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
