/** The words of the OpenAPI document: what holds for all operations, and what each group of them is about. */
import type { Access, OwnerField, Role } from './operation.ts'

/** Markdown. Says what a schema cannot: how requests are read, and what all answers have in common. */
export const INTRODUCTION = `Order and run cloud resources of many independent providers.

## Who calls

Every request carries \`Authorization: Bearer <value>\`: the word, one space, the value. The value is an API token, or, where the
server is connected to an identity provider, a token of that provider. A caller has one of three roles. *Admins* run the
federation, *participants* provide or consume services, *agents* carry out the jobs of one provider. Each operation says who may use
it. Lists show exactly what the caller may read; a missing object is 404, somebody else's is 403.

## How requests are read

- Bodies are JSON in UTF-8, whatever \`Content-Type\` says. Names of members match in any letter case, members that are not known are
  ignored, and \`null\` counts as absent everywhere. What follows the first JSON value is ignored. In PATCH what is absent stays.
- Ids (\`format: uuid\`) are accepted in any letter case, without hyphens, in braces and with \`urn:uuid:\` in front. Answers have them in
  lower case with hyphens. Times are RFC 3339 with any offset; answers have UTC and whole seconds.
- Lengths of text are bytes in UTF-8. Text must not hold NUL or lone surrogates. Numbers are IEEE doubles.
- A body is 1 MiB at most unless the server is configured otherwise; artifacts are streamed and have a limit of their own.
- Collections answer with and without a slash at the end.

## Lists

\`page\` counts from 1; a page beyond the end is empty. \`sort\` names one field; \`-\` in front sorts descending. A \`+\` in front is
allowed and must be sent as \`%2B\`. Every other parameter is a filter: different filters must all match, of repeated values of one
filter any. Blank values count as absent; an unknown parameter is 400.

## Refusals

Refusals are JSON with \`status\`, the kind of refusal, and mostly \`error\`, the reason for a person. Checks come in this order:
authentication, ids and body, role, then the object. A known path answers 405 without a body to methods that it does not have; \`Allow\`
names those it has. 500 is a defect of the server; its \`X-Request-Id\`, which every answer has, finds the cause in the log.
After 429 and 503 \`Retry-After\` says when to come back, in seconds.

Clients must ignore members of answers that they do not know: v1 grows by additions. Health is not here: it is served without
authentication on a port of its own, at \`/healthz\` and \`/ready\`.`

export type Tag = { readonly name: string; readonly description: string }

