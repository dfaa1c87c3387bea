/**
 * Encrypts what the journal holds. Entries are sealed with a random data key (AES-256-GCM); that key lies in the file `key`,
 * sealed in turn with a key derived from the agent's token (HKDF-SHA-256). Whoever has the disk but not the token reads nothing,
 * and a new token needs only the small file written anew.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from './durable-files.ts'

export type JournalCipher = {
  /** @param about  what the text belongs to; the same must be given to `open` */
  seal(text: string, about: string): string
  /** @returns undefined when it was sealed with another key or changed */
  open(sealed: string, about: string): string | undefined
  /** Seals the data key for a new token. */
  changeToken(token: string): Promise<void>
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const KEY_FILE = 'key'

/**
 * @param token  of the agent; the data key is sealed with it
 * @param previousToken  tried when the data key was sealed before the token changed
 * @returns `fresh` is true when a new data key had to be made: earlier entries cannot be read
 */
export async function openJournalCipher(
  dir: string,
  token: string,
  previousToken?: string,
): Promise<{ cipher: JournalCipher; fresh: boolean }> {
  const path = join(dir, KEY_FILE)
  const file = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const [salt = '', sealed = ''] = file.trim().split(' ')
  const tokens = previousToken ? [token, previousToken] : [token]
  const found = tokens.map((each) => open(keyFrom(each, salt), sealed, KEY_FILE)).find((key) => key !== undefined)
  const dataKey = found ? Buffer.from(found, 'base64') : randomBytes(KEY_BYTES)

  async function changeToken(newToken: string): Promise<void> {
    const newSalt = randomBytes(16).toString('base64')
    const wrapped = seal(keyFrom(newToken, newSalt), dataKey.toString('base64'), KEY_FILE)
    await writeDurably(path, `${newSalt} ${wrapped}\n`)
  }

  await changeToken(token)
  const cipher: JournalCipher = {
    seal: (text, about) => seal(dataKey, text, about),
    open: (text, about) => open(dataKey, text, about),
    changeToken,
  }
  return { cipher, fresh: found === undefined }
}

function keyFrom(token: string, salt: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, Buffer.from(salt, 'base64'), 'fulcrum agent journal', KEY_BYTES))
}

function seal(key: Buffer, text: string, about: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

function open(key: Buffer, sealed: string, about: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}
