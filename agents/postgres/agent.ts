/** The agent of a provider of PostgreSQL databases: one server, a database and a role for each service. */
import { type AgentDefinition, defineAgent } from '@fulcrum/agent-sdk'
import { type Configuration, type Place, parseConfiguration } from './configuration.ts'
import { DatabaseRefusal, prepareServer } from './database/index.ts'
import { deleteDatabase } from './handlers/delete.ts'
import {
  createDatabaseOfService,
  rotatePassword,
  startDatabase,
  stopDatabase,
  updateDatabase,
} from './handlers/lifecycle.ts'
import { type Action, act, type Context, openSite, type Site } from './site.ts'

const ACTIONS: Readonly<Record<string, Action>> = {
  create: createDatabaseOfService,
  update: updateDatabase,
  start: startDatabase,
  stop: stopDatabase,
  'rotate-credentials': rotatePassword,
  delete: deleteDatabase,
}

const PREPARE_EVERY_MS = 5 * 60_000

/**
 * The definition of the agent, to be given to `runAgent`.
 *
 *     await runAgentFromEnvironment(postgresAgent(placeFromEnvironment(process.env)))
 */
export function postgresAgent(place: Place): AgentDefinition<Configuration> {
  let opened: Site | undefined
  let prepared = false
  const siteOf = (context: Pick<Context, 'configuration'>) => {
    opened ??= openSite(context.configuration, place)
    return opened
  }

  async function prepare(context: Context): Promise<void> {
    const { closed } = await prepareServer(siteOf(context).provider, context.signal)
    prepared = true
    if (closed.length > 0) context.log.info('databases were closed to everybody without a grant', { databases: closed })
  }

  return defineAgent<Configuration>({
    name: 'postgres',
    parseConfiguration,
    async connect(context) {
      try {
        await prepare(context)
      } catch (error) {
        if (error instanceof DatabaseRefusal) throw error
        // The server may come later: until then the agent is not well, and takes no jobs.
        context.log.warn('the server cannot be prepared yet', { error })
      }
      await siteOf(context).routes?.replaceAll(() => context.services())
    },
    async health(context) {
      // No tenant before other databases are closed to it.
      if (prepared) await siteOf(context).provider.pool.query('SELECT 1')
      else await prepare(context)
    },
    handlers: Object.fromEntries(
      Object.entries(ACTIONS).map(([name, action]) => [name, (job) => act(action, job, siteOf(job))]),
    ),
    tasks: [{ name: 'prepare the server', everyMs: PREPARE_EVERY_MS, run: prepare }],
    async stop() {
      await opened?.provider.close()
      opened = undefined
    },
  })
}
