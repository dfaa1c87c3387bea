/** Jobs: what an agent is asked to do with one service. */
import { type Static, Type } from 'typebox'
import { Agent } from './agents.ts'
import { formerJobMembers, formerNames } from './legacy-dialect.ts'
import { exact, list, oneOf, operation, uuidFilter } from './operation.ts'
import { Participant } from './participants.ts'
import { Service } from './services.ts'
import { InQuery, JsonObject, Timestamp, TimestampWith, Uuid, UuidInput } from './values.ts'
import { Why } from './why.ts'

export const JobStatus = Type.Enum(['Pending', 'Processing', 'Completed', 'Failed'])
export type JobStatus = Static<typeof JobStatus>

export const Job = Type.Object({
  id: Uuid,
  providerId: Uuid,
  consumerId: Uuid,
  agentId: Uuid,
  serviceId: Uuid,
  action: Type.String({
    description:
      'Of the lifecycle. Agents whose type has legacyDialect find create, update, start, stop and delete in their former words, such as ServiceCreate.',
  }),
  params: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description:
        'create: the full processed properties; update: the processed properties to apply; other actions: omitted.',
    }),
  ),
  status: JobStatus,
  priority: Type.Integer({ description: 'Always 1 today.' }),
  errorMessage: Type.Optional(Type.String({ description: 'Omitted when empty.' })),
  claimedAt: Type.Optional(Timestamp),
  completedAt: Type.Optional(TimestampWith('When it ended, completed or failed.')),
  result: Type.Optional(
    Type.Unsafe<JsonObject>({
      ...JsonObject,
      description: 'What the agent told of the outcome; an addition to v1. Omitted when it told nothing.',
    }),
  ),
  service: Type.Optional(Service),
  agent: Type.Optional(Agent),
  provider: Type.Optional(Participant),
  consumer: Type.Optional(Participant),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  ...formerJobMembers,
})
export type Job = Static<typeof Job>

export const JobComplete = Type.Object(
  {
    agentInstanceId: Type.Optional(
      Type.String({
        description: 'Stored on the service; null or absent leaves it. Unique among the services of one agent.',
      }),
    ),
    agentInstanceData: Type.Optional(
      Type.Unsafe<JsonObject>({ ...JsonObject, description: 'Replaces the stored data; null or absent leaves it.' }),
    ),
    properties: Type.Optional(
      Type.Unsafe<JsonObject>({
        ...JsonObject,
        description:
          'Agent-side property updates, run through the schema engine as actor agent before the transition; unknown names are dropped.',
      }),
    ),
    result: Type.Optional(
      Type.Unsafe<JsonObject>({
        ...JsonObject,
        description:
          'What is to be known of the outcome, at most 64 KiB; kept with the job and shown in it. An addition to v1.',
      }),
    ),
  },
  formerNames({ agentInstanceId: 'externalId', agentInstanceData: 'resources' }),
)
export type JobComplete = Static<typeof JobComplete>

export const JobFail = Type.Object({
  errorMessage: Type.Optional(
    Type.String({ description: 'May be absent (then empty). Matched against onErrorRegexp.' }),
  ),
})
export type JobFail = Static<typeof JobFail>

export const jobs = {
  list: list({
    id: 'jobs.list',
    path: '/jobs',
    summary: 'List jobs, one page at a time.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    item: Job,
    filters: { action: exact, status: oneOf(JobStatus), agentId: uuidFilter, serviceId: uuidFilter },
    sort: ['priority', 'createdAt', 'claimedAt', 'completedAt'],
  }),
  pending: operation({
    id: 'jobs.pending',
    method: 'GET',
    path: '/jobs/pending',
    summary: 'What the calling agent may do next: at most one Pending job per service group.',
    access: { agent: ['agentId'] },
    query: Type.Object({
      limit: Type.Optional(
        InQuery({
          type: 'integer',
          minimum: 1,
          default: 10,
          description: 'Most jobs of the answer. What is no positive integer counts as absent.',
        }),
      ),
      wait: Type.Optional(
        InQuery({
          type: 'number',
          minimum: 0,
          maximum: 60,
          default: 0,
          description: 'Seconds to wait for a job when there is none; an addition to v1.',
        }),
      ),
    }),
    status: 200,
    answer: Type.Array(Job),
  }),
  get: operation({
    id: 'jobs.get',
    method: 'GET',
    path: '/jobs/{id}',
    summary: 'Read a job with service, agent, provider and consumer.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Job,
  }),
  claim: operation({
    id: 'jobs.claim',
    method: 'POST',
    path: '/jobs/{id}/claim',
    summary: 'Take a Pending job: Processing, claimedAt stamped.',
    access: { agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 204,
    answer: null,
    conflict: 'The job is not Pending: another request was faster.',
  }),
  complete: operation({
    id: 'jobs.complete',
    method: 'POST',
    path: '/jobs/{id}/complete',
    summary: 'Report success: apply agent data and properties, move the service along its lifecycle.',
    access: { agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    body: JobComplete,
    status: 204,
    answer: null,
    conflict: 'Another service of the agent has this agentInstanceId.',
  }),
  fail: operation({
    id: 'jobs.fail',
    method: 'POST',
    path: '/jobs/{id}/fail',
    summary: 'Report failure: the message selects the error transition, if any.',
    access: { agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    body: JobFail,
    mayBeEmpty: true,
    status: 204,
    answer: null,
  }),
  why: operation({
    id: 'jobs.why',
    method: 'GET',
    path: '/jobs/{id}/why',
    summary: 'Say why the job waits, works or failed, and what would help.',
    access: { admin: 'any', participant: ['providerId', 'consumerId'], agent: ['agentId'] },
    params: Type.Object({ id: UuidInput }),
    status: 200,
    answer: Why,
    addition: true,
  }),
} as const
