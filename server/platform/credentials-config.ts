/** The configuration of verifiable credentials; a part of `config.ts`. */
import { readFileSync } from 'node:fs'

/** Whom verifiable credentials are believed, and where what they name may be fetched from. */
export type CredentialsConfig = {
  /** Roots in PEM that chains of issuers must end at. Empty: nothing is verified and nothing fetched. */
  readonly anchors: readonly string[]
  /** DIDs of clearing houses and notaries: who may issue labels and confirm registration numbers. */
  readonly issuers: readonly string[]
  /** Hosts that may be asked besides those of `issuers`: `host`, `host:port`, `*.domain`; `any`: every public one. */
  readonly hosts: 'any' | readonly string[]
  /** `host` or `host:port` that may be asked although their addresses are private. */
  readonly privateHosts: readonly string[]
  /** Authorities in PEM, besides the usual ones, for TLS connections to these hosts. */
  readonly tlsAuthorities: string | null
  readonly recheckIntervalMs: number
  /** Certificates in PEM, the leaf first, of the key with which this instance signs. */
  readonly certificateChain: string | null
  /** The participant that operates this instance. */
  readonly operator: string | null
}

type Parse<T> = (text: string) => T
type Reader = {
  read<T>(name: string, fallback: string, parse: Parse<T>): T
  readGiven<T>(name: string, parse: Parse<T>): T | null
}
type Parsers = { listOf<T>(parse: Parse<T>): Parse<readonly T[]>; duration: Parse<number> }

export function readCredentials({ read, readGiven }: Reader, { listOf, duration }: Parsers): CredentialsConfig {
  const anchors = readGiven('FULCRUM_CREDENTIAL_TRUST_ANCHORS', pemFile)
  return {
    anchors: anchors === null ? [] : [anchors],
    issuers: readGiven('FULCRUM_CREDENTIAL_ISSUERS', listOf(didWeb)) ?? [],
    hosts: readGiven('FULCRUM_CREDENTIAL_ALLOW_HOSTS', hostRules(listOf)) ?? [],
    privateHosts: readGiven('FULCRUM_CREDENTIAL_PRIVATE_HOSTS', listOf(hostAndPort)) ?? [],
    tlsAuthorities: readGiven('FULCRUM_CREDENTIAL_TLS_AUTHORITIES', pemFile),
    recheckIntervalMs: read('FULCRUM_CREDENTIAL_RECHECK_INTERVAL', '24h', duration),
    certificateChain: readGiven('FULCRUM_CREDENTIAL_CERTIFICATE_CHAIN', pemFile),
    operator: readGiven('FULCRUM_CREDENTIAL_OPERATOR', uuid),
  }
}

/** A file of certificates; the text of the file. */
function pemFile(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new Error(`cannot be read from ${path}`)
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`finds no certificate in PEM in ${path}`)
  return text
}

function didWeb(text: string): string {
  if (!/^did:web:[\w.%:~-]+$/.test(text)) throw new Error('must be a list of DIDs such as did:web:compliance.example')
  return text
}

const HOST = `(?=.*[a-z])[a-z0-9]([a-z0-9.-]*[a-z0-9])?`

function hostAndPort(text: string): string {
  if (!new RegExp(`^${HOST}(:\\d{1,5})?$`).test(text))
    throw new Error('must be a list of hosts in lower case, such as did.example or did.example:8443')
  return text.replace(/:443$/, '')
}

/** `*` or a list of hosts; `*.domain` stands for all below a domain. */
function hostRules(listOf: Parsers['listOf']): Parse<'any' | readonly string[]> {
  const parse = listOf((part) => (part.startsWith('*.') ? `*.${hostAndPort(part.slice(2))}` : hostAndPort(part)))
  return (text) => (text === '*' ? 'any' : parse(text))
}

function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw new Error('must be the id of a participant')
  return text
}
