/**
 * What `get`, `describe`, `create`, `patch` and `delete` know of each resource: its names, its columns and which fields name
 * another resource. Pure data; the operations are in the contract, which is only loaded when a command talks to the server.
 */
import type * as contract from '@fulcrum/contract'

/** How a cell is written; `text` when not given. */
export type CellKind = 'age' | 'list' | 'count' | 'size'

export type Column = {
  readonly title: string
  /** Members joined by dots; of several alternatives (`|`) the first that is there. */
  readonly path: string
  readonly kind?: CellKind
  /** Shown by `-o wide` only. */
  readonly wide?: true
}

export type Resource = {
  /** Plural, as in the paths of the API. */
  readonly name: string
  readonly singular: string
  readonly short: readonly string[]
  /** Member of the contract that holds the operations. */
  readonly group: keyof typeof contract
  readonly columns: readonly Column[]
  /** Filters by which a name is looked up; none where things have no name. */
  readonly nameFilters?: readonly string[]
  /** Short key → the field it stands for and the resource whose names it takes: `provider=ACME` is `providerId=<id>`. */
  readonly references?: Readonly<Record<string, { readonly field: string; readonly resource: string }>>
  /** Sort of `get` when none was asked for. */
  readonly sort?: string
}

const id: Column = { title: 'ID', path: 'id' }
const name: Column = { title: 'NAME', path: 'name' }
const ageColumn: Column = { title: 'AGE', path: 'createdAt', kind: 'age' }

const to = (field: string, resource: string) => ({ field, resource })
const provider = to('providerId', 'participants')
const consumer = to('consumerId', 'participants')
const participant = to('participantId', 'participants')
const agent = to('agentId', 'agents')
const service = to('serviceId', 'services')

