/** Bits of a status list; source: W3C Bitstring Status List v1.0, sections 2.2 and 3.2. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { member } from '../platform/wire.ts'

const unpack = promisify(gunzip)

/** The smallest list is 16 KiB; this holds 32 million credentials. A list that unpacks to more is not unpacked. */
const MAX_UNPACKED_BYTES = 4 * 2 ** 20

/**
 * @param subject  the credential subject of a status list credential
 * @param purpose  what the credential asks about, for example revocation; null: the list's own
 * @returns null when the list says nothing about this index
 */
export async function statusBitOf(subject: unknown, index: number, purpose: string | null): Promise<boolean | null> {
  const [type, listPurpose, encoded] = ['type', 'statusPurpose', 'encodedList'].map((name) => member(subject, name))
  const purposes = Array.isArray(listPurpose) ? listPurpose : [listPurpose]
  if (type !== 'BitstringStatusList' || typeof encoded !== 'string') return null
  if (purpose !== null && !purposes.includes(purpose)) return null
  // multibase: base64url without padding
  if (!/^u[\w-]+$/.test(encoded)) return null
  try {
    const bits = await unpack(Buffer.from(encoded.slice(1), 'base64url'), { maxOutputLength: MAX_UNPACKED_BYTES })
    const byte = bits[Math.floor(index / 8)]
    return byte === undefined ? null : (byte & (0x80 >> (index % 8))) !== 0
  } catch {
    return null
  }
}
