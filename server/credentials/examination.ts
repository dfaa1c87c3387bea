/** Examines one credential: the checks of the credential itself in their fixed order, and whether it speaks of its participant. */
import {
  CHECKS,
  type Credential,
  type CredentialResult,
  type Label,
  type TrustSettings,
  verifyCredential,
} from '@fulcrum/sovereignty/credentials'
import type { CredentialCheck } from '../platform/sovereignty-tables.ts'
import type { Finding } from './credential.ts'
import { typesOf } from './envelope.ts'
import type { Fetcher } from './fetcher.ts'
import { type Binding, bindingOf, type Claimant, participantUrn, partiesOf } from './party.ts'
import { createResolver } from './resolver.ts'

export type ExaminationDeps = {
  fetcher: Fetcher
  trust: TrustSettings
  claimant: Claimant
  signal: AbortSignal
  /** Documents of this id that were handed in for the same participant. */
  handedIn(id: string): Promise<readonly unknown[]>
}

export type Examined = {
  /** Up to the last check of the credential itself. */
  finding: Finding
  /** Null when one of them failed. */
  verified: { credential: Credential; label: Label | null; binding: BindingResult } | null
  /** Its issuer has revoked it, for good. */
  revoked: boolean
}

export type BindingResult = { ok: true; detail: string } | { ok: false; detail: string; passing: boolean }

/** Checks that are about labels alone. */
const OF_LABELS: readonly string[] = ['TRUSTED_ISSUER', 'LABEL_SHAPE', 'DIGEST_SRI']

export async function examine(
  { jwt, document }: { jwt: string; document: unknown },
  deps: ExaminationDeps,
): Promise<Examined> {
  const { trust, claimant } = deps
  if (document === null) return unreadable()
  const resolver = createResolver(document, deps)
  const result = await verifyCredential(jwt, resolver, trust)
  const passing = resolver.problems.some((problem) => problem.passing)
  if (!result.valid) {
    const missing = resolver.problems.at(-1)?.message
    const detail = missing === undefined ? result.detail : `${result.detail} (${missing})`
    const checks = checksOf(document, { ...result, detail })
    return {
      finding: { valid: false, reason: result.failedCheck, detail, checks, passing },
      verified: null,
      revoked: result.failedCheck === 'STATUS' && resolver.revoked(),
    }
  }
  const { credential, label } = result
  const parties = partiesOf(credential, label, resolver.found, trust.clearingHouses)
  const bindings: Binding[] = []
  for (const party of parties) {
    const told = party.did === null ? null : await resolver.didDocument(party.did)
    const binding = bindingOf(party, claimant, told)
    if (binding !== null) bindings.push(binding)
  }
  const speaksOf = parties
    .map(({ did, registrationNumbers: [number] }) => did ?? number?.value ?? 'somebody')
    .join(', ')
  return {
    finding: { valid: true, checks: checksOf(document, result) },
    revoked: false,
    verified: {
      credential,
      label,
      binding:
        parties.length > 0 && bindings.length === parties.length
          ? { ok: true, detail: bindings.join(', ') }
          : {
              ok: false,
              detail: `it speaks of ${speaksOf || 'nobody'}, and nothing shows that this is the participant; its DID document can name ${participantUrn(claimant.participantId)} in alsoKnownAs`,
              passing: resolver.problems.some((problem) => problem.passing),
            },
    },
  }
}

function unreadable(): Examined {
  const detail = 'its payload is no JSON object that can be kept'
  const checks = [{ code: 'FORMAT', ok: false, detail }]
  return { finding: { valid: false, reason: 'FORMAT', detail, checks, passing: false }, verified: null, revoked: false }
}

/** The checks that were made, in their order, the failed one last. */
function checksOf(document: unknown, result: CredentialResult): CredentialCheck[] {
  const isLabel = typesOf(document).includes('gx:LabelCredential')
  const order = CHECKS.filter((code) => isLabel || !OF_LABELS.includes(code))
  if (result.valid) return order.map((code) => ({ code, ok: true }))
  const place = result.failedCheck === 'STATUS_UNAVAILABLE' ? 'STATUS' : result.failedCheck
  return [
    ...order.slice(0, order.indexOf(place)).map((code) => ({ code, ok: true })),
    { code: result.failedCheck, ok: false, detail: result.detail },
  ]
}
