/**
 * Sets a realm of Keycloak up for Fulcrum over Keycloak's admin API: what `docs/how-to/administer-keycloak-users.md` tells an
 * administrator to click, as code.
 */
import type { KeycloakProcess } from './keycloak-process.ts'

export type Realm = {
  name: string
  /** Fulcrum's own client: it administers users, and takes part in the password grant. */
  client: { id: string; secret: string }
  /** For user interfaces: the code flow, without a secret. */
  publicClientId: string
  /** A request to the admin API below this realm, as an administrator of everything. @throws Error unless it succeeds */
  // biome-ignore lint/suspicious/noExplicitAny: representations of every kind
  admin(method: string, path: string, body?: unknown): Promise<any>
  /** New tokens are signed with a new key from now on; tokens of the former one stay good. */
  rotateKeys(): Promise<void>
}

const ROLES = ['admin', 'participant', 'agent']
const ATTRIBUTES = ['participant_id', 'agent_id']
/** All that Fulcrum's client needs; of the client `realm-management`. */
const ACCOUNT_ROLES = ['manage-users', 'view-users', 'query-users']

/** @param redirectUri  where the user interface is called back */
export async function provisionRealm(
  keycloak: KeycloakProcess,
  name: string,
  redirectUri = 'http://localhost:3000/*',
): Promise<Realm> {
  const call = administrator(keycloak)
  await call('POST', '', { realm: name, enabled: true, sslRequired: 'none', passwordPolicy: 'length(8)' })
  const admin: Realm['admin'] = (method, path, body) => call(method, `/${name}${path}`, body)

  for (const role of ROLES) await admin('POST', '/roles', { name: role })
  await declareAttributes(admin)
  const client = { id: 'fulcrum', secret: crypto.randomUUID() }
  const publicClientId = 'fulcrum-console'
  await admin('POST', '/clients', {
    clientId: client.id,
    secret: client.secret,
    publicClient: false,
    serviceAccountsEnabled: true,
    directAccessGrantsEnabled: true,
    standardFlowEnabled: false,
  })
  await admin('POST', '/clients', {
    clientId: publicClientId,
    publicClient: true,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    redirectUris: [redirectUri],
    webOrigins: ['+'],
    attributes: { 'pkce.code.challenge.method': 'S256' },
  })
  await addScope(admin, client.id, [client.id, publicClientId])
  await letAdminister(admin, client.id)
  return { name, client, publicClientId, admin, rotateKeys: () => addKey(admin) }
}

/** Only admins may write them: a user who could would choose its participant. Undeclared attributes are dropped by Keycloak. */
async function declareAttributes(admin: Realm['admin']): Promise<void> {
  const profile = await admin('GET', '/users/profile')
  const declared = ATTRIBUTES.map((name) => ({
    name,
    displayName: name,
    permissions: { view: ['admin'], edit: ['admin'] },
    multivalued: false,
  }))
  await admin('PUT', '/users/profile', { ...profile, attributes: [...profile.attributes, ...declared] })
}

/** Puts the attributes into tokens, and says that these are meant for Fulcrum. */
async function addScope(admin: Realm['admin'], audience: string, clientIds: readonly string[]): Promise<void> {
  const mapper = (name: string, protocolMapper: string, config: Record<string, string>) => ({
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: { 'access.token.claim': 'true', 'introspection.token.claim': 'true', ...config },
  })
  await admin('POST', '/client-scopes', {
    name: 'fulcrum-identity',
    protocol: 'openid-connect',
    attributes: { 'include.in.token.scope': 'false' },
    protocolMappers: [
      ...ATTRIBUTES.map((name) =>
        mapper(name, 'oidc-usermodel-attribute-mapper', {
          'user.attribute': name,
          'claim.name': name,
          'jsonType.label': 'String',
          'id.token.claim': 'true',
        }),
      ),
      mapper('audience', 'oidc-audience-mapper', { 'included.client.audience': audience, 'id.token.claim': 'false' }),
    ],
  })
  const scopes: { id: string; name: string }[] = await admin('GET', '/client-scopes')
  const scope = scopes.find(({ name }) => name === 'fulcrum-identity')
  for (const clientId of clientIds)
    await admin('PUT', `/clients/${await idOfClient(admin, clientId)}/default-client-scopes/${scope?.id}`)
}

/** Gives the service account of a client the roles that administering users takes. */
async function letAdminister(admin: Realm['admin'], clientId: string): Promise<void> {
  const account = await admin('GET', `/clients/${await idOfClient(admin, clientId)}/service-account-user`)
  const management = await idOfClient(admin, 'realm-management')
  const roles: { name: string }[] = await admin('GET', `/clients/${management}/roles`)
  const needed = roles.filter(({ name }) => ACCOUNT_ROLES.includes(name))
  await admin('POST', `/users/${account.id}/role-mappings/clients/${management}`, needed)
}

async function addKey(admin: Realm['admin']): Promise<void> {
  const { id } = await admin('GET', '')
  await admin('POST', '/components', {
    name: `rsa-${crypto.randomUUID()}`,
    providerId: 'rsa-generated',
    providerType: 'org.keycloak.keys.KeyProvider',
    parentId: id,
    config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] },
  })
}

async function idOfClient(admin: Realm['admin'], clientId: string): Promise<string> {
  const [client] = await admin('GET', `/clients?clientId=${encodeURIComponent(clientId)}`)
  return client.id
}

/** Requests as the administrator of everything. Logging in is slow by design: a token is used for half of its life. */
function administrator({ url, admin }: KeycloakProcess) {
  let token = { value: '', untilMs: 0 }
  const login = async () => {
    const body = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin })
    const response = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body })
    const answer = (await response.json()) as { access_token: string; expires_in: number } // RFC 6749, section 5.1
    return { value: answer.access_token, untilMs: performance.now() + answer.expires_in * 500 }
  }
  return async (method: string, path: string, body?: unknown) => {
    if (performance.now() > token.untilMs) token = await login()
    const response = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}
