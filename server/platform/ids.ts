/** Ids that the server makes itself beyond `randomUUID`. */
import { randomBytes } from 'node:crypto'

const RANDOM_BYTES = 10

/**
 * A UUID that sorts by its time (RFC 9562, version 7): 48 bits of milliseconds, then random bits.
 *
 * @param random  10 bytes, of which 6 bits give way to version and variant
 */
export function uuidv7(now: Date, random: Buffer = randomBytes(RANDOM_BYTES)): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now.getTime(), 0, 6)
  random.copy(bytes, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
