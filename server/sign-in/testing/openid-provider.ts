/** A certified OpenID provider on a port of this machine, which gives access tokens to clients that know their secret. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type AsymmetricSigningAlgorithm } from 'oidc-provider'

/** What the tokens are for, as their audience names it. */
export const AUDIENCE = 'https://fulcrum.example/api'

export type OpenIdProvider = {
  issuer: string
  /** Makes one more key and signs with it; the keys before are shown no more. */
  rotate(alg: AsymmetricSigningAlgorithm): Promise<void>
  /** An access token as its token endpoint gives it. The client's id is the subject. */
  token(clientId: string, claims: Record<string, unknown>): Promise<string>
  stop(): Promise<void>
}

const SECRET = 'a secret of this test'

/** @param clientIds  UUIDs of the clients that may ask for tokens */
export async function startOpenIdProvider(clientIds: readonly string[]): Promise<OpenIdProvider> {
  let handle: http.RequestListener = () => {}
  const server = http.createServer((request, response) => handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  const issuer = `http://127.0.0.1:${port}`
  let claims: Record<string, unknown> = {}

  const rotate = async (alg: AsymmetricSigningAlgorithm) => {
    const key = await privateKey(alg)
    const provider = new Provider(issuer, {
      clients: clientIds.map((id) => ({
        client_id: id,
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: alg,
      })),
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: '',
            audience: AUDIENCE,
            accessTokenTTL: 300,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg } },
          }),
        },
      },
      extraTokenClaims: () => claims,
      jwks: { keys: [key] },
      cookies: { keys: ['of no use here'] },
    })
    handle = provider.callback()
  }
  await rotate('RS256')

  return {
    issuer,
    rotate,
    token: async (clientId, extraClaims) => {
      claims = extraClaims
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${encodeURIComponent(SECRET)}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`the provider gives no token: ${text}`)
      return JSON.parse(text).access_token
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function privateKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg, use: 'sig' }
}
