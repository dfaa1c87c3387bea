/**
 * A stand-in for Keycloak's admin API, in memory, for tests of what a real one does not do when asked: fail half-way, forget
 * tokens, go away. Statuses and texts are those of Keycloak 26.5; `e2e/keycloak.test.ts` runs the same against a real one.
 */
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export const CLIENT = { id: 'fulcrum-api', secret: 'client-secret-for-tests' }
const REALM = 'fulcrum'
const PAGE_SIZE = 100

type Account = {
  id: string
  username: string
  email: string
  firstName: string
  lastName: string
  emailVerified: boolean
  enabled: boolean
  attributes: Record<string, string[]>
  password?: string
}

export type KeycloakStandIn = {
  url: string
  /** What a server needs to administer its users. */
  environment: Record<string, string>
  /** Method and path of every request, in order; the path without what is before the realm's. */
  requests: string[]
  accounts: Map<string, Account>
  /** Names of the roles that each account has, by its id. */
  roles: Map<string, Set<string>>
  /** Names of the roles that the realm has; take one away to have it missing. */
  realmRoles: Set<string>
  /** Attributes that the realm's user profile declares. */
  declared: Set<string>
  settings: { minPasswordLength: number; tokenSeconds: number; secret: string; serviceAccountMay: boolean }
  /** No token given so far is good any more. */
  revokeTokens(): void
  /** The next request whose `METHOD /path` matches answers this status instead. */
  failOnce(request: RegExp, status: number): void
  stop(): Promise<void>
}

type Answer = { status: number; body?: unknown; location?: string }
type Body = Partial<Account> & { credentials?: { value: string }[] }
type Role = { id: string; name: string }

const notFound = (error: string): Answer => ({ status: 404, body: { error } })
const refuse = (field: string, errorMessage: string): Answer => ({
  status: 400,
  body: { field, errorMessage, params: [field] },
})

