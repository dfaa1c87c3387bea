/** HTTP for agents: parse, authorize, call, answer. */
import { agents } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import type { Identity } from '../platform/identity.ts'
import { listPage } from '../platform/lists.ts'
import { createAgent, deleteAgent, reportStatus, updateAgent } from './agent-commands.ts'
import { agentList, agentToWire, getAgentView, touchAgent } from './agent-store.ts'

export function agentRoutes(api: Api, { db, config, now }: Platform): void {
  api.handle(agents.list, ({ query, scope }) => listPage(db, agents.list, query, scope, agentList))

  api.handle(agents.get, async ({ params, authorize }) => {
    const agent = await getAgentView(db, params.id)
    authorize({ providerId: agent.providerId, agentId: agent.id })
    return agent
  })

  api.handle(agents.create, async ({ body, authorize, command }) => {
    authorize({ providerId: body.providerId })
    return agentToWire(await command((c) => createAgent(c, body, config.vaultKey)))
  })

  api.handle(agents.update, async ({ params, body, authorize, command }) => {
    await command((c) => updateAgent(c, params.id, body, authorize, config.vaultKey))
    return getAgentView(db, params.id)
  })

  api.handle(agents.delete, async ({ params, authorize, command }) => {
    await command((c) => deleteAgent(c, params.id, authorize))
  })

  api.handle(agents.me, ({ identity }) => getAgentView(db, self(identity)))

  api.handle(agents.meStatus, async ({ identity, body, command }) => {
    const id = self(identity)
    if (!(await touchAgent(db, id, body.status, now()))) await command((c) => reportStatus(c, id, body.status))
    return getAgentView(db, id)
  })
}

function self({ agentId }: Identity): string {
  if (agentId === null) throw notFound('agent', 'of this token')
  return agentId
}
