/** Agents: the processes of providers that carry out jobs, their state and their installation. */
import { type Static, Type } from 'typebox'
import { AgentType } from './agent-types.ts'
import { formerNames } from './legacy-dialect.ts'
import { contains, list, oneOf, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { JsonObject, Timestamp, TimestampWith, Uuid, UuidInput, UuidInputWith } from './values.ts'

export const AgentStatus = Type.Enum(['New', 'Connected', 'Disconnected', 'Error', 'Disabled'], {
  description: 'Case-sensitive.',
})
export type AgentStatus = Static<typeof AgentStatus>

export const Agent = Type.Object({
  id: Uuid,
  name: Type.String(),
  status: AgentStatus,
  providerId: Uuid,
  agentTypeId: Uuid,
  tags: Type.Union([
    Type.Array(Type.String(), { description: 'null when never set, [] when set to empty.' }),
    Type.Null(),
  ]),
  configuration: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'Omitted when never set. Secret values appear as vault://<reference>.',
    }),
  ),
  servicePoolSetId: Type.Optional(Uuid),
  participant: Type.Optional(Participant),
  agentType: Type.Optional(AgentType),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Agent = Static<typeof Agent>

export const AgentCreate = Type.Object({
  name: Type.String({ minLength: 1 }),
  providerId: UuidInput,
  agentTypeId: UuidInput,
  tags: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { description: '1 to 100 bytes of UTF-8 each.' }),
  ),
  configuration: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description:
        "Checked against the agent type's configurationSchema; defaults filled in, secrets moved to the vault, pool values allocated. Absent counts as empty.",
    }),
  ),
  servicePoolSetId: Type.Optional(UuidInputWith('Must belong to the same provider.')),
})
export type AgentCreate = Static<typeof AgentCreate>

export const AgentUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1 })),
  status: Type.Optional(AgentStatus),
  tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }))),
  configuration: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'Partial: merged over the stored configuration by the schema engine.',
    }),
  ),
  servicePoolSetId: Type.Optional(UuidInputWith('Cannot be cleared: null means unchanged.')),
})
export type AgentUpdate = Static<typeof AgentUpdate>

export const AgentStatusUpdate = Type.Object({ status: AgentStatus }, formerNames({ status: 'state' }))
export type AgentStatusUpdate = Static<typeof AgentStatusUpdate>

export const InstallCommand = Type.Object(
  {
    installCommand: Type.String({
      description:
        "cmdTemplate rendered with the agent's configuration (secrets stay vault:// references here), configUrl and authToken.",
    }),
    url: Type.String({ description: '<FULCRUM_PUBLIC_BASE_URL>/api/v1/agents/install/<token>/config', format: 'uri' }),
    expiresAt: Timestamp,
  },
  {
    description:
      'The token in url and the bearer in installCommand are shown only here. Serialized without HTML escaping (<, >, & stay literal); Content-Type application/json; charset=utf-8.',
  },
)
export type InstallCommand = Static<typeof InstallCommand>

export const InstallCommandMeta = Type.Object({
  id: Uuid,
  expiresAt: TimestampWith('May lie in the past.'),
  createdAt: Timestamp,
})
export type InstallCommandMeta = Static<typeof InstallCommandMeta>

export const agents = {
  list: list({
    id: 'agents.list',
    path: '/agents',
    summary: 'List agents, one page at a time.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    item: Agent,
    filters: { name: contains, status: oneOf(AgentStatus), providerId: uuidFilter, agentTypeId: uuidFilter },
    sort: ['name'],
  }),
  create: operation({
    id: 'agents.create',
    method: 'POST',
    path: '/agents',
    summary: 'Create one of the agents.',
    access: { admin: 'any', participant: ['providerId'] },
    body: AgentCreate,
    status: 201,
    answer: Agent,
    missing: 'The service pool set does not exist.',
  }),
  get: operation({
    id: 'agents.get',
    method: 'GET',
    path: '/agents/{id}',
    summary: 'Read one of the agents.',
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Agent,
  }),
  update: operation({
    id: 'agents.update',
    method: 'PATCH',
    path: '/agents/{id}',
    summary: 'Change some fields of one of the agents; absent or null fields stay.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    body: AgentUpdate,
    status: 200,
    answer: Agent,
  }),
  delete: operation({
    id: 'agents.delete',
    method: 'DELETE',
    path: '/agents/{id}',
    summary: 'Delete one of the agents.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'It still has services.',
  }),
  me: operation({
    id: 'agents.me',
    method: 'GET',
    path: '/agents/me',
    summary: 'Describe the calling agent, with provider and agent type.',
    access: { agent: ['agentId'] },
    status: 200,
    answer: Agent,
    missing: 'The agent does not exist any more.',
  }),
  meStatus: operation({
    id: 'agents.meStatus',
    method: 'PUT',
    path: '/agents/me/status',
    summary: "Heartbeat: set the calling agent's status and stamp the time.",
    access: { agent: ['agentId'] },
    roleBeforeBody: true,
    body: AgentStatusUpdate,
    status: 200,
    answer: Agent,
    missing: 'The agent does not exist any more.',
  }),
  installConfig: operation({
    id: 'agents.installConfig',
    method: 'GET',
    path: '/agents/install/{token}/config',
    summary: 'Fetch the rendered configuration file with secrets in clear.',
    access: { admin: 'any', participant: ['providerId'], agent: ['agentId'] },
    params: Type.Object({ token: Type.String() }),
    status: 200,
    answer: Type.String({ description: 'Raw text.' }),
  }),
  installCommandGet: operation({
    id: 'agents.installCommand.get',
    method: 'GET',
    path: '/agents/{id}/install-command',
    summary: "Metadata of the agent's install token, also when expired.",
    access: { admin: 'any', participant: ['providerId'], agent: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: InstallCommandMeta,
  }),
  installCommandCreate: operation({
    id: 'agents.installCommand.create',
    method: 'POST',
    path: '/agents/{id}/install-command',
    summary: 'Mint an install token and a bootstrap bearer, both valid 5 minutes, and render the command.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 201,
    answer: InstallCommand,
    conflict: 'It has an install token already; regenerate or revoke that one.',
  }),
  installCommandRegenerate: operation({
    id: 'agents.installCommand.regenerate',
    method: 'POST',
    path: '/agents/{id}/install-command/regenerate',
    summary: 'Rotate install token and bootstrap bearer; the previous ones die at once.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: InstallCommand,
  }),
  installCommandRevoke: operation({
    id: 'agents.installCommand.revoke',
    method: 'DELETE',
    path: '/agents/{id}/install-command',
    summary: 'Drop install token and bootstrap bearer.',
    access: { admin: 'any', participant: ['providerId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
  }),
} as const
