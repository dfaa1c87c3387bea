/**
 * A request for a certificate, PKCS #10 (RFC 2986) for a P-256 key and one DNS name: what a certificate authority needs to certify the
 * key with which this instance signs. Node.js reads certificates and writes no requests.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { PublicJwk } from './instance-key-store.ts'

const SEQUENCE = 0x30
const SET = 0x31
const ATTRIBUTES = 0xa0
const DNS_NAME = 0x82

const COMMON_NAME = '550403'
const EXTENSION_REQUEST = '2a864886f70d01090e'
const SUBJECT_ALTERNATIVE_NAME = '551d11'
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'

/** @param host  a DNS name, its port not included */
export function certificateRequest(publicJwk: PublicJwk, privateKey: KeyObject, host: string): string {
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), der(0x0c, Buffer.from(host)))))
  const names = der(SEQUENCE, der(DNS_NAME, Buffer.from(host, 'ascii')))
  const extension = der(SEQUENCE, oid(SUBJECT_ALTERNATIVE_NAME), der(0x04, names))
  const attribute = der(SEQUENCE, oid(EXTENSION_REQUEST), der(SET, der(SEQUENCE, extension)))
  const info = der(
    SEQUENCE,
    der(0x02, Buffer.from([0])),
    subject,
    createPublicKey({ key: publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }),
    der(ATTRIBUTES, attribute),
  )
  const signature = sign('sha256', info, { key: privateKey, dsaEncoding: 'der' })
  const request = der(
    SEQUENCE,
    info,
    der(SEQUENCE, oid(ECDSA_WITH_SHA256)),
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const lines = request.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n')
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

/** Tag, length and content (X.690, sections 8.1.2 and 10.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length.toString(16)
  const bytes = Buffer.from(length.padStart(length.length + (length.length % 2), '0'), 'hex')
  const head = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | bytes.length, ...bytes]
  return Buffer.concat([Buffer.from(head), content])
}