/** By the first word of the ids of operations. */
export const TAGS: Readonly<Record<string, Tag>> = {
  participants: {
    name: 'Participants',
    description: 'The organisations of the federation. One may be provider and consumer at once.',
  },
  tokens: {
    name: 'Tokens',
    description: 'API tokens. The clear value is shown once, by create and regenerate.',
  },
  agentTypes: {
    name: 'Agent types',
    description: 'Which service types an agent of a kind serves, and how it is configured and installed.',
  },
  agents: {
    name: 'Agents',
    description:
      'The processes of providers that carry out jobs: their state, their configuration, their installation.',
  },
  configPools: {
    name: 'Config pools',
    description: 'Pools of values for the configuration of agents.',
  },
  configPoolValues: {
    name: 'Config pool values',
    description: 'The values of config pools, and which agent holds each.',
  },
  serviceTypes: {
    name: 'Service types',
    description: 'What can be ordered: its properties, its lifecycle, and who offers it.',
  },
  services: {
    name: 'Services',
    description: 'What consumers ordered. Changes become jobs; `why` says what a service waits for.',
  },
  serviceGroups: {
    name: 'Service groups',
    description: 'Services of one consumer that belong together; jobs within a group run one after another.',
  },
  serviceOptionTypes: {
    name: 'Service option types',
    description: 'Kinds of options that providers offer, for example plans or images.',
  },
  serviceOptions: {
    name: 'Service options',
    description: 'The values that one provider offers for one option type.',
  },
  servicePoolSets: {
    name: 'Service pool sets',
    description: 'Sets of pools that an agent draws properties of services from.',
  },
  servicePools: {
    name: 'Service pools',
    description: 'Pools of values for properties of services: lists, or addresses of a subnet.',
  },
  servicePoolValues: {
    name: 'Service pool values',
    description: 'The values of service pools, and which service holds each.',
  },
  jobs: {
    name: 'Jobs',
    description: 'What agents are asked to do. An agent asks for pending jobs, claims one, and reports its end.',
  },
  metricTypes: {
    name: 'Metric types',
    description: 'The names under which agents report measurements.',
  },
  metricEntries: {
    name: 'Metric entries',
    description: 'Measurements, one by one and aggregated over time.',
  },
  events: {
    name: 'Events',
    description:
      'One event for every change, numbered. Consumers lease them and acknowledge what they have worked off.',
  },
  vault: {
    name: 'Vault',
    description: 'Secrets, for the one agent that needs them.',
  },
  artifacts: {
    name: 'Artifacts',
    description: 'Dumps and other files of services, streamed in and out.',
  },
  portability: {
    name: 'Portability',
    description: 'Which actions of a service type take data out and in, and in which formats.',
  },
  artifactStores: {
    name: 'Artifact stores',
    description: 'Where artifacts are kept, by whom, and under whose control.',
  },
  vaultSchedules: {
    name: 'Vault schedules',
    description: 'Which services are copied how often, and into which store.',
  },
  vaultCopies: {
    name: 'Vault copies',
    description: 'Copies of services that stay when the service or its provider is gone.',
  },
  sovereigntyProfiles: {
    name: 'Sovereignty profiles',
    description: 'What is known about providers, their agents and what they offer, and what is missing for more.',
  },
  sovereigntyEvidences: {
    name: 'Sovereignty evidence',
    description:
      'What backs these facts: declarations, certificates, credentials, measurements; and who verified them.',
  },
  sovereigntyNotices: {
    name: 'Sovereignty notices',
    description: 'Evidence and profiles that end soon, and the services that rely on them.',
  },
  sovereigntyPolicies: {
    name: 'Sovereignty policies',
    description: 'What the federation and its consumers accept. A change is a new version.',
  },
  sovereigntyWaivers: {
    name: 'Sovereignty waivers',
    description: 'Exceptions of one constraint for one provider, with a reason and an end.',
  },
  compliance: {
    name: 'Compliance',
    description: 'Whether running services still comply with the policies in force, and what follows when not.',
  },
  migrations: {
    name: 'Migrations',
    description:
      'Moving one service to another agent, with its data. The source stays until the target has proved itself; one of the two counts at every moment.',
  },
  drills: {
    name: 'Drills',
    description:
      'Rehearsing a move into a scratch service, which is deleted again; what was measured becomes evidence.',
  },
  evacuations: {
    name: 'Evacuations',
    description: 'Many services that leave a provider or a jurisdiction by one plan.',
  },
  switchings: {
    name: 'Switchings',
    description: 'Leaving a provider under the Data Act: clocks, entries of both sides, and what can be taken along.',
  },
  serviceClassifications: {
    name: 'Service classifications',
    description:
      'What only the consumer of a service knows: how much hangs on it, what it costs. Its provider sees none of it.',
  },
  offeringTerms: {
    name: 'Offering terms',
    description: 'What offerings cost, how much of them there is, and how far they are away.',
  },
  quotas: { name: 'Quotas', description: 'How many services a consumer may have.' },
  placements: {
    name: 'Placements',
    description: 'Where an order could run: every offering with its verdict, ranked by what the consumer prefers.',
  },
  placementDecisions: {
    name: 'Placement decisions',
    description: 'Every decision with everything it was decided by, so that anybody can decide again.',
  },
  audit: {
    name: 'Audit log',
    description:
      'Proof that events were neither changed nor removed: a Merkle tree over them, signed, and verified by anybody.',
  },
  exposures: {
    name: 'Exposure',
    description:
      'What an event would do: an order to hand over data, a cut-off, a tariff, the end of a provider; and how much hangs on few.',
  },
  exitReports: {
    name: 'Exit reports',
    description: 'What has to be shown about leaving and about control: exit plans, registers, jurisdictions.',
  },
  self: {
    name: 'This server',
    description: 'What the server itself connects to, and who said so.',
  },
  credentials: {
    name: 'Credentials',
    description:
      'Gaia-X credentials of providers, verified in the background, and descriptions that this instance signs.',
  },
  keycloakUsers: {
    name: 'Keycloak users',
    description: 'Users of the identity provider, where the server administers them.',
  },
}

const OWNER: Readonly<Record<OwnerField, string>> = {
  participantId: 'owner',
  providerId: 'provider',
  consumerId: 'consumer',
  agentId: 'agent',
}

/** Who may use an operation, in one line. */
export function whoMay(access: Access, isList: boolean): string {
  if (access === 'public') return 'Open to everybody.'
  const rules = Object.entries(access).map(([role, rule]) => subject(role, rule))
  return `**${isList ? 'Shown to' : 'For'}** ${rules.join('; ')}.`
}

function subject(role: Role | string, rule: 'any' | readonly OwnerField[]): string {
  if (rule === 'any') return `any ${role}`
  if (role !== 'agent') return `the ${role} that is its ${rule.map((field) => OWNER[field]).join(' or ')}`
  return rule.includes('agentId') ? 'its agent' : `agents of its ${rule.map((field) => OWNER[field]).join(' or ')}`
}
