/**
 * Evaluates a file of vectors: for every section that it has, each case is given to the rules and the answer compared with what
 * the file expects. Shared by the command and the tests.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  type AuditEntry,
  canonicalJson,
  consistencyProof,
  entryHash,
  inclusionProof,
  keyId,
  leafHash,
  merkleRoot,
  overLeaves,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from './audit/index.ts'
import { concentration, type Unit } from './concentration.ts'
import { type DidDocument, verifyCredential } from './credentials/index.ts'
import { switchingCharge, switchingClocks } from './data-act.ts'
import { decide } from './decide.ts'
import { type EvacuatedService, type EvacuationOptions, type Offering, planEvacuation } from './evacuation.ts'
import { expose, type Scenario } from './exposure.ts'
import { focusRow, type Usage } from './focus.ts'
import type { Placed, Policy, Waiver } from './policy.ts'
import type { Assurance, Profile } from './profile.ts'
import { type Factor, score } from './scoring.ts'
import type { ZoneGroups } from './zones.ts'

/** `difference` is null when the case passed. */
export type VectorResult = { name: string; difference: string | null }

/** The form of such a file. Sections may be missing. */
export type VectorFile = {
  now?: string
  zones?: ZoneGroups
  csfWeights?: Readonly<Record<string, number>>
  profiles?: Readonly<Record<string, Profile>>
  policy?: readonly PolicyVector[]
  scoring?: readonly { id: string; factors: Factor[]; minAssurance: Assurance; expected: object }[]
  hhi?: readonly { id: string; units: Unit[]; expected: object }[]
  exposure?: ExposureVectors
  dataAct?: readonly {
    id: string
    input: { requestedAt: string; noticeMonths?: number; unfeasible?: boolean }
    expected: object
  }[]
  switchingCharges?: readonly { id: string; input: { chargedOn: string; directCost: number }; expected: number }[]
  audit?: AuditVectors
  focus?: {
    sample: { input: Usage; expectedRow: Readonly<Record<string, unknown>> }
    notNull: string[]
    mandatory: string[]
  }
  gaiaxCredentials?: CredentialVectors
}

type PolicyVector = {
  id: string
  profile: string
  at: string
  context?: { waivers?: Waiver[]; current?: Placed[] }
  policies: Policy[]
  expected: Readonly<Record<string, unknown>>
  /** Illustrative: not compared by `evaluateVectors`. */
  exampleExplanation?: string
}

type ExposureVectors = {
  world: { profiles: string[]; services: EvacuatedService[]; offerings: Offering[] }
  scenarios: { id: string; scenario: Scenario; expected: { services: unknown[]; consumers: object } }[]
  evacuation?: {
    scenario: string
    policies: Record<string, Policy[]>
    options: EvacuationOptions
    expected: { plan: unknown[]; order: string[] }
  }
}

type AuditVectors = {
  entries: AuditEntry[]
  canonical: string[]
  leafHashes: string[]
  rootsBySize: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { from: number; to: number; proof: string[] }[]
  mustReject: { case: string; from: number; to: number; oldRoot: string; newRoot: string; proof: string[] }[]
  referenceTree8?: { leavesHex: string[]; root: string }
  checkpoint?: { publicKeyBase64: string; keyIdHex: string; note: string }
}

type CredentialVectors = {
  env: {
    now: string
    didDocs: Record<string, DidDocument>
    certs: Record<string, string>
    trustAnchors: string[]
    clearingHouses: string[]
    presented: Record<string, unknown>
    statusLists: Record<string, string>
  }
  cases: { id: string; jwt: string; expected: object }[]
}