/** @param port  0: any free one */
export async function startKeycloakStandIn(port = 0): Promise<KeycloakStandIn> {
  const tokens = new Set<string>()
  const faults: { request: RegExp; status: number }[] = []
  const accounts = new Map<string, Account>()
  const roles = new Map<string, Set<string>>()
  const realmRoles = new Set(['admin', 'participant', 'agent', 'offline_access'])
  const declared = new Set(['participant_id', 'agent_id'])
  const settings = { minPasswordLength: 8, tokenSeconds: 300, secret: CLIENT.secret, serviceAccountMay: true }
  const requests: string[] = []

  const giveToken = (form: URLSearchParams): Answer => {
    if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== settings.secret)
      return {
        status: 401,
        body: {
          error: 'unauthorized_client',
          error_description: 'Invalid client or Invalid client credentials',
        },
      }
    const value = randomUUID()
    tokens.add(value)
    return { status: 200, body: { access_token: value, expires_in: settings.tokenSeconds, token_type: 'Bearer' } }
  }

  /** What the user profile and the password policy say; undefined: nothing is wrong. */
  const fault = (body: Body, id?: string): Answer | undefined => {
    const others = [...accounts.values()].filter((account) => account.id !== id)
    const password = body.credentials?.[0]?.value
    if (body.username !== undefined && body.username.length < 3) return refuse('username', 'error-invalid-length')
    if (body.email && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(body.email)) return refuse('email', 'error-invalid-email')
    for (const field of ['firstName', 'lastName'] as const)
      if (/[<>&]/.test(body[field] ?? '')) return refuse(field, 'error-person-name-invalid-character')
    if (others.some(({ username }) => username === body.username?.toLowerCase()))
      return { status: 409, body: { errorMessage: 'User exists with same username' } }
    if (body.email && others.some(({ email }) => email === body.email?.toLowerCase()))
      return { status: 409, body: { errorMessage: 'User exists with same email' } }
    if (password !== undefined && password.length < settings.minPasswordLength)
      return {
        status: 400,
        body: {
          error: 'invalidPasswordMinLengthMessage',
          error_description: `Invalid password: minimum length ${settings.minPasswordLength}.`,
        },
      }
    return undefined
  }

  const write = (account: Account, { credentials, ...body }: Body): void => {
    // beside attributes, what a write leaves out of the profile is cleared
    const cleared = body.attributes ? { email: '', firstName: '', lastName: '' } : {}
    const attributes = Object.entries(body.attributes ?? account.attributes).filter(([name]) => declared.has(name))
    Object.assign(account, cleared, body, {
      email: (body.email ?? (body.attributes ? '' : account.email)).toLowerCase(),
      username: account.username.toLowerCase(),
      attributes: Object.fromEntries(attributes),
      ...(credentials?.[0] && { password: credentials[0].value }),
    })
  }

  const create = (body: Body): Answer => {
    const wrong = fault(body)
    if (wrong) return wrong
    const { username = '' } = body
    const names = { username, email: '', firstName: '', lastName: '' }
    const account: Account = { id: randomUUID(), ...names, emailVerified: false, enabled: false, attributes: {} }
    write(account, body)
    accounts.set(account.id, account)
    roles.set(account.id, new Set())
    return { status: 201, location: `${url}/admin/realms/${REALM}/users/${account.id}` }
  }

  const found = (query: URLSearchParams): Account[] =>
    [...accounts.values()]
      .filter((account) =>
        (['email', 'firstName', 'lastName'] as const).every((name) =>
          account[name].toLowerCase().includes((query.get(name) ?? '').toLowerCase()),
        ),
      )
      .toSorted((a, b) => (a.username < b.username ? -1 : 1))

  const shown = ({ password: _, ...account }: Account, brief = false) => ({
    ...Object.fromEntries(Object.entries(account).filter(([name, value]) => value !== '' && name !== 'attributes')),
    ...(!brief && Object.keys(account.attributes).length > 0 && { attributes: account.attributes }),
  })
  const toRole = (name: string): Role => ({ id: `role-${name}`, name })

  const mapRoles = (method: string, mine: Set<string>, available: boolean, body: Role[]): Answer => {
    if (method === 'GET')
      return {
        status: 200,
        body: [...realmRoles].filter((name) => mine.has(name) !== available).map(toRole),
      }
    if (!body.every(({ id, name }) => realmRoles.has(name) && id === toRole(name).id)) return notFound('Role not found')
    for (const { name } of body)
      if (method === 'POST') mine.add(name)
      else mine.delete(name)
    return { status: 204 }
  }

  const answer = (method: string, path: string, query: URLSearchParams, body: unknown): Answer => {
    const fields = body as Body // tests of what is sent look at `accounts`
    if (path === '/users' && method === 'POST') return create(fields)
    if (path === '/users/count') return { status: 200, body: found(query).length }
    if (path === '/users') {
      const first = Number(query.get('first') ?? 0)
      const page = found(query).slice(first, first + Number(query.get('max') ?? PAGE_SIZE))
      return { status: 200, body: page.map((account) => shown(account, true)) }
    }
    const [, , id = '', ...rest] = path.split('/')
    const account = accounts.get(id)
    const mine = roles.get(id)
    if (!account || !mine) return notFound('User not found')
    if (rest[0] === 'role-mappings') return mapRoles(method, mine, rest[2] === 'available', body as Role[]) // see above
    if (method === 'GET') return { status: 200, body: shown(account) }
    if (method === 'DELETE') {
      accounts.delete(id)
      roles.delete(id)
      return { status: 204 }
    }
    const wrong = fault(fields, id)
    if (wrong) return wrong
    write(account, fields)
    return { status: 204 }
  }

  const route = (method: string, { pathname, searchParams }: URL, bearer: string, text: string): Answer => {
    const [, prefix = '', path = ''] = /^(\/admin\/realms|\/realms)\/fulcrum(\/.*)$/.exec(pathname) ?? []
    requests.push(`${method} ${path}`)
    const at = faults.findIndex(({ request }) => request.test(`${method} ${path}`))
    const [failing] = at < 0 ? [] : faults.splice(at, 1)
    if (failing) return { status: failing.status, body: { error: 'unknown_error' } }
    if (prefix === '') return notFound('Realm does not exist')
    if (path === '/protocol/openid-connect/token') return giveToken(new URLSearchParams(text))
    if (!tokens.has(bearer)) return { status: 401, body: { error: 'HTTP 401 Unauthorized' } }
    if (!settings.serviceAccountMay) return { status: 403, body: { error: 'HTTP 403 Forbidden' } }
    return answer(method, path, searchParams, text === '' ? undefined : JSON.parse(text))
  }

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status, body, location } = route(
        request.method ?? '',
        new URL(request.url ?? '', 'http://keycloak'),
        request.headers.authorization?.replace('Bearer ', '') ?? '',
        Buffer.concat(chunks).toString('utf8'),
      )
      response.writeHead(status, { 'content-type': 'application/json', ...(location && { location }) })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  return {
    url,
    environment: {
      FULCRUM_KEYCLOAK_ADMIN: 'true',
      FULCRUM_OAUTH_KEYCLOAK_URL: url,
      FULCRUM_OAUTH_REALM: REALM,
      FULCRUM_OAUTH_CLIENT_ID: CLIENT.id,
      FULCRUM_OAUTH_CLIENT_SECRET: CLIENT.secret,
    },
    requests,
    accounts,
    roles,
    realmRoles,
    declared,
    settings,
    revokeTokens: () => tokens.clear(),
    failOnce: (request, status) => faults.push({ request, status }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
