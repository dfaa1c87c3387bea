/** Cases of the walk: users of the identity provider. */
import { randomUUID } from 'node:crypto'
import type { Cases, OperationCase, Walk } from './walk.ts'

type Refusals = NonNullable<OperationCase['refusals']>

const userBody = ({ unique }: Walk) => {
  const username = unique()
  return {
    username,
    email: `${username}@fulcrum.example`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    password: 'correct horse battery',
    role: 'admin',
  }
}

const aUser = (walk: Walk): Promise<{ id: string }> => walk.make('/keycloak-users', userBody(walk))
const withId = async (walk: Walk) => ({ params: { id: (await aUser(walk)).id } })

/** A body that is refused although its user exists. */
const changed = (body: object): Refusals[string] => ({
  call: async (walk) => ({ ...(await withId(walk)), body }),
  status: 400,
})
const created = (body: object): Refusals[string] => ({
  call: (walk) => ({ body: { ...userBody(walk), ...body } }),
  status: 400,
})

export const userCases: Cases = {
  'keycloakUsers.list': {
    as: 'admin',
    readsPastFilters: true,
    call: async (walk) => {
      await aUser(walk)
      return {}
    },
  },
  'keycloakUsers.create': {
    as: 'admin',
    call: (walk) => ({ body: userBody(walk) }),
    refusals: {
      'an empty user name': created({ username: '' }),
      'a role that there is not': created({ role: 'owner' }),
      'a participant without its id': created({ role: 'participant' }),
      'an agent that does not exist': created({ role: 'agent', agentId: randomUUID() }),
      'a weak password': created({ password: 'short' }),
    },
  },
  'keycloakUsers.get': { as: 'admin', foreignIds: true, call: withId },
  'keycloakUsers.update': {
    as: 'admin',
    foreignIds: true,
    call: async (walk) => ({
      ...(await withId(walk)),
      body: { role: 'agent', agentId: walk.own.agent.id, enabled: true },
    }),
    refusals: {
      'an id that does not belong to the role': changed({ agentId: randomUUID() }),
      'a role without its id': changed({ role: 'participant' }),
      'an address that is none': changed({ email: 'nowhere' }),
    },
  },
  'keycloakUsers.delete': { as: 'admin', foreignIds: true, call: withId },
}
