/** HTTP for users of the identity provider: parse, call, answer. All of it is the admins' alone and leaves no events. */
import { keycloakUsers } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { pageOf, readPaging } from '../platform/lists.ts'
import { connectKeycloak } from './keycloak-connection.ts'
import { deleteAccount, listUsers, type UserFilter } from './keycloak-user-store.ts'
import { createUser, readUser, updateUser } from './keycloak-user-workflow.ts'

/** Without `FULCRUM_KEYCLOAK_ADMIN` there are no such paths. */
export function keycloakUserRoutes(api: Api, { config, log }: Platform): void {
  if (!config.keycloakAdmin || !config.oauth) return
  const keycloak = connectKeycloak(config.oauth, log)
  api.http.addHook('onClose', () => keycloak.close())

  // sort fields and unknown filters are read past, as in the Go control plane
  api.handle(keycloakUsers.list, async ({ query }) => {
    const { page, pageSize } = readPaging(query)
    const { items, total } = await listUsers(keycloak, readFilter(query), {
      first: (page - 1) * pageSize,
      max: pageSize,
    })
    return pageOf(items, total, page, pageSize)
  })

  api.handle(keycloakUsers.create, ({ body, command }) => createUser({ keycloak, log, command }, body))

  // in the Go control plane these paths, and no others of single objects, answer with a trailing slash, too
  for (const slash of ['', '/']) {
    api.handle({ ...keycloakUsers.get, path: `${keycloakUsers.get.path}${slash}` }, ({ params }) =>
      readUser(keycloak, params.id),
    )
    api.handle({ ...keycloakUsers.update, path: `${keycloakUsers.update.path}${slash}` }, ({ params, body, command }) =>
      updateUser({ keycloak, log, command }, params.id, body),
    )
    api.handle({ ...keycloakUsers.delete, path: `${keycloakUsers.delete.path}${slash}` }, ({ params }) =>
      deleteAccount(keycloak, params.id),
    )
  }
}

/** Of repeated values the first counts; blank ones count as absent. */
function readFilter(query: URLSearchParams): UserFilter {
  const filter: { -readonly [K in keyof UserFilter]: UserFilter[K] } = {}
  for (const name of ['email', 'firstName', 'lastName'] as const) {
    const value = query.get(name)?.trim()
    if (value?.includes('\0')) throw new Refusal('invalid', `${name} must not contain NUL`)
    if (value) filter[name] = value
  }
  return filter
}
