/**
 * One example for each shape that is sent or answered, by its name: one order of a database, told from its service type to its
 * metrics. A test holds each against its shape.
 */
import { AUDIT_EXAMPLES } from './openapi-examples-audit.ts'
import { CREDENTIAL_EXAMPLES } from './openapi-examples-credentials.ts'
import { EXIT_EXAMPLES } from './openapi-examples-exit.ts'
import { EXPOSURE_EXAMPLES } from './openapi-examples-exposure.ts'
import { MIGRATION_EXAMPLES } from './openapi-examples-migrations.ts'
import { PLACEMENT_EXAMPLES } from './openapi-examples-placement.ts'
import { PORTABILITY_EXAMPLES } from './openapi-examples-portability.ts'
import { SOVEREIGNTY_EXAMPLES } from './openapi-examples-sovereignty.ts'
import type { AnyJson } from './values.ts'

const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const AGENT = '1c7e5a90-2b3d-4e6f-8a9b-0c1d2e3f4a03'
const AGENT_TYPE = '7a6b5c4d-3e2f-4a1b-9c8d-7e6f5a4b3c04'
const SERVICE_TYPE = '3f3c4a43-6f0e-4b5f-9c0e-5a2a4c7f8d05'
const GROUP = 'c0a80101-aaaa-4bbb-8ccc-123456789a06'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const JOB = 'e2b4c6d8-1a3c-4e5f-8071-92a3b4c5d608'
const METRIC_TYPE = '8e7d6c5b-4a39-4281-9706-f5e4d3c2b109'
const POOL_SET = '2d4f6a8c-0b1d-4c3e-9f5a-7b8c9d0e1f10'
const POOL = '6f5e4d3c-2b1a-4098-8776-655443322111'
const OPTION_TYPE = 'a1b2c3d4-e5f6-4708-9192-a3b4c5d6e712'
const CONFIG_POOL = 'b7a69584-7362-4150-8f4e-3d2c1b0a9f13'
const ANY_ID = 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514'

const MORNING = '2026-11-24T08:15:00Z'
const LATER = '2026-11-24T08:15:42Z'
const stamps = { createdAt: MORNING, updatedAt: LATER }

const propertySchema = {
  properties: {
    plan: { type: 'string', label: 'Plan', required: true },
    storageGiB: { type: 'integer', default: 10, validators: [{ type: 'max', config: { value: 500 } }] },
    password: { type: 'string', secret: { type: 'persistent' }, revealable: true },
  },
}
const answered = { label: '', required: false, immutable: false }
const propertySchemaAnswered = {
  properties: {
    plan: { ...answered, type: 'string', label: 'Plan', required: true },
    storageGiB: {
      ...answered,
      type: 'integer',
      default: 10,
      validators: [{ type: 'max', config: { value: 500 } }],
    },
    password: { ...answered, type: 'string', secret: { type: 'persistent' }, revealable: true },
  },
  validators: null,
}
const lifecycleSchema = {
  states: [{ name: 'New' }, { name: 'Running' }, { name: 'Failed' }, { name: 'Deleted' }],
  initialState: 'New',
  terminalStates: ['Deleted'],
  runningStates: ['Running'],
  actions: [
    {
      name: 'create',
      transitions: [
        { from: 'New', to: 'Running' },
        { from: 'New', to: 'Failed', onError: true },
      ],
    },
    { name: 'update', transitions: [{ from: 'Running', to: 'Running' }] },
    { name: 'delete', transitions: [{ from: 'Running', to: 'Deleted' }] },
  ],
}
const configurationSchema = { properties: { region: { type: 'string', required: true } } }
const participant = { id: PROVIDER, name: 'Nordlicht Cloud', status: 'Enabled', ...stamps }
const service = {
  id: SERVICE,
  providerId: PROVIDER,
  consumerId: CONSUMER,
  agentId: AGENT,
  serviceTypeId: SERVICE_TYPE,
  groupId: GROUP,
  agentInstanceId: 'db_0d6f6a3c',
  name: 'orders database',
  status: 'Running',
  properties: { plan: 'small', storageGiB: 20, password: 'vault://Zk9qWm1yVGx4' },
  agentInstanceData: { host: 'db1.nordlicht.example', port: 5432 },
  ...stamps,
}
const job = {
  id: JOB,
  providerId: PROVIDER,
  consumerId: CONSUMER,
  agentId: AGENT,
  serviceId: SERVICE,
  action: 'create',
  params: { plan: 'small', storageGiB: 20, password: 'vault://Zk9qWm1yVGx4' },
  status: 'Processing',
  priority: 1,
  claimedAt: LATER,
  ...stamps,
}
const token = {
  id: ANY_ID,
  name: 'continuous delivery',
  role: 'participant',
  expireAt: '2027-02-22T08:15:00Z',
  participantId: CONSUMER,
  ...stamps,
}
const condition = { type: 'StorageLimitReached', message: 'The database is read-only until it is below 20 GiB.' }
const measurement = { serviceId: SERVICE, resourceId: 'storage', value: 12.5, typeName: 'storage.used' }

