/** Where the document of a did:web is; source: the did:web method of the W3C's Credentials Community Group, "Read". */

/** A DNS name, a port in percent encoding, and path segments of unreserved characters. */
const DID_WEB = /^did:web:([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?:%3A(\d{1,5}))?((?::[A-Za-z0-9._~-]+)*)$/i
const LONGEST = 500

/** @returns null when it is no did:web of this form */
export function didDocumentUrl(did: string): string | null {
  const match = did.length <= LONGEST ? DID_WEB.exec(did) : null
  if (!match) return null
  const [, host, port, path = ''] = match
  const segments = path.split(':').slice(1)
  if (segments.some((segment) => segment === '.' || segment === '..')) return null
  const url = `https://${host}${port === undefined ? '' : `:${port}`}`
  const at = segments.length === 0 ? '/.well-known/did.json' : `/${segments.join('/')}/did.json`
  return URL.canParse(url + at) ? url + at : null
}

/**
 * The did:web of an address; null where there can be none: without TLS, with an IP address instead of a name, or with a path, whose
 * document would not be the server's to serve.
 */
export function didWebOf(baseUrl: string): string | null {
  const { protocol, hostname, port, pathname } = new URL(baseUrl)
  const did = `did:web:${hostname}${port === '' ? '' : `%3A${port}`}`
  return protocol === 'https:' && pathname === '/' && didDocumentUrl(did) !== null && !/^[\d.]+$/.test(hostname)
    ? did
    : null
}

/** `host` or `host:port` that the document of a did:web is fetched from; null when it is none. */
export function hostOfDid(did: string): string | null {
  const url = didDocumentUrl(did)
  return url === null ? null : new URL(url).host
}
