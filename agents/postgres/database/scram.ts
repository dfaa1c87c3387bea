/** SCRAM-SHA-256 verifiers, made here so that a password never appears in a statement or in the server's log. */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { DatabaseRefusal } from './refusal.ts'

const derive = promisify(pbkdf2)

/** PostgreSQL's default (scram_iterations). */
const ITERATIONS = 4096

/** RFC 3454 table C.1.2: other spaces count as a space. */
const OTHER_SPACES = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g
/** RFC 3454 table B.1: these count as nothing. */
const NOTHING = /[\u00AD\u1806\u2060\uFEFF]|\u034F|\u180B|\u180C|\u180D|\u200C|\u200D|[\uFE00-\uFE0F]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/

/**
 * The text that PostgreSQL stores for a password and accepts in `ALTER ROLE … PASSWORD`.
 *
 * @param password  1 to 1000 characters; no control characters, because clients disagree about them (RFC 4013 §2.3)
 * @param salt  16 random bytes unless a test gives others
 * @throws DatabaseRefusal `invalid`; the password is not in the message
 * @see RFC 5802 §3; PostgreSQL's pg_authid.rolpassword
 */
export async function scramVerifier(password: string, salt: Buffer = randomBytes(16)): Promise<string> {
  if (password.length === 0 || password.length > 1000 || CONTROL.test(password) || !password.isWellFormed())
    throw new DatabaseRefusal('invalid', 'a password must have 1 to 1000 characters and no control characters')
  const prepared = password.replace(OTHER_SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (prepared === '') throw new DatabaseRefusal('invalid', 'a password must have visible characters')
  const salted = await derive(prepared, salt, ITERATIONS, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