export const EXAMPLES: Readonly<Record<string, AnyJson>> = {
  Participant: participant,
  ParticipantCreate: { name: 'Nordlicht Cloud', status: 'Enabled' },
  ParticipantUpdate: { status: 'Disabled' },
  Token: token,
  TokenCreate: {
    name: 'continuous delivery',
    role: 'participant',
    scopeId: CONSUMER,
    expireAt: '2027-02-22T08:15:00Z',
  },
  TokenUpdate: { expireAt: '2027-05-22T08:15:00Z' },
  AgentType: {
    id: AGENT_TYPE,
    name: 'PostgreSQL agent',
    serviceTypeIds: [SERVICE_TYPE],
    configurationSchema: {
      properties: { region: { ...answered, type: 'string', required: true } },
      validators: null,
    },
    configTemplate: 'region: {{.region}}\n',
    cmdTemplate: 'curl -H "Authorization: Bearer {{.authToken}}" {{.configUrl}} -o agent.yaml',
    configContentType: 'application/yaml',
    ...stamps,
  },
  AgentTypeCreate: {
    name: 'PostgreSQL agent',
    serviceTypeIds: [SERVICE_TYPE],
    configurationSchema,
    configTemplate: 'region: {{.region}}\n',
    cmdTemplate: 'curl -H "Authorization: Bearer {{.authToken}}" {{.configUrl}} -o agent.yaml',
    configContentType: 'application/yaml',
  },
  AgentTypeUpdate: { name: 'PostgreSQL 17 agent' },
  Agent: {
    id: AGENT,
    name: 'postgres-eu-1',
    status: 'Connected',
    providerId: PROVIDER,
    agentTypeId: AGENT_TYPE,
    tags: ['eu', 'ssd'],
    configuration: { region: 'eu-north' },
    ...stamps,
  },
  AgentCreate: {
    name: 'postgres-eu-1',
    providerId: PROVIDER,
    agentTypeId: AGENT_TYPE,
    tags: ['eu', 'ssd'],
    configuration: { region: 'eu-north' },
  },
  AgentUpdate: { tags: ['eu'], configuration: { region: 'eu-west' } },
  AgentStatusUpdate: { status: 'Connected' },
  InstallCommand: {
    installCommand:
      'curl -H "Authorization: Bearer q2J0b3c=" https://fulcrum.example/api/v1/agents/install/bG9uZw==/config -o agent.yaml',
    url: 'https://fulcrum.example/api/v1/agents/install/bG9uZw==/config',
    expiresAt: '2026-11-24T08:20:00Z',
  },
  InstallCommandMeta: { id: ANY_ID, expiresAt: '2026-11-24T08:20:00Z', createdAt: MORNING },
  ConfigPool: {
    id: CONFIG_POOL,
    name: 'Public addresses',
    type: 'public_ip',
    propertyType: 'string',
    generatorType: 'list',
    participantId: PROVIDER,
    ...stamps,
  },
  ConfigPoolCreate: {
    name: 'Public addresses',
    type: 'public_ip',
    propertyType: 'string',
    generatorType: 'list',
    participantId: PROVIDER,
  },
  ConfigPoolUpdate: { name: 'Public IPv4 addresses' },
  ConfigPoolValue: { id: ANY_ID, name: 'first', value: '203.0.113.10', configPoolId: CONFIG_POOL, ...stamps },
  ConfigPoolValueCreate: { configPoolId: CONFIG_POOL, name: 'first', value: '203.0.113.10' },
  ServiceType: {
    id: SERVICE_TYPE,
    name: 'PostgreSQL',
    propertySchema: propertySchemaAnswered,
    lifecycleSchema,
    ...stamps,
  },
  ServiceTypeCreate: { name: 'PostgreSQL', propertySchema, lifecycleSchema },
  ServiceTypeUpdate: { name: 'PostgreSQL 17' },
  Service: service,
  ServiceCreate: {
    groupId: GROUP,
    serviceTypeId: SERVICE_TYPE,
    name: 'orders database',
    agentTags: ['eu'],
    properties: { plan: 'small', storageGiB: 20 },
  },
  ServiceUpdate: { properties: { storageGiB: 50 } },
  ConditionsReport: { conditions: [condition] },
  RevealedSecrets: { secrets: { password: 'Tr0ub4dor&3' } },
  Why: {
    state: 'waiting',
    summary: 'The order waits for the agent postgres-eu-1, which is not connected.',
    since: MORNING,
    waitsFor: 'The agent takes its next job.',
    unblockedBy: 'Nordlicht Cloud',
    considered: [{ what: 'agent postgres-eu-1', verdict: 'Disconnected since 2026-11-24T07:58:11Z.' }],
    possibleIf: ['The agent postgres-eu-1 connects.'],
  },
  ServiceGroup: { id: GROUP, name: 'shop', consumerId: CONSUMER, ...stamps },
  ServiceGroupCreate: { name: 'shop', consumerId: CONSUMER },
  ServiceGroupUpdate: { name: 'web shop' },
  ServiceOptionType: { id: OPTION_TYPE, name: 'Plan', type: 'plan', description: 'Size of a database.', ...stamps },
  ServiceOptionTypeCreate: { name: 'Plan', type: 'plan', description: 'Size of a database.' },
  ServiceOptionTypeUpdate: { description: 'How large a database may get.' },
  ServiceOption: {
    id: ANY_ID,
    providerId: PROVIDER,
    serviceOptionTypeId: OPTION_TYPE,
    name: 'small',
    value: { storageGiB: 20, connections: 50 },
    enabled: true,
    displayOrder: 1,
    ...stamps,
  },
  ServiceOptionCreate: {
    providerId: PROVIDER,
    serviceOptionTypeId: OPTION_TYPE,
    name: 'small',
    value: { storageGiB: 20, connections: 50 },
    displayOrder: 1,
  },
  ServiceOptionUpdate: { enabled: false },
  ServicePoolSet: { id: POOL_SET, name: 'eu-north', providerID: PROVIDER, providerId: PROVIDER, ...stamps },
  ServicePoolSetCreate: { name: 'eu-north', providerId: PROVIDER },
  ServicePoolSetUpdate: { name: 'eu-north-1' },
  ServicePool: {
    id: POOL,
    name: 'Private network',
    type: 'private_ip',
    propertyType: 'string',
    generatorType: 'subnet',
    generatorConfig: { cidr: '10.20.0.0/24', excludeFirst: 1 },
    servicePoolSetId: POOL_SET,
    servicePoolSetName: 'eu-north',
    ...stamps,
  },
  ServicePoolCreate: {
    name: 'Private network',
    type: 'private_ip',
    propertyType: 'string',
    generatorType: 'subnet',
    generatorConfig: { cidr: '10.20.0.0/24', excludeFirst: 1 },
    servicePoolSetId: POOL_SET,
  },
  ServicePoolUpdate: { name: 'Private network 1' },
  ServicePoolValue: {
    id: ANY_ID,
    name: 'database',
    value: '10.20.0.2',
    servicePoolId: POOL,
    serviceId: SERVICE,
    propertyName: 'address',
    allocatedAt: LATER,
    ...stamps,
  },
  ServicePoolValueCreate: { servicePoolId: POOL, name: 'database', value: '10.20.0.2' },
  Job: job,
  JobComplete: {
    agentInstanceId: 'db_0d6f6a3c',
    agentInstanceData: { host: 'db1.nordlicht.example', port: 5432 },
  },
  JobFail: { errorMessage: 'timeout: the storage did not answer within 60 s' },
  MetricType: { id: METRIC_TYPE, name: 'storage.used', entityType: 'Resource', ...stamps },
  MetricTypeCreate: { name: 'storage.used', entityType: 'Resource' },
  MetricTypeUpdate: { name: 'storage.used.gib' },
  MetricEntry: {
    id: '0190f5a2-7c1e-7b3a-9d4f-2e6a8b0c1d15',
    providerId: PROVIDER,
    consumerId: CONSUMER,
    agentId: AGENT,
    serviceId: SERVICE,
    resourceId: 'storage',
    value: 12.5,
    typeId: METRIC_TYPE,
    ...stamps,
  },
  MetricEntryCreate: measurement,
  MetricEntryBatch: { entries: [measurement, { ...measurement, resourceId: 'backups', value: 31 }] },
  Aggregation: {
    data: [
      ['2026-11-24T07:00:00Z', 12.25],
      ['2026-11-24T08:00:00Z', 12.5],
    ],
    aggregate: 'max',
    bucket: 'hour',
    start: '2026-11-24T07:00:00Z',
    end: LATER,
  },
  Event: {
    id: ANY_ID,
    sequenceNumber: 4711,
    initiatorType: 'user',
    initiatorId: ANY_ID,
    type: 'service.updated',
    properties: { diff: [{ op: 'replace', path: '/name', value: 'orders database' }] },
    entityId: SERVICE,
    providerId: PROVIDER,
    agentId: AGENT,
    consumerId: CONSUMER,
    createdAt: LATER,
    updatedAt: LATER,
  },
  EventLeaseRequest: { subscriberId: 'billing', instanceId: 'billing-1', leaseDurationSeconds: 60, limit: 100 },
  EventLease: { events: [], leaseExpiresAt: '2026-11-24T08:16:42Z', lastEventSequenceProcessed: 4711 },
  EventAckRequest: { subscriberId: 'billing', instanceId: 'billing-1', lastEventSequenceProcessed: 4711 },
  EventAck: { lastEventSequenceProcessed: 4711 },
  Secret: { value: 'Tr0ub4dor&3' },
  Artifact: {
    id: ANY_ID,
    serviceId: SERVICE,
    providerId: PROVIDER,
    consumerId: CONSUMER,
    agentId: AGENT,
    kind: 'backup',
    format: 'pg_dump-custom',
    state: 'Complete',
    sizeBytes: 146_515,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ...stamps,
  },
  ...EXIT_EXAMPLES,
  Self: {
    version: '0.1.0',
    startedAt: MORNING,
    destinations: [{ purpose: 'database', host: 'db.internal.example', port: 5432, source: 'FULCRUM_DB_DSN' }],
    connections: [{ host: 'db.internal.example', port: 5432, count: 9, lastAt: LATER, purpose: 'database' }],
    undeclared: 0,
  },
  OutboundDestination: { purpose: 'database', host: 'db.internal.example', port: 5432, source: 'FULCRUM_DB_DSN' },
  OutboundConnection: { host: 'db.internal.example', port: 5432, count: 9, lastAt: LATER, purpose: 'database' },
  KeycloakUser: {
    id: ANY_ID,
    username: 'ada',
    email: 'ada@nordlicht.example',
    emailVerified: true,
    firstName: 'Ada',
    lastName: 'Larsen',
    enabled: true,
    roles: ['participant'],
    participantId: PROVIDER,
  },
  KeycloakUserCreate: {
    username: 'ada',
    email: 'ada@nordlicht.example',
    firstName: 'Ada',
    lastName: 'Larsen',
    password: 'to be changed at once',
    enabled: true,
    role: 'participant',
    participantId: PROVIDER,
  },
  KeycloakUserUpdate: { enabled: false },
  ...CREDENTIAL_EXAMPLES,
  ...EXPOSURE_EXAMPLES,
  ...MIGRATION_EXAMPLES,
  ...PLACEMENT_EXAMPLES,
  ...PORTABILITY_EXAMPLES,
  ...AUDIT_EXAMPLES,
  ...SOVEREIGNTY_EXAMPLES,
}
