/** Gaia-X credentials: verified in the background, kept as evidence, and made of what is published here. */
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { handInRoutes } from './credential-routes.ts'
import { descriptionRoutes } from './description-routes.ts'
import { hostOfDid } from './did-web.ts'
import { createFetcher as create, type Fetcher, type FetcherDeps, type FetchRules } from './fetcher.ts'

export { hostOfDid } from './did-web.ts'
export type { Fetcher } from './fetcher.ts'
export { verifyDue } from './verification-workflow.ts'

export function credentialRoutes(api: Api, platform: Platform): void {
  handInRoutes(api, platform)
  descriptionRoutes(api, platform)
}

/** The hosts of configured issuers may be asked, too: that they are believed says so. */
export function createFetcher(rules: FetchRules & { issuers: readonly string[] }, deps: FetcherDeps): Fetcher {
  const ofIssuers = rules.issuers.flatMap((did) => hostOfDid(did) ?? [])
  return create({ ...rules, hosts: rules.hosts === 'any' ? 'any' : [...rules.hosts, ...ofIssuers] }, deps)
}
