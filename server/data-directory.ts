/** The data directory: the embedded database, the artifacts and the vault's key when nobody configured one. */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const KEY_FILE = 'vault.key'
const KEY_BYTES = 32

/** Makes the directory; others may pass through it to what they own inside, but list nothing. */
export function prepareDataDir(dir: string): string {
  const real = path.resolve(dir)
  mkdirSync(real, { recursive: true, mode: 0o755 })
  chmodSync(real, 0o711)
  return real
}

/** The vault's key that belongs to the embedded database: made once, readable for this user only. */
export function localVaultKey(dataDir: string): Buffer {
  const file = path.join(dataDir, KEY_FILE)
  if (!existsSync(file)) writeFileSync(file, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600, flush: true })
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
  if (key.length !== KEY_BYTES)
    throw new Error(`${file} does not hold a key of ${KEY_BYTES} bytes in hexadecimal digits`)
  return key
}