export const RESOURCES: readonly Resource[] = [
  {
    name: 'participants',
    singular: 'participant',
    short: ['pt'],
    group: 'participants',
    columns: [name, { title: 'STATUS', path: 'status' }, ageColumn, id],
    nameFilters: ['name'],
  },
  {
    name: 'tokens',
    singular: 'token',
    short: ['tok'],
    group: 'tokens',
    columns: [
      name,
      { title: 'ROLE', path: 'role' },
      { title: 'FOR', path: 'agent.name|participant.name' },
      { title: 'EXPIRES', path: 'expireAt', kind: 'age' },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: { participant: to('scopeId', 'participants'), agent: to('scopeId', 'agents') },
  },
  {
    name: 'agent-types',
    singular: 'agent-type',
    short: ['at'],
    group: 'agentTypes',
    columns: [
      name,
      { title: 'SERVICE TYPES', path: 'serviceTypeIds', kind: 'count' },
      { title: 'LEGACY DIALECT', path: 'legacyDialect', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
  },
  {
    name: 'agents',
    singular: 'agent',
    short: ['ag'],
    group: 'agents',
    columns: [
      name,
      { title: 'STATUS', path: 'status' },
      { title: 'PROVIDER', path: 'participant.name|providerId' },
      { title: 'TYPE', path: 'agentType.name|agentTypeId' },
      { title: 'TAGS', path: 'tags', kind: 'list' },
      { title: 'POOL SET', path: 'servicePoolSetId', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: {
      provider,
      agentType: to('agentTypeId', 'agent-types'),
      servicePoolSet: to('servicePoolSetId', 'service-pool-sets'),
    },
  },
  {
    name: 'service-types',
    singular: 'service-type',
    short: ['st'],
    group: 'serviceTypes',
    columns: [
      name,
      { title: 'PROPERTIES', path: 'propertySchema.properties', kind: 'count' },
      { title: 'ACTIONS', path: 'lifecycleSchema.actions', kind: 'list' },
      { title: 'INITIAL', path: 'lifecycleSchema.initialState', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
  },
  {
    name: 'services',
    singular: 'service',
    short: ['svc'],
    group: 'services',
    columns: [
      name,
      { title: 'TYPE', path: 'serviceType.name|serviceTypeId' },
      { title: 'STATUS', path: 'status' },
      { title: 'CONDITIONS', path: 'conditions', kind: 'list' },
      { title: 'AGENT', path: 'agent.name|agentId' },
      { title: 'INSTANCE', path: 'agentInstanceId', wide: true },
      { title: 'GROUP', path: 'groupId', wide: true },
      { title: 'PROVIDER', path: 'providerId', wide: true },
      { title: 'CONSUMER', path: 'consumerId', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: {
      provider,
      consumer,
      agent,
      group: to('groupId', 'service-groups'),
      serviceType: to('serviceTypeId', 'service-types'),
    },
  },
  {
    name: 'service-groups',
    singular: 'service-group',
    short: ['sg', 'group', 'groups'],
    group: 'serviceGroups',
    columns: [name, { title: 'CONSUMER', path: 'consumer.name|consumerId' }, ageColumn, id],
    nameFilters: ['name'],
    references: { consumer },
  },
  {
    name: 'service-option-types',
    singular: 'service-option-type',
    short: ['sot'],
    group: 'serviceOptionTypes',
    columns: [name, { title: 'TYPE', path: 'type' }, { title: 'DESCRIPTION', path: 'description' }, ageColumn, id],
    nameFilters: ['name', 'type'],
  },
  {
    name: 'service-options',
    singular: 'service-option',
    short: ['so'],
    group: 'serviceOptions',
    columns: [
      name,
      { title: 'VALUE', path: 'value' },
      { title: 'ENABLED', path: 'enabled' },
      { title: 'ORDER', path: 'displayOrder', wide: true },
      { title: 'OPTION TYPE', path: 'serviceOptionTypeId', wide: true },
      { title: 'PROVIDER', path: 'providerId', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: { provider, optionType: to('serviceOptionTypeId', 'service-option-types') },
    sort: 'displayOrder',
  },
  {
    name: 'service-pool-sets',
    singular: 'service-pool-set',
    short: ['sps'],
    group: 'servicePoolSets',
    columns: [name, { title: 'PROVIDER', path: 'provider.name|providerId|providerID' }, ageColumn, id],
    nameFilters: ['name'],
    references: { provider },
  },
  {
    name: 'service-pools',
    singular: 'service-pool',
    short: ['sp'],
    group: 'servicePools',
    columns: [
      name,
      { title: 'TYPE', path: 'type' },
      { title: 'VALUES', path: 'propertyType' },
      { title: 'GENERATOR', path: 'generatorType' },
      { title: 'POOL SET', path: 'servicePoolSetName|servicePoolSetId' },
      { title: 'CONFIG', path: 'generatorConfig', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name', 'type'],
    references: { servicePoolSet: to('servicePoolSetId', 'service-pool-sets') },
  },
  {
    name: 'service-pool-values',
    singular: 'service-pool-value',
    short: ['spv'],
    group: 'servicePoolValues',
    columns: [
      name,
      { title: 'VALUE', path: 'value' },
      { title: 'POOL', path: 'servicePool.name|servicePoolId' },
      { title: 'SERVICE', path: 'service.name|serviceId' },
      { title: 'PROPERTY', path: 'propertyName' },
      { title: 'ALLOCATED', path: 'allocatedAt', kind: 'age', wide: true },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: { servicePool: to('servicePoolId', 'service-pools'), service },
  },
  {
    name: 'config-pools',
    singular: 'config-pool',
    short: ['cp'],
    group: 'configPools',
    columns: [
      name,
      { title: 'TYPE', path: 'type' },
      { title: 'VALUES', path: 'propertyType' },
      { title: 'PARTICIPANT', path: 'participant.name|participantId' },
      ageColumn,
      id,
    ],
    nameFilters: ['name', 'type'],
    references: { participant },
  },
  {
    name: 'config-pool-values',
    singular: 'config-pool-value',
    short: ['cpv'],
    group: 'configPoolValues',
    columns: [
      name,
      { title: 'VALUE', path: 'value' },
      { title: 'POOL', path: 'configPool.name|configPoolId' },
      { title: 'AGENT', path: 'agent.name|agentId' },
      { title: 'PROPERTY', path: 'propertyName' },
      ageColumn,
      id,
    ],
    nameFilters: ['name'],
    references: { configPool: to('configPoolId', 'config-pools'), agent },
  },
  {
    name: 'jobs',
    singular: 'job',
    short: ['j'],
    group: 'jobs',
    columns: [
      { title: 'ACTION', path: 'action' },
      { title: 'STATUS', path: 'status' },
      { title: 'SERVICE', path: 'service.name|serviceId' },
      { title: 'AGENT', path: 'agent.name|agentId' },
      { title: 'CLAIMED', path: 'claimedAt', kind: 'age', wide: true },
      { title: 'COMPLETED', path: 'completedAt', kind: 'age', wide: true },
      { title: 'PROVIDER', path: 'provider.name|providerId', wide: true },
      { title: 'CONSUMER', path: 'consumer.name|consumerId', wide: true },
      { title: 'ERROR', path: 'errorMessage' },
      ageColumn,
      id,
    ],
    references: { agent, service },
    sort: '-createdAt',
  },
  {
    name: 'metric-types',
    singular: 'metric-type',
    short: ['mt'],
    group: 'metricTypes',
    columns: [name, { title: 'ENTITY', path: 'entityType' }, ageColumn, id],
    nameFilters: ['name'],
  },
  {
    name: 'metric-entries',
    singular: 'metric-entry',
    short: ['me'],
    group: 'metricEntries',
    columns: [
      { title: 'TYPE', path: 'type.name|typeId' },
      { title: 'VALUE', path: 'value' },
      { title: 'SERVICE', path: 'service.name|serviceId' },
      { title: 'RESOURCE', path: 'resourceId' },
      { title: 'AGENT', path: 'agent.name|agentId', wide: true },
      ageColumn,
      id,
    ],
    references: { agent, service, type: to('typeId', 'metric-types') },
    sort: '-createdAt',
  },
  {
    name: 'events',
    singular: 'event',
    short: ['ev'],
    group: 'events',
    columns: [
      { title: 'NUMBER', path: 'sequenceNumber' },
      { title: 'TYPE', path: 'type' },
      { title: 'BY', path: 'initiatorType' },
      { title: 'ENTITY', path: 'entityId' },
      { title: 'PROVIDER', path: 'provider.name|providerId' },
      { title: 'CONSUMER', path: 'consumer.name|consumerId' },
      { title: 'AGENT', path: 'agent.name|agentId' },
      { title: 'INITIATOR', path: 'initiatorId', wide: true },
      ageColumn,
      id,
    ],
    references: { service: to('entityId', 'services') },
    sort: '-sequenceNumber',
  },
  {
    name: 'artifacts',
    singular: 'artifact',
    short: ['art'],
    group: 'artifacts',
    columns: [
      { title: 'KIND', path: 'kind' },
      { title: 'FORMAT', path: 'format' },
      { title: 'STATE', path: 'state' },
      { title: 'SIZE', path: 'sizeBytes', kind: 'size' },
      { title: 'SERVICE', path: 'serviceId' },
      { title: 'EXPIRES', path: 'expiresAt', kind: 'age' },
      { title: 'SHA256', path: 'sha256', wide: true },
      ageColumn,
      id,
    ],
    references: { service },
    sort: '-createdAt',
  },
  {
    name: 'keycloak-users',
    singular: 'keycloak-user',
    short: ['user', 'users'],
    group: 'keycloakUsers',
    columns: [
      { title: 'USERNAME', path: 'username' },
      { title: 'EMAIL', path: 'email' },
      { title: 'FIRST NAME', path: 'firstName' },
      { title: 'LAST NAME', path: 'lastName' },
      id,
    ],
    references: { participant, agent },
  },
]
