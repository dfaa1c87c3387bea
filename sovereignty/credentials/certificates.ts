/** Certificate chains up to configured anchors. */
import { createPublicKey, X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
/** Longer chains are refused. */
const MAX_CHAIN = 8

/** @returns the certificates of a PEM text, the leaf first; none when one of them cannot be read */
export function parseChain(pem: string): X509Certificate[] {
  try {
    return (pem.match(BLOCK) ?? []).slice(0, MAX_CHAIN + 1).map((block) => new X509Certificate(block))
  } catch {
    return []
  }
}

/**
 * Follows a chain from its leaf to one of the anchors.
 *
 * @returns what is wrong with it; null when it holds at that time
 */
export function chainProblem(chain: readonly X509Certificate[], anchors: readonly string[], at: string): string | null {
  if (chain.length > MAX_CHAIN) return 'the chain is too long'
  const roots = anchors.flatMap(parseChain)
  for (const [depth, certificate] of chain.entries()) {
    if (!validAt(certificate, at)) return `the certificate of ${certificate.subject} is not valid at that time`
    if (depth > 0 && !certificate.ca) return `${certificate.subject} may not issue certificates`
    const root = roots.find(
      (anchor) => signedBy(certificate, anchor) || anchor.fingerprint256 === certificate.fingerprint256,
    )
    if (root) return validAt(root, at) ? null : 'the anchor is not valid at that time'
    const next = chain[depth + 1]
    if (!next || !signedBy(certificate, next)) return 'the chain does not end at a configured anchor'
  }
  return 'the chain is empty'
}

function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function validAt({ validFromDate, validToDate }: X509Certificate, at: string): boolean {
  const now = Date.parse(at)
  return validFromDate.getTime() <= now && now <= validToDate.getTime()
}

/** Whether the certificate's alternative names cover a host; its common name does not count. */
export function coversHost(certificate: X509Certificate, host: string): boolean {
  return certificate.checkHost(host, { subject: 'never' }) !== undefined
}

export function hasKey(certificate: X509Certificate, jwk: JWK): boolean {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).equals(certificate.publicKey)
  } catch {
    return false
  }
}