export async function evaluateVectors(file: VectorFile): Promise<VectorResult[]> {
  const context = { groups: file.zones ?? {} }
  const results: VectorResult[] = []
  const compare = (name: string, actual: unknown, expected: unknown) => {
    const same = isDeepStrictEqual(actual, expected)
    results.push({
      name,
      difference: same ? null : `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
    })
  }
  const profiles = new Map(Object.entries(file.profiles ?? {}))

  for (const { id, profile, at, policies, context: given, expected } of file.policy ?? []) {
    const known = profiles.get(profile)
    if (!known) {
      compare(id, `no profile ${profile}`, expected)
      continue
    }
    const decision: Readonly<Record<string, unknown>> = decide(known, policies, { ...context, at, ...given })
    compare(id, Object.fromEntries(Object.keys(expected).map((name) => [name, decision[name]])), expected)
  }
  for (const { id, factors, minAssurance, expected } of file.scoring ?? [])
    compare(id, score(factors, file.csfWeights ?? {}, minAssurance), expected)
  for (const { id, units, expected } of file.hhi ?? []) {
    const { nMinusOne: _, ...index } = concentration(units)
    compare(id, index, expected)
  }
  if (file.exposure) evaluateExposure(file.exposure, profiles, context.groups, compare)
  for (const { id, input, expected } of file.dataAct ?? [])
    compare(id, switchingClocks(input.requestedAt, input.noticeMonths, input.unfeasible), expected)
  for (const { id, input, expected } of file.switchingCharges ?? [])
    compare(id, switchingCharge(input.chargedOn, input.directCost), expected)
  if (file.audit) await evaluateAudit(file.audit, compare)
  if (file.focus) evaluateFocus(file.focus, profiles, compare)
  if (file.gaiaxCredentials) await evaluateCredentials(file.gaiaxCredentials, compare)
  return results
}

type Compare = (name: string, actual: unknown, expected: unknown) => void

function evaluateExposure(
  { world, scenarios, evacuation }: ExposureVectors,
  profiles: ReadonlyMap<string, Profile>,
  groups: ZoneGroups,
  compare: Compare,
): void {
  for (const { id, scenario, expected } of scenarios) {
    const exposure = expose(scenario, world.services, profiles)
    compare(id, exposure, expected)
    if (evacuation?.scenario !== id) continue
    const { policies, options } = evacuation
    const context = { groups, at: scenario.at }
    const here = { services: world.services, offerings: world.offerings, profiles, policies }
    compare(`${id} evacuation`, planEvacuation(scenario, exposure, here, options, context), evacuation.expected)
  }
}

async function evaluateAudit(audit: AuditVectors, compare: Compare): Promise<void> {
  const leaves = audit.entries.map(entryHash)
  const hex = (hash: Uint8Array | undefined) => Buffer.from(hash ?? []).toString('hex')
  const bytes = (text: string) => Buffer.from(text, 'hex')
  const root = (size: number) => bytes(audit.rootsBySize[size] ?? '')
  compare('audit canonical', audit.entries.map(canonicalJson), audit.canonical)
  compare('audit leaves', leaves.map(hex), audit.leafHashes)
  for (const [size, expected] of audit.rootsBySize.entries())
    compare(`audit root of ${size}`, hex(merkleRoot(leaves.slice(0, size))), expected)
  for (const { index, size, proof } of audit.inclusion) {
    const made = await inclusionProof(index, size, overLeaves(leaves))
    compare(`audit inclusion of ${index} in ${size}`, made.map(hex), proof)
    const verified = verifyInclusion(leaves[index] ?? Buffer.of(), index, size, proof.map(bytes), root(size))
    compare(`audit inclusion of ${index} in ${size} verified`, verified, true)
  }
  for (const { from, to, proof } of audit.consistency) {
    const made = await consistencyProof(from, to, overLeaves(leaves))
    compare(`audit consistency of ${from} and ${to}`, made.map(hex), proof)
    const verified = verifyConsistency(from, to, root(from), root(to), proof.map(bytes))
    compare(`audit consistency of ${from} and ${to} verified`, verified, true)
  }
  for (const { case: name, from, to, oldRoot, newRoot, proof } of audit.mustReject)
    compare(`audit ${name}`, verifyConsistency(from, to, bytes(oldRoot), bytes(newRoot), proof.map(bytes)), false)
  if (audit.referenceTree8) {
    const { leavesHex, root: expected } = audit.referenceTree8
    compare('audit reference tree', hex(merkleRoot(leavesHex.map((leaf) => leafHash(bytes(leaf))))), expected)
  }
  if (audit.checkpoint) {
    const { publicKeyBase64, keyIdHex, note } = audit.checkpoint
    const key = Buffer.from(publicKeyBase64, 'base64')
    const origin = note.split('\n')[0] ?? ''
    compare('audit key id', hex(keyId(origin, key)), keyIdHex)
    const { size, root: signed } = verifyCheckpoint(note, origin, key)
    compare('audit checkpoint', [size, hex(signed)], [audit.entries.length, hex(root(audit.entries.length))])
  }
}

function evaluateFocus(
  { sample, mandatory, notNull }: NonNullable<VectorFile['focus']>,
  profiles: ReadonlyMap<string, Profile>,
  compare: Compare,
): void {
  // the sample's provider is named like the profile it belongs to
  const profile = [...profiles.values()].find(({ id }) => sample.input.provider.name.toLowerCase().startsWith(id))
  const assessment = profile?.assessments?.['ec-csf']
  const row = focusRow(sample.input, {
    controllerCountry: profile?.legal?.headquartersCountry ?? null,
    sealMin: assessment?.seals ? Math.min(...Object.values(assessment.seals)) : null,
    verifiedScore: assessment?.verifiedScore ?? null,
  })
  compare('focus row', row, sample.expectedRow)
  compare(
    'focus mandatory columns',
    mandatory.filter((column) => !(column in row)),
    [],
  )
  compare(
    'focus columns that are never null',
    notNull.filter((column) => row[column] === null),
    [],
  )
}

async function evaluateCredentials({ env, cases }: CredentialVectors, compare: Compare): Promise<void> {
  const resolver = {
    didDocument: async (did: string) => env.didDocs[did] ?? null,
    certificateChain: async (url: string) => env.certs[url] ?? null,
    statusBit: async (url: string, index: number) => {
      const list = env.statusLists[url]
      return list === undefined || index >= list.length ? null : list[index] === '1'
    },
    presented: async (id: string) => env.presented[id],
  }
  const trust = { at: env.now, anchors: env.trustAnchors, clearingHouses: env.clearingHouses }
  for (const { id, jwt, expected } of cases) {
    const result = await verifyCredential(jwt, resolver, trust)
    const told = result.valid
      ? { valid: true, ...(result.label && { level: result.label.level }) }
      : { valid: false, failedCheck: result.failedCheck }
    compare(id, told, expected)
  }
}
