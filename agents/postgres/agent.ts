/** The agent of a provider of PostgreSQL databases: one server, a database and a role for each service. */
import { type AgentDefinition, defineAgent } from '@fulcrum/agent-sdk'
import { type Configuration, type Place, parseConfiguration } from './configuration.ts'
import { clearSpool, DatabaseRefusal, prepareServer } from './database/index.ts'
import { deleteDatabase } from './handlers/delete.ts'
import { backUp, exportDump, importDump, restoreBackup } from './handlers/dumps.ts'
import {
  createDatabaseOfService,
  rotatePassword,
  startDatabase,
  stopDatabase,
  updateDatabase,
} from './handlers/lifecycle.ts'
import { MEASURE_EVERY_MS, measure } from './metrics.ts'
import { RECONCILE_EVERY_MS, reconcile } from './reconcile.ts'
import { deletionsUnderWay } from './routes.ts'
import { type Action, act, type Context, openSite, type Site } from './site.ts'
import { WATCH_STORAGE_EVERY_MS, watchStorage } from './storage-watch.ts'

const ACTIONS: Readonly<Record<string, Action>> = {
  create: createDatabaseOfService,
  update: updateDatabase,
  start: startDatabase,
  stop: stopDatabase,
  'rotate-credentials': rotatePassword,
  backup: backUp,
  restore: restoreBackup,
  export: exportDump,
  import: importDump,
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
      await clearSpool(siteOf(context).provider)
      try {
        await prepare(context)
      } catch (error) {
        if (error instanceof DatabaseRefusal) throw error
        // The server may come later: until then the agent is not well, and takes no jobs.
        context.log.warn('the server cannot be prepared yet', { error })
      }
      await siteOf(context).routes?.replaceAll(
        () => context.services(),
        () => deletionsUnderWay(context),
      )
    },
    async health(context) {
      // No tenant before other databases are closed to it.
      if (prepared) await siteOf(context).provider.pool.query('SELECT 1')
      else await prepare(context)
    },
    handlers: Object.fromEntries(
      Object.entries(ACTIONS).map(([name, action]) => [name, (job) => act(action, job, siteOf(job))]),
    ),
    metrics: {
      everyMs: MEASURE_EVERY_MS,
      report: (service, context) => measure(service, context, siteOf(context)),
    },
    tasks: [
      { name: 'prepare the server', everyMs: PREPARE_EVERY_MS, run: prepare },
      {
        name: 'watch the storage',
        everyMs: WATCH_STORAGE_EVERY_MS,
        run: (context) => watchStorage(context, siteOf(context)),
      },
      { name: 'reconcile', everyMs: RECONCILE_EVERY_MS, run: (context) => reconcile(context, siteOf(context)) },
    ],
    async stop() {
      await opened?.provider.close()
      opened = undefined
    },
  })
}
