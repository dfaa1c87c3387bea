/** Health of this process on its own port: up when the database answers. */
import Fastify, { type FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Db } from './platform/db.ts'

const PING_MS = 5_000

export function createHealth(db: Db): FastifyInstance {
  const http = Fastify({ logger: false, forceCloseConnections: true })
  const answer = async () => {
    const late = AbortSignal.timeout(PING_MS)
    const ping = sql`SELECT 1`.execute(db).then(
      () => true,
      () => false,
    )
    const timeout = new Promise<false>((resolve) =>
      late.addEventListener('abort', () => resolve(false), { once: true }),
    )
    return Promise.race([ping, timeout])
  }
  for (const url of ['/healthz', '/ready'])
    http.route({
      method: 'GET',
      url,
      exposeHeadRoute: false,
      handler: async (_request, reply) => {
        const up = await answer()
        return reply.code(up ? 200 : 503).send({ status: up ? 'UP' : 'DOWN' })
      },
    })
  for (const url of ['/healthz', '/ready'])
    http.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
      url,
      exposeHeadRoute: false,
      handler: (_request, reply) => reply.code(405).header('allow', 'GET').send(),
    })
  return http
}
