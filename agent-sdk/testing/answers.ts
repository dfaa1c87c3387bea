/** What the test server answers to an agent: a function of its state and one request. */
import type {
  Agent,
  AgentStatus,
  AgentStatusUpdate,
  ConditionsReport,
  Job,
  JobComplete,
  JobFail,
  MetricEntryCreate,
  Service,
} from '@fulcrum/contract'
import type { Json } from '../agent.ts'
import type { ArtifactShelf } from './artifact-shelf.ts'
import { timestamp } from './shapes.ts'

export type ApiRequest = {
  method: string
  /** Below `/api/v1`. */
  path: string
  query: URLSearchParams
  body: Buffer
  range: string | undefined
}
export type ApiAnswer = { status: number; body?: unknown; headers?: Record<string, string> }

export type ServerState = {
  agent: Agent
  services: Map<string, Service>
  jobs: Map<string, Job>
  secrets: Map<string, Json>
  metricEntries: MetricEntryCreate[]
  statuses: AgentStatus[]
  artifacts: ArtifactShelf
  /** Long polls that wait for a change. */
  waiters: Set<() => void>
}

const NO_CONTENT: ApiAnswer = { status: 204 }

export function answerRequest(state: ServerState, request: ApiRequest): ApiAnswer {
  const { method, query } = request
  const [, kind = '', id = '', verb = ''] = request.path.split('/').map(decodeURIComponent)
  const artifact = state.artifacts.answer(request)
  if (artifact) return artifact
  switch (
    `${method} /${kind}${id === 'me' || id === 'pending' ? `/${id}` : id ? '/{id}' : ''}${verb ? `/${verb}` : ''}`
  ) {
    case 'GET /agents/me':
      return ok(state.agent)
    case 'PUT /agents/me/status':
      return setStatus(state, json<AgentStatusUpdate>(request).status)
    case 'GET /jobs/pending':
      return ok(pendingJobs(state, Number(query.get('limit')) || Number.POSITIVE_INFINITY))
    case 'GET /jobs':
      return page([...state.jobs.values()], query, ['status', 'agentId', 'serviceId', 'action'])
    case 'GET /jobs/{id}':
      return found(state.jobs.get(id))
    case 'POST /jobs/{id}/claim':
      return withJob(state, id, ['Pending'], (job) =>
        Object.assign(job, { status: 'Processing', claimedAt: timestamp() }),
      )
    case 'POST /jobs/{id}/complete':
      return complete(state, id, json<JobComplete>(request))
    case 'POST /jobs/{id}/fail':
      return fail(state, id, json<JobFail>(request))
    case 'GET /services':
      return page([...state.services.values()], query, ['status', 'agentId', 'groupId', 'serviceTypeId'])
    case 'GET /services/{id}':
      return found(state.services.get(id))
    case 'PUT /services/{id}/conditions':
      return setConditions(state, id, json<ConditionsReport>(request))
    case 'POST /metric-entries':
      return addMetric(state, json<MetricEntryCreate>(request))
    case 'POST /metric-entries/{id}':
      if (id !== 'batch') return refusal(404, 'the path does not exist')
      return addMetrics(state, json<{ entries: MetricEntryCreate[] }>(request).entries)
    default:
      if (method === 'GET' && kind === 'vault' && id === 'secrets') return secret(state, verb)
      return refusal(404, `the test server does not know ${method} ${request.path}`)
  }
}

function setStatus(state: ServerState, status: AgentStatus): ApiAnswer {
  state.statuses.push(status)
  state.agent.status = status
  return ok(state.agent)
}

/** The oldest of each group without a job in progress, the most urgent first. */
function pendingJobs({ jobs, services }: ServerState, limit: number): Job[] {
  const groupOf = (job: Job) => services.get(job.serviceId)?.groupId ?? job.serviceId
  const all = [...jobs.values()]
  const taken = new Set(all.filter((job) => job.status === 'Processing').map(groupOf))
  const pending: Job[] = []
  const inOrder = all.filter((job) => job.status === 'Pending').sort((a, b) => b.priority - a.priority)
  for (const job of inOrder) {
    if (taken.has(groupOf(job))) continue
    taken.add(groupOf(job))
    const service = services.get(job.serviceId)
    pending.push(service ? { ...job, service } : job)
  }
  return pending.slice(0, limit)
}

