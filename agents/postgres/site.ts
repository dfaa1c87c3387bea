/** What all parts of the agent share: the provider's server, the gateway's routes, and which services are being worked on. */
import { type AgentContext, type JobContext, JobFailure, type Outcome } from '@fulcrum/agent-sdk'
import type { JsonObject } from '@fulcrum/contract'
import { type Conditions, createConditions } from './conditions.ts'
import type { Configuration, Place } from './configuration.ts'
import { DatabaseRefusal, openProvider, ProgramFailed, type Provider, type Tools } from './database/index.ts'
import { createRoutes, type Routes } from './routes.ts'
import { findTools } from './tools.ts'

export type Context = AgentContext<Configuration>
export type PostgresJob = JobContext<JsonObject, Configuration>

/** Carries out one action of a service's lifecycle. */
export type Action = (job: PostgresJob, site: Site) => Promise<Outcome | undefined>

export type Site = {
  readonly provider: Provider
  /** Null without a gateway. */
  readonly routes: Routes | null
  readonly conditions: Conditions
  /** Ids of the services of running jobs: nothing else should judge their databases. */
  readonly busy: Map<string, number>
  /** The programs for dumps; looked for each time, since server and programs are upgraded while the agent runs. */
  tools(): Promise<Tools>
}

/** Opens the site; nothing is connected yet. */
export function openSite({ serverDsn, host }: Configuration, place: Place): Site {
  const provider = openProvider({ connectionString: serverDsn }, place.spoolDir ? { spoolDir: place.spoolDir } : {})
  const { host: targetHost, port } = provider.target('', '', '')
  const listenHost = place.gatewayHost ?? host
  return {
    provider,
    routes: place.routesFile ? createRoutes(place.routesFile, listenHost, { host: targetHost, port }) : null,
    conditions: createConditions(),
    busy: new Map(),
    async tools() {
      const { rows } = await provider.pool.query<{ major: number }>(
        `SELECT current_setting('server_version_num')::int / 10000 AS major`,
      )
      return findTools(Number(rows[0]?.major), place.binDir)
    },
  }
}

/** Runs an action; what the database refuses, or PostgreSQL's programs say, fails the job with its text. */
export async function act(action: Action, job: PostgresJob, site: Site): Promise<Outcome | undefined> {
  const { id } = job.service
  site.busy.set(id, (site.busy.get(id) ?? 0) + 1)
  try {
    return await action(job, site)
  } catch (error) {
    if (error instanceof DatabaseRefusal || error instanceof ProgramFailed)
      throw new JobFailure(error.message, { cause: error })
    throw error
  } finally {
    const others = (site.busy.get(id) ?? 1) - 1
    if (others > 0) site.busy.set(id, others)
    else site.busy.delete(id)
  }
}
