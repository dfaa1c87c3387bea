/** HTTP for the vault: an agent fetches a secret by its reference. */
import { vault } from '@fulcrum/contract'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { notFound } from '../platform/errors.ts'
import { parseUuid } from '../platform/wire.ts'
import { readSecretForAgent } from './vault-store.ts'

export function vaultRoutes(api: Api, { db, config }: Platform): void {
  api.handle(vault.getSecret, async ({ identity, params }) => {
    const reference = parseUuid(params.reference)
    const value =
      reference !== null && identity.agentId !== null
        ? await readSecretForAgent(db, config.vaultKey, identity.agentId, reference)
        : undefined
    if (value === undefined) throw notFound('secret', params.reference.slice(0, 50))
    return { value }
  })
}
