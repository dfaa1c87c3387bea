/** References to secrets, and what they stand for. */
import { type FulcrumClient, NotFoundError } from '@fulcrum/client'
import { vault } from '@fulcrum/contract'
import type { Json } from './agent.ts'
import { pause, retryPauseMs } from './pause.ts'
import type { Redactor } from './redact.ts'
import { isTemporary } from './server-link.ts'

export type Secrets = {
  /** @returns null when the server does not have it */
  secret(reference: string, signal: AbortSignal): Promise<Json | null>
  resolve(value: Json, signal: AbortSignal): Promise<Json>
}

const SCHEME = 'vault://'

/** Reads secrets from the server for as long as it takes, and teaches each to the redactor before anybody else sees it. */
export function createSecrets(client: FulcrumClient, redactor: Redactor): Secrets {
  async function secret(reference: string, signal: AbortSignal): Promise<Json | null> {
    const params = { reference: reference.startsWith(SCHEME) ? reference.slice(SCHEME.length) : reference }
    for (let failures = 0; ; failures++) {
      try {
        const { value } = await client.call(vault.getSecret, { params }, { signal })
        redactor.learn(value)
        return value
      } catch (error) {
        if (error instanceof NotFoundError) return null
        if (signal.aborted || !isTemporary(error)) throw error
        await pause(retryPauseMs(failures, error), signal)
      }
    }
  }

  async function resolve(value: Json, signal: AbortSignal): Promise<Json> {
    if (typeof value === 'string') return value.startsWith(SCHEME) ? secret(value, signal) : value
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return Promise.all(value.map((item) => resolve(item, signal)))
    const members = Object.entries(value).map(async ([name, member]) => [name, await resolve(member, signal)] as const)
    return Object.fromEntries(await Promise.all(members))
  }

  return { secret, resolve }
}
