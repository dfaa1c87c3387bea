/** The first thing on a new host: the configuration file that the server rendered for this agent. */
import { FulcrumClient, InvalidRequestError } from '@fulcrum/client'
import { agents } from '@fulcrum/contract'

const INSTALL_URL = /^(?<base>.*)\/api\/v1\/agents\/install\/(?<token>[^/]+)\/config\/?$/

/**
 * Fetches the configuration by the address and the bearer of an install command. Both are good for some minutes, the address
 * perhaps once only.
 *
 *     await writeFile('agent.env', await fetchInstallConfig(url, bearer), { mode: 0o600 })
 *
 * @returns the file's text, with secrets in clear
 * @throws InvalidRequestError when the address is no install address; UnauthenticatedError or NotFoundError when it is used up
 */
export async function fetchInstallConfig(
  url: string,
  bearer: string,
  options: { caFile?: string; proxyUrl?: string; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const { base, token } = INSTALL_URL.exec(url)?.groups ?? {}
  if (base === undefined || token === undefined)
    throw new InvalidRequestError({
      operation: agents.installConfig.id,
      status: 0,
      title: '',
      message: 'this is no install address: it ends with /api/v1/agents/install/<token>/config',
      violations: [],
    })
  const { signal, ...rest } = options
  const client = new FulcrumClient({ url: base, token: bearer, ...rest })
  try {
    const params = { token: decodeURIComponent(token) }
    // Not repeated: where the address works once only, a lost answer must not look like a used-up address.
    return await client.call(agents.installConfig, { params }, { repeat: false, ...(signal ? { signal } : {}) })
  } finally {
    await client.close()
  }
}
