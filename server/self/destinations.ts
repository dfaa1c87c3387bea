/** What the configuration lets this server connect to, each with the setting that says so. Pure. */
import type { OutboundConnection, OutboundDestination } from '@fulcrum/contract'
import { hostOfDid } from '../credentials/index.ts'
import type { Config } from '../platform/config.ts'
import type { Platform } from '../platform/context.ts'
import type { Begun } from '../platform/outbound.ts'
import { timestamp } from '../platform/wire.ts'

type Database = Platform['database']

const POSTGRES_PORT = 5_432

/** @param database  the one in use: the configured or the embedded one */
export function destinationsOf(config: Config, database: Database): OutboundDestination[] {
  const { oauth, keycloakAdmin, artifactStores, credentials } = config
  const found: OutboundDestination[] = [
    databaseDestination(database, config.database ? 'FULCRUM_DB_DSN' : 'FULCRUM_DATA_DIR (embedded PostgreSQL)'),
  ]
  if (oauth && config.authenticators.includes('oauth'))
    found.push(ofUrl('sign-in', oauth.issuer, oauth.keycloak ? 'FULCRUM_OAUTH_KEYCLOAK_URL' : 'FULCRUM_OAUTH_ISSUER'))
  if (oauth?.keycloak && keycloakAdmin)
    found.push(ofUrl('users of Keycloak', oauth.keycloak.url, 'FULCRUM_OAUTH_KEYCLOAK_URL'))
  for (const store of artifactStores)
    if (store.kind === 's3')
      found.push(ofUrl(`artifact store ${store.name}`, store.endpoint, `FULCRUM_ARTIFACT_STORES, ${store.name}`))
  // without anchors nothing is fetched, whoever is named
  if (credentials.anchors.length > 0) {
    for (const did of credentials.issuers) {
      // as the fetcher reads it: what names no host is never asked
      const host = hostOfDid(did)
      if (host !== null) found.push(ofHost('issuer of credentials', host, 'FULCRUM_CREDENTIAL_ISSUERS'))
    }
    for (const host of credentials.hosts === 'any' ? ['*'] : credentials.hosts)
      found.push(ofHost('credentials and what they name', host, 'FULCRUM_CREDENTIAL_ALLOW_HOSTS'))
    for (const host of credentials.privateHosts)
      found.push(ofHost('credentials and what they name', host, 'FULCRUM_CREDENTIAL_PRIVATE_HOSTS'))
  }
  return found
}

/** What was connected to, with the purpose that explains it. */
export function explained(begun: readonly Begun[], destinations: readonly OutboundDestination[]): OutboundConnection[] {
  return begun
    .map(({ host, port, count, lastAt }) => {
      const destination = destinations.find((candidate) => allows(candidate, host, port))
      return {
        host,
        ...(port !== null && { port }),
        count,
        lastAt: timestamp(lastAt),
        ...(destination && { purpose: destination.purpose }),
      }
    })
    .toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : (a.port ?? 0) - (b.port ?? 0)))
}

function allows({ host: allowed, port: allowedPort }: OutboundDestination, host: string, port: number | null): boolean {
  if (allowedPort !== undefined && allowedPort !== port) return false
  if (allowed === '*') return port !== null
  if (allowed.startsWith('*.')) return host.endsWith(allowed.slice(1))
  // a socket of PostgreSQL is a file in the directory that is configured
  return allowed === host || (allowed.startsWith('/') && host.startsWith(`${allowed.replace(/\/$/, '')}/`))
}

function databaseDestination({ host = 'localhost', port }: Database, source: string): OutboundDestination {
  if (host.startsWith('/')) return { purpose: 'database', host, source }
  return { purpose: 'database', host, port: port ?? POSTGRES_PORT, source }
}

function ofUrl(purpose: string, url: string, source: string): OutboundDestination {
  const { hostname, port, protocol } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return { purpose, host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port), source }
}

/** `host` or `host:port`. */
function ofHost(purpose: string, text: string, source: string): OutboundDestination {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  return { purpose, host, ...(port !== undefined && { port: Number(port) }), source }
}