function withJob(state: ServerState, id: string, from: Job['status'][], change: (job: Job) => unknown): ApiAnswer {
  const job = state.jobs.get(id)
  if (!job) return refusal(404, `job ${id} does not exist`)
  if (!from.includes(job.status)) return refusal(409, `job ${id} is ${job.status}`)
  change(job)
  job.updatedAt = timestamp()
  return NO_CONTENT
}

function complete(
  state: ServerState,
  id: string,
  { agentInstanceId, agentInstanceData, properties, result }: JobComplete,
): ApiAnswer {
  return withJob(state, id, ['Processing'], (job) => {
    Object.assign(job, { status: 'Completed', completedAt: timestamp(), ...(result ? { result } : {}) })
    const service = state.services.get(job.serviceId)
    if (!service) return
    if (agentInstanceId != null) service.agentInstanceId = agentInstanceId
    if (agentInstanceData != null) service.agentInstanceData = agentInstanceData
    const changed = job.action === 'update' ? job.params : undefined
    if (changed || properties) service.properties = { ...service.properties, ...changed, ...properties }
    move(service, job.action)
  })
}

function fail(state: ServerState, id: string, { errorMessage }: JobFail): ApiAnswer {
  return withJob(state, id, ['Processing', 'Pending'], (job) => {
    Object.assign(job, { status: 'Failed', ...(errorMessage ? { errorMessage } : {}) })
    const service = state.services.get(job.serviceId)
    if (service) move(service, job.action, errorMessage ?? '')
  })
}

/** Follows the lifecycle of the embedded type, when the test gave one. */
function move(service: Service, action: string, error?: string): void {
  const transitions =
    service.serviceType?.lifecycleSchema.actions.find((each) => each.name === action)?.transitions ?? []
  const fits = transitions.filter(
    (each) => each.from === service.status && (each.onError ?? false) === (error !== undefined),
  )
  const taken = fits.find((each) => !each.onErrorRegexp || new RegExp(each.onErrorRegexp).test(error ?? ''))
  if (taken) service.status = taken.to
}

function setConditions(state: ServerState, id: string, { conditions }: ConditionsReport): ApiAnswer {
  const service = state.services.get(id)
  if (!service) return refusal(404, `service ${id} does not exist`)
  service.conditions = conditions.map((condition) => ({ ...condition, since: timestamp() }))
  return NO_CONTENT
}

function addMetric(state: ServerState, entry: MetricEntryCreate): ApiAnswer {
  if (entry.serviceId && !state.services.has(entry.serviceId)) return refusal(404, 'service not found')
  state.metricEntries.push(entry)
  return { status: 201, body: entry }
}

function addMetrics(state: ServerState, entries: MetricEntryCreate[]): ApiAnswer {
  const refused = entries.map((entry) => addMetric(state, entry)).find(({ status }) => status !== 201)
  return refused ?? { status: 201, body: { created: entries.length } }
}

function secret({ secrets }: ServerState, reference: string): ApiAnswer {
  return secrets.has(reference) ? ok({ value: secrets.get(reference) }) : refusal(404, 'secret not found')
}

function page<T extends object>(all: T[], query: URLSearchParams, filters: string[]): ApiAnswer {
  const chosen = all.filter((item) =>
    filters.every((name) => {
      const wanted = query.getAll(name)
      return wanted.length === 0 || wanted.includes(String(Object.entries(item).find(([key]) => key === name)?.[1]))
    }),
  )
  const size = Number(query.get('pageSize')) || 20
  const currentPage = Number(query.get('page')) || 1
  const totalPages = Math.ceil(chosen.length / size)
  return ok({
    items: chosen.slice((currentPage - 1) * size, currentPage * size),
    totalItems: chosen.length,
    totalPages,
    currentPage,
    hasNext: currentPage < totalPages,
    hasPrev: currentPage > 1,
  })
}

function found(item: unknown): ApiAnswer {
  return item === undefined ? refusal(404, 'not found') : ok(item)
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body }
}

function refusal(status: number, error: string): ApiAnswer {
  return { status, body: { status: 'Refused', error } }
}

/** The agents under test are typed by the contract, so the body has the shape of the operation. */
function json<T>({ body }: ApiRequest): T {
  return JSON.parse(body.toString() || '{}') as T
}
