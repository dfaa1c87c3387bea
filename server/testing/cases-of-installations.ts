/** Cases of the walk: the installation of agents. */
import type { Cases, OperationCase, Walk } from './walk.ts'

const P = 'provider' as const
const notP = ['otherProvider', 'consumer'] as const

const aType = (walk: Walk, templates: object) =>
  walk.make('/agent-types', {
    name: walk.unique(),
    configurationSchema: { properties: { url: { type: 'string' } } },
    ...templates,
  })
const anAgent = async (walk: Walk, templates: object = { configTemplate: 'x', cmdTemplate: CMD }) => {
  const { id: agentTypeId } = await aType(walk, templates)
  return walk.make('/agents', { name: walk.unique(), providerId: walk.own.provider.id, agentTypeId })
}
const CMD = '{{.configUrl}} {{.authToken}}'

/** An agent that can be installed, and nobody has asked for it. */
const fresh: OperationCase['call'] = async (walk) => ({ params: { id: (await anAgent(walk)).id } })
const bare: OperationCase['call'] = async (walk) => ({ params: { id: (await anAgent(walk, {})).id } })
/** An agent with an install command, and the token that is in it. */
const begun = async (walk: Walk) => {
  const { id } = await anAgent(walk)
  const { url } = await walk.make(`/agents/${id}/install-command`, undefined)
  return { params: { id, token: /install\/(.+)\/config$/.exec(url)?.[1] ?? '' } }
}

export const installationCases: Cases = {
  'agents.installCommand.create': {
    as: P,
    call: fresh,
    foreign: notP,
    refusals: {
      'a type without templates': { call: bare, status: 400 },
      'a second one': { call: begun, status: 409 },
    },
  },
  'agents.installCommand.regenerate': {
    as: P,
    call: begun,
    foreign: notP,
    refusals: { 'what nobody has asked for': { call: fresh, status: 404 } },
  },
  'agents.installCommand.get': {
    as: P,
    call: begun,
    foreign: [...notP, 'otherAgent'],
    refusals: { 'what nobody has asked for': { call: fresh, status: 404 } },
  },
  'agents.installCommand.revoke': {
    as: P,
    call: begun,
    foreign: notP,
    refusals: { 'what nobody has asked for': { call: fresh, status: 404 } },
  },
  'agents.installConfig': {
    as: P,
    call: begun,
    foreign: [...notP, 'agent', 'sibling', 'otherAgent'],
    foreignStatus: 404,
    refusals: { 'an unknown token': { call: () => ({ params: { token: 'unknown' } }), status: 404 } },
  },
}
