/** What a service needs to know of its type and agent, hidden ones included: they stay as long as a service refers to them. */
import { type Agent, toAgent } from '../agents/index.ts'
import type { Db } from '../platform/db.ts'
import { type ServiceType, toServiceType } from '../service-types/index.ts'
import type { Service } from './service.ts'

export async function serviceTypeOf(db: Db, { serviceTypeId }: Pick<Service, 'serviceTypeId'>): Promise<ServiceType> {
  return toServiceType(
    await db.selectFrom('service_types').selectAll().where('id', '=', serviceTypeId).executeTakeFirstOrThrow(),
  )
}

export async function serviceAgent(db: Db, { agentId }: Pick<Service, 'agentId'>): Promise<Agent> {
  return toAgent(await db.selectFrom('agents').selectAll().where('id', '=', agentId).executeTakeFirstOrThrow())
}
