/** Where data goes when nobody said where. */
import { createHash } from 'node:crypto'
import path from 'node:path'
import { folderClosedToDatabase } from './account.ts'

/**
 * Where the data goes when `FULCRUM_DATA_DIR` is not set: `.fulcrum` in the current directory; for root, whose home PostgreSQL's
 * account cannot enter, a directory of this checkout's own below `/var/lib/fulcrum`.
 */
export function defaultDataDir(): string {
  const here = path.resolve('.fulcrum')
  if (!folderClosedToDatabase(path.join(here, 'postgres'))) return here
  return path.join('/var/lib/fulcrum', createHash('sha256').update(here).digest('hex').slice(0, 12))
}
