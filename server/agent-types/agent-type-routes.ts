/** HTTP for agent types: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { agentTypes } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { conflict, invalidInput } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { type AgentType, checkAgentType, DEFAULT_CONTENT_TYPE } from './agent-type.ts'
import {
  agentTypeList,
  agentTypeShape,
  agentTypeToWire,
  countAgents,
  getAgentType,
  insertAgentType,
  lockAgentType,
  removeAgentType,
  replaceServiceTypes,
  saveAgentType,
  unknownServiceTypes,
} from './agent-type-store.ts'

export function agentTypeRoutes(api: Api, { db }: Platform): void {
  api.handle(agentTypes.list, ({ query, scope }) => listPage(db, agentTypes.list, query, scope, agentTypeList))

  api.handle(agentTypes.get, async ({ params }) => agentTypeToWire(await getAgentType(db, params.id)))

  api.handle(agentTypes.create, async ({ body, command }) => {
    const type = await command(async (c) => {
      const created = checkAgentType({
        id: randomUUID(),
        name: body.name,
        serviceTypeIds: body.serviceTypeIds ?? [],
        configurationSchema: body.configurationSchema,
        configTemplate: body.configTemplate ?? '',
        cmdTemplate: body.cmdTemplate ?? '',
        configContentType: body.configContentType ?? DEFAULT_CONTENT_TYPE,
        legacyDialect: body.legacyDialect ?? false,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await requireServiceTypes(c.tx, created)
      await insertAgentType(c.tx, created)
      await appendEvent(c, { type: 'agent_type.created', entityId: created.id })
      return created
    })
    return agentTypeToWire(type)
  })

  api.handle(agentTypes.update, async ({ params, body, command }) => {
    const type = await command(async (c) => {
      const before = await lockAgentType(c.tx, params.id)
      const after = checkAgentType({ ...before, ...body, updatedAt: c.now })
      await saveAgentType(c.tx, after)
      if (body.serviceTypeIds) {
        await requireServiceTypes(c.tx, after)
        await replaceServiceTypes(c.tx, after)
      }
      await appendEvent(c, {
        type: 'agent_type.updated',
        entityId: after.id,
        properties: changes(agentTypeShape(before), agentTypeShape(after)),
      })
      // the dialect of an agent is remembered with its identity
      if (after.legacyDialect !== before.legacyDialect) c.announce(IDENTITIES_SIGNAL)
      return after
    })
    return agentTypeToWire(type)
  })

  api.handle(agentTypes.delete, async ({ params, command }) => {
    await command(async (c) => {
      const type = await lockAgentType(c.tx, params.id)
      const agents = await countAgents(c.tx, type.id)
      if (agents > 0) throw conflict(`cannot delete agent type ${type.id}: ${agents} dependent agent(s) exist`)
      await removeAgentType(c.tx, type.id, c.now)
      await appendEvent(c, { type: 'agent_type.deleted', entityId: type.id })
    })
  })
}

async function requireServiceTypes(tx: Tx, { serviceTypeIds }: AgentType): Promise<void> {
  const unknown = await unknownServiceTypes(tx, serviceTypeIds)
  if (unknown.length > 0) throw invalidInput(`serviceTypeIds: no service type ${unknown.join(', ')}`)
}
