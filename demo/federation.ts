/** The federation as a file: its shape, and reading it with a clear word about what is wrong. */
import { readFileSync } from 'node:fs'
import type {
  AnyJson,
  JsonObject,
  LifecycleSchemaInput,
  MetricTypeCreate,
  OfferingTermsPut,
  PortabilityInput,
  PropertySchemaInput,
  SovereigntyEvidenceAttest,
  SovereigntyEvidenceCreate,
  SovereigntyFacts,
  SovereigntyPolicyCreate,
} from '@fulcrum/contract'
import { parse } from 'yaml'

export type AgentEntry = {
  name: string
  type: string
  tags: string[]
  /** A PostgreSQL that the demo runs for this agent, on 127.0.0.1. */
  server?: { port: number }
  configuration?: JsonObject
}

export type ProviderEntry = {
  name: string
  country: string
  parent?: { name: string; country: string }
  agents: AgentEntry[]
  options?: { type: string; name: string; value: AnyJson }[]
  /** What its agents offer, and what it costs there. */
  terms?: ({ serviceType: string } & OfferingTermsPut)[]
  sovereignty?: SovereigntyEntry
  /** Pools of integers, both ends included. */
  pools?: { type: string; name: string; propertyType: 'integer'; from: number; to: number }[]
}

/** What is known of a provider, and what backs it. What is `attested` an admin has verified. */
export type SovereigntyEntry = {
  facts: SovereigntyFacts
  evidence?: (Omit<SovereigntyEvidenceCreate, 'participantId'> & { attested?: SovereigntyEvidenceAttest })[]
}

/** Of a group, or of all that the consumer orders. */
export type PolicyEntry = Omit<SovereigntyPolicyCreate, 'scope'> & { group?: string }

/** A store that the demo keeps in a directory. */
export type VaultEntry = { name: string; operator: string; country: string; controllerCountry: string }

export type Federation = {
  metricTypes: MetricTypeCreate[]
  optionTypes: { type: string; name: string; description?: string }[]
  serviceTypes: {
    name: string
    propertySchema: PropertySchemaInput
    lifecycleSchema: LifecycleSchemaInput
    portability?: PortabilityInput
  }[]
  agentTypes: { name: string; serviceTypes: string[]; configurationSchema: PropertySchemaInput }[]
  providers: ProviderEntry[]
  consumers: { name: string; groups: string[]; policies?: PolicyEntry[] }[]
  vaults?: VaultEntry[]
}

const SECTIONS = ['metricTypes', 'optionTypes', 'serviceTypes', 'agentTypes', 'providers', 'consumers'] as const

/** @throws Error that names the file and the fault */
export function readFederation(file: string): Federation {
  let value: unknown
  try {
    value = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  for (const section of SECTIONS)
    if (!isSections(value) || !Array.isArray(value[section]))
      throw new Error(`${file}: ${section} is missing or no list`)
  const federation = value as Federation // entries are checked by the server, which names what it refuses
  checkNames(file, federation)
  return federation
}

function isSections(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object'
}

/** Everything is found again by its name when the file is loaded again. */
function checkNames(file: string, { providers, consumers }: Federation): void {
  const names = [...providers, ...consumers, ...providers.flatMap(({ agents }) => agents)].map(({ name }) => name)
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || name === '') throw new Error(`${file}: a provider, agent or consumer has no name`)
    if (names.indexOf(name) !== index) throw new Error(`${file}: the name ${name} is given twice`)
  }
}
