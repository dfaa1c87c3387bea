/** Which participants belong together: whoever has the same majority owner, or is owned by another participant, counts as one. */
import { type Owner, type Profile, prove } from '@fulcrum/sovereignty'
import type { PortfolioOffering } from './portfolio.ts'

export type ProviderGroup = {
  /** The smallest id of its providers. */
  key: string
  providers: readonly { id: string; name: string }[]
  /** How it is known, a sentence for each link; empty for a provider that stands alone. */
  because: readonly string[]
}

/** More than this share of the votes, or of the capital where votes are not told, makes an owner the one who decides. */
const MAJORITY_PCT = 50

/** Names that stand for many people: two providers owned by their employees have no owner in common. */
const NOBODY_IN_PARTICULAR =
  /^(?:the )?(?:co-?)?(?:founders?|employees|management|staff|free float|float|individuals|public|private|members|others?|(?:minority |private )?(?:investors|shareholders))$/

type Provider = { id: string; name: string; legalNames: Set<string>; owners: Map<string, Owner & { proof: string }> }

/**
 * Every provider of these offerings, in exactly one group. Names are compared without regard to case and spaces, and of owners with
 * their country: registration numbers of owners are no part of profiles.
 *
 * @param at  which evidence counts in saying how well it is known
 */
export function providerGroups(offerings: Iterable<PortfolioOffering>, at: Date): ProviderGroup[] {
  const providers = readProviders(offerings, at)
  const sets = new Links(providers.map(({ id }) => id))
  const byOwner = new Map<string, { provider: Provider; owner: Owner & { proof: string } }[]>()
  for (const provider of providers)
    for (const [key, owner] of provider.owners) {
      byOwner.set(key, [...(byOwner.get(key) ?? []), { provider, owner }])
      for (const parent of providers)
        if (parent !== provider && parent.legalNames.has(folded(owner.name ?? '')))
          sets.link(provider.id, parent.id, `${holds(owner)} of ${provider.name} (${owner.proof}).`)
    }
  for (const [first, ...rest] of byOwner.values())
    for (const other of rest)
      if (first)
        sets.link(
          first.provider.id,
          other.provider.id,
          `${holds(first.owner)} of ${first.provider.name} (${first.owner.proof}) and of ${other.provider.name} (${other.owner.proof}).`,
        )
  const names = new Map(providers.map(({ id, name }) => [id, name]))
  return sets.groups().map(({ ids, because }) => ({
    key: ids[0] ?? '',
    providers: ids.map((id) => ({ id, name: names.get(id) ?? '' })),
    because,
  }))
}

function readProviders(offerings: Iterable<PortfolioOffering>, at: Date): Provider[] {
  const found = new Map<string, Provider>()
  for (const { providerId, providerName, profile } of offerings) {
    const one = found.get(providerId) ?? {
      id: providerId,
      name: providerName,
      legalNames: new Set([folded(providerName)]),
      owners: new Map(),
    }
    found.set(providerId, one)
    if (!profile) continue
    if (profile.legal?.legalName !== undefined) one.legalNames.add(folded(profile.legal.legalName))
    for (const owner of profile.control?.owners ?? [])
      if (decides(owner))
        one.owners.set(`${folded(owner.name ?? '')} ${owner.country}`, { ...owner, proof: proofOf(profile, at) })
  }
  return [...found.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function decides({ name, votingPct, capitalPct = 0, boardMajorityRight }: Owner): boolean {
  if (name === undefined || name.trim() === '' || NOBODY_IN_PARTICULAR.test(folded(name))) return false
  return (votingPct ?? capitalPct) > MAJORITY_PCT || boardMajorityRight === true
}

function folded(name: string): string {
  return name.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

function holds({ name, country, votingPct, capitalPct, boardMajorityRight }: Owner): string {
  const what =
    votingPct !== undefined
      ? `${votingPct} % of the votes`
      : capitalPct !== undefined
        ? `${capitalPct} % of the capital`
        : boardMajorityRight
          ? 'the majority of the board'
          : 'a part'
  return `${name} (${country}) holds ${what}`
}

const PROOFS = {
  none: 'stated without evidence',
  'self-declared': 'self-declared',
  'credential-verified': 'verified by a credential',
  'auditor-attested': 'attested by an auditor',
} as const

function proofOf(profile: Profile, at: Date): string {
  return PROOFS[prove(profile, '/control/owners', at.toISOString()).level]
}

/** Sets that grow together, with the reason for each link. */
class Links {
  readonly #parent: Map<string, string>
  readonly #reasons: { id: string; reason: string }[] = []

  constructor(ids: readonly string[]) {
    this.#parent = new Map(ids.map((id) => [id, id]))
  }

  link(a: string, b: string, reason: string): void {
    this.#reasons.push({ id: a, reason })
    const [one, other] = [this.#root(a), this.#root(b)].toSorted()
    if (one !== undefined && other !== undefined) this.#parent.set(other, one)
  }

  groups(): { ids: string[]; because: string[] }[] {
    const members = Map.groupBy(this.#parent.keys(), (id) => this.#root(id))
    return [...members].map(([root, ids]) => ({
      ids: ids.toSorted(),
      because: [
        ...new Set(this.#reasons.filter(({ id }) => this.#root(id) === root).map(({ reason }) => reason)),
      ].toSorted(),
    }))
  }

  #root(id: string): string {
    let at = id
    for (let next = this.#parent.get(at); next !== undefined && next !== at; next = this.#parent.get(at)) at = next
    return at
  }
}
