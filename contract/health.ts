/** Health of the process, on its own port. */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'

export const Health = Type.Object({
  status: Type.Enum(['UP', 'DOWN']),
})
export type Health = Static<typeof Health>

export const health = {
  live: operation({
    id: 'health.live',
    method: 'GET',
    path: '/healthz',
    summary: 'Liveness: database ping and authenticators.',
    access: 'public',
    status: 200,
    answer: Health,
  }),
  ready: operation({
    id: 'health.ready',
    method: 'GET',
    path: '/ready',
    summary: 'Readiness; the same checks as liveness.',
    access: 'public',
    status: 200,
    answer: Health,
  }),
} as const
