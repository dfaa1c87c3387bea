/** Secrets, for the one agent that needs them. */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'
import type { AnyJson } from './values.ts'

export const Secret = Type.Object({
  value: Type.Unsafe<AnyJson>({ description: 'The stored JSON value.' }),
})
export type Secret = Static<typeof Secret>

export const vault = {
  getSecret: operation({
    id: 'vault.getSecret',
    method: 'GET',
    path: '/vault/secrets/{reference}',
    summary: 'Resolve a secret reference.',
    access: { agent: ['agentId'] },
    params: Type.Object({ reference: Type.String() }),
    status: 200,
    answer: Secret,
  }),
} as const
