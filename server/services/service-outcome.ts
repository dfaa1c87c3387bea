/** What the end of a job does to its service: state, properties, secrets, pool values and the event, in one transaction. */
import { type JsonObject, type LifecycleSchema, secretReferences } from '@fulcrum/schema'
import { appendEvent, changes } from '../events/index.ts'
import type { Command } from '../platform/command.ts'
import { Refusal } from '../platform/errors.ts'
import { releaseServiceValues } from '../service-pools/index.ts'
import type { ServiceType } from '../service-types/index.ts'
import { deleteSecrets, pruneSecrets, storeSecrets } from '../vault/index.ts'
import { fail, type Report, type Service, serviceShape, succeed, UPDATE } from './service.ts'
import { serviceLinks } from './service-commands.ts'
import { applyProperties } from './service-properties.ts'
import { serviceAgent, serviceTypeOf } from './service-relations.ts'
import { saveService } from './service-store.ts'

export type EndedJob = { action: string; params: JsonObject | null }

/**
 * The job succeeded. An update's properties hold from now on; what the agent reports lies on top.
 *
 * @param service  locked
 * @throws Refusal `invalid` when a reported property violates the schema or the lifecycle knows no way from here: then nothing
 *   has changed and the job is still the agent's
 */
export async function applySuccess(
  c: Command,
  service: Service,
  job: EndedJob,
  report: Report & { properties?: JsonObject },
  vaultKey: Buffer | null,
): Promise<void> {
  const type = await serviceTypeOf(c.tx, service)
  const base = job.action === UPDATE ? (job.params ?? service.properties) : service.properties
  const { properties: reported, ...rest } = report
  const properties =
    reported && Object.keys(reported).length > 0
      ? await applyReport(c, service, type, base ?? {}, reported, vaultKey)
      : base
  await settle(c, service, succeed(service, type.lifecycleSchema, job.action, properties, rest, c.now), type)
}

async function applyReport(
  c: Command,
  service: Service,
  type: ServiceType,
  stored: JsonObject,
  input: JsonObject,
  vaultKey: Buffer | null,
): Promise<JsonObject> {
  try {
    const { properties, secrets } = await applyProperties(c, {
      schema: type.propertySchema,
      input,
      stored,
      actor: 'agent',
      status: service.status,
      serviceId: service.id,
      consumerId: service.consumerId,
      groupId: service.groupId,
      agent: await serviceAgent(c.tx, service),
      vaultAvailable: vaultKey !== null,
    })
    await storeSecrets(c, vaultKey, { serviceId: service.id }, secrets)
    return properties
  } catch (error) {
    throw error instanceof Refusal && error.violations ? asPlainText(error.violations) : error
  }
}

/** To agents a violation is one text, not a list (contract, DOMAIN.md 3.13). */
function asPlainText(violations: readonly { path: string; message: string }[]): Refusal {
  // entries with a longer path explain one of a top-level property
  const top = violations.filter(({ path }) => !/[.[]/.test(path))
  const text = top.length === 1 ? top[0]?.message : `${top.length} errors`
  return new Refusal('invalid', `invalid input: validation failed: ${text}`)
}

/** The job failed. Properties stay as they were; the state follows the lifecycle's error transition, if there is one. */
export async function applyFailure(c: Command, service: Service, job: EndedJob, message: string): Promise<void> {
  const type = await serviceTypeOf(c.tx, service)
  await settle(c, service, fail(service, type.lifecycleSchema, job.action, message, c.now), type)
}

async function settle(
  c: Command,
  before: Service,
  after: Service,
  type: { propertySchema: ServiceType['propertySchema']; lifecycleSchema: LifecycleSchema },
) {
  await saveService(c.tx, after)
  if (after.terminal) {
    await releaseServiceValues(c, after.id)
    await deleteSecrets(c, { serviceId: after.id })
  } else {
    const inUse = secretReferences(type.propertySchema, after.properties ?? {}).map(({ reference }) => reference)
    await pruneSecrets(c, { serviceId: after.id }, inUse, { ephemeral: 'delete' })
  }
  await appendEvent(c, {
    type: 'service.transitioned',
    ...serviceLinks(after),
    properties: changes(serviceShape(before), serviceShape(after)),
  })
}
