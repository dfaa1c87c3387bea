/**
 * Copies a database of the Go control plane into ours, in one transaction of ours: all of it or nothing.
 *
 *     open source (snapshot) ─▶ key opens secrets ─▶ open target ─▶ rows wait in temporary tables ─▶ rules mend and skip
 *       ─▶ write what is new or changed ─▶ compare ─▶ commit ─▶ tell running servers
 */
import { randomUUID } from 'node:crypto'
import { EVENTS_SIGNAL } from '../events/index.ts'
import { asRefusal, isRetryable } from '../platform/db.ts'
import type { ParsedConnection } from '../platform/dsn.ts'
import { Refusal } from '../platform/errors.ts'
import { IDENTITIES_SIGNAL } from '../platform/identity.ts'
import { createLog } from '../platform/log.ts'
import { Signals } from '../platform/signals.ts'
import { countDifferentEvents, writeEvents } from './event-copy.ts'
import { makePlaceholders } from './placeholders.ts'
import { ImportRefusal, type ImportReport, type TableReport } from './report.ts'
import {
  mendConfigPools,
  mendOptions,
  mendPoolValues,
  mendServicePools,
  mendTypes,
  skipGhosts,
  warnOfSubnets,
} from './rules-of-offers.ts'
import { mendAgents, mendInstallTokens, mendNames, mendParticipants, mendTokens } from './rules-of-people.ts'
import { mendJobs, mendServices } from './rules-of-services.ts'
import { warnOfSchemas } from './schema-warnings.ts'
import type { ImportSettings } from './settings.ts'
import { openSource, type Source } from './source.ts'
import { METRIC_TABLE, SOURCE_TABLE_NAMES } from './source-tables.ts'
import { exists, Staging } from './staging.ts'
import { checkContents, openTarget } from './target.ts'
import { REMEMBERED, TARGET_TABLES } from './target-tables.ts'
import { countDifferences, upsert, writeLinks } from './upsert.ts'
import { checkTargetKey, checkVaultKey, writeSecrets } from './vault-copy.ts'

/**
 * @param onProgress  gets a line for each step, for people
 * @throws ImportRefusal when nothing was imported for a reason that somebody can act on
 */
export async function importFromGo(
  settings: ImportSettings,
  onProgress: (line: string) => void = () => {},
): Promise<ImportReport> {
  const source = await openSource(settings.source, settings.sourceMetrics)
  try {
    return await importFrom(source, settings, onProgress)
  } catch (error) {
    const refusal = asRefusal(error)
    if (refusal instanceof Refusal && refusal.kind === 'unavailable')
      throw new ImportRefusal('unavailable', 'The connection to a database broke: nothing was imported.')
    if (isRetryable(error))
      throw new ImportRefusal('conflict', 'A running server wrote the same rows: nothing was imported. Try again.')
    throw error
  } finally {
    await source.close()
  }
}

async function importFrom(
  source: Source,
  settings: ImportSettings,
  onProgress: (line: string) => void,
): Promise<ImportReport> {
  await checkVaultKey(source.main, settings.vaultKey)
  const target = await openTarget(settings.target, source, settings.dryRun)
  try {
    const report = await copyAll(new Staging(target.client), source, settings, onProgress)
    await target.client.query(settings.dryRun ? 'ROLLBACK' : 'COMMIT')
    if (!settings.dryRun) await tellServers(target.connection)
    return report
  } finally {
    // an open transaction ends with its connection
    await target.close()
  }
}

async function copyAll(
  staging: Staging,
  source: Source,
  settings: ImportSettings,
  onProgress: (line: string) => void,
): Promise<ImportReport> {
  const { client } = staging
  await checkTargetKey(client, settings.vaultKey)
  await staging.fill(source, progressLines(onProgress))
  const seen = await checkContents(client, settings.merge)
  onProgress('looking at every row')
  await applyRules(staging)
  onProgress('writing')
  await write(staging, settings.vaultKey, seen)
  onProgress('comparing')
  await client.query('SET CONSTRAINTS ALL IMMEDIATE')
  const tables = await countTables(staging, source)
  const report = { dryRun: settings.dryRun, tables, findings: await staging.findings() }
  await check(staging, report)
  const flaws = report.findings.filter(({ treatment }) => treatment === 'mended' || treatment === 'skipped')
  if (settings.strict && flaws.length > 0)
    throw new ImportRefusal(
      'conflict',
      'Nothing was imported: with --strict every row must be as it should.',
      [],
      report,
    )
  await remember(staging, tables)
  return report
}

/** The order matters: each rule relies on those before it. */
async function applyRules(staging: Staging): Promise<void> {
  for (const table of REMEMBERED.filter((name) => name !== 'vault_secrets'))
    await staging.skip(
      table,
      `EXISTS (SELECT FROM go_imported_rows r WHERE r.table_name = '${table}' AND r.id = x.id)
       AND NOT EXISTS (SELECT FROM ${table} t WHERE t.id = x.id)`,
      'was imported earlier and has been deleted here',
      'deleted here',
    )
  await skipGhosts(staging)
  await mendNames(staging)
  await mendParticipants(staging)
  await mendTypes(staging)
  await mendOptions(staging)
  await mendAgents(staging)
  await mendTokens(staging)
  await mendInstallTokens(staging)
  await makePlaceholders(staging)
  await mendServicePools(staging)
  await mendConfigPools(staging)
  await mendServices(staging)
  await mendJobs(staging)
  await mendPoolValues(staging)
  await mendMetrics(staging)
  await warnOfSubnets(staging)
  await warnOfSchemas(staging)
}

async function mendMetrics(staging: Staging): Promise<void> {
  await staging.skip(
    METRIC_TABLE,
    `NOT ${exists('metric_types', 'x.type_id')}`,
    'is an entry of a metric type that does not exist',
  )
  await staging.skip(
    METRIC_TABLE,
    `x.value = 'NaN' OR abs(x.value) > 1.7976931348623157e308`,
    'has a value that is no number, or larger than a number can be',
  )
}

async function write(staging: Staging, vaultKey: Buffer | null, seen: number): Promise<void> {
  const { client } = staging
  for (const target of TARGET_TABLES) {
    // their cursors are compared with the events
    if (target.table === 'event_subscriptions') await writeEvents(staging, seen)
    await upsert(client, target)
    if (target.table === 'agent_types') await writeLinks(client)
  }
  await writeSecrets(staging, vaultKey)
}

async function countTables(staging: Staging, source: Source): Promise<TableReport[]> {
  const reports: TableReport[] = []
  for (const table of SOURCE_TABLE_NAMES) {
    const from = table === METRIC_TABLE ? source.metrics : source.main
    const there = await from.query<{ source: number }>(`SELECT count(*) AS source FROM ${table}`)
    const { rows } = await staging.client.query<Omit<TableReport, 'table' | 'source'>>(`
      SELECT count(*) FILTER (WHERE outcome = 'added' AND NOT placeholder) AS added,
             count(*) FILTER (WHERE outcome = 'changed') AS changed,
             count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
             count(*) FILTER (WHERE outcome = 'kept') AS kept,
             count(*) FILTER (WHERE skip IS NOT NULL) AS "notImported",
             count(*) FILTER (WHERE placeholder) AS placeholders
      FROM go_${table}`)
    const [counts] = rows
    if (counts) reports.push({ table, source: there.rows[0]?.source ?? 0, ...counts })
  }
  return reports
}

/** @throws ImportRefusal when a row of the source is unaccounted for, or a written row is not what it should be */
async function check(staging: Staging, report: ImportReport): Promise<void> {
  const wrong = report.tables.flatMap(({ table, source, added, changed, unchanged, kept, notImported }) => {
    const told = added + changed + unchanged + kept + notImported
    return told === source ? [] : [`${table}: ${source} rows at the source, ${told} accounted for`]
  })
  for (const target of TARGET_TABLES) {
    const differences = await countDifferences(staging.client, target)
    if (differences > 0) wrong.push(`${target.table}: ${differences} rows are not as they should be`)
  }
  const events = await countDifferentEvents(staging)
  if (events > 0) wrong.push(`events: ${events} rows are not as they should be`)
  if (wrong.length > 0)
    throw new ImportRefusal('failed', 'Nothing was imported: the check at the end failed.', wrong, report)
}

async function remember(staging: Staging, tables: readonly TableReport[]): Promise<void> {
  for (const table of REMEMBERED)
    await staging.run(
      `INSERT INTO go_imported_rows (table_name, id)
       SELECT '${table}', id FROM go_${table} WHERE outcome IS NOT NULL ON CONFLICT DO NOTHING`,
    )
  await staging.run(
    `INSERT INTO go_imports (id, finished_at, highest_event, tables)
     VALUES ($1, clock_timestamp(), (SELECT coalesce(max(sequence_number), 0) FROM go_events), $2)`,
    [randomUUID(), JSON.stringify(tables)],
  )
}

/** Servers that run on the target forget what they remember of tokens, and look for events. */
async function tellServers(connection: ParsedConnection): Promise<void> {
  const signals = new Signals(connection, createLog('error', 'text'))
  await signals.start()
  signals.send(IDENTITIES_SIGNAL)
  signals.send(EVENTS_SIGNAL)
  await signals.close()
}

const PROGRESS_BYTES = 256 * 2 ** 20

function progressLines(onProgress: (line: string) => void): (table: string, bytes: number) => void {
  let current = ''
  let next = 0
  return (table, bytes) => {
    if (table !== current) {
      current = table
      next = PROGRESS_BYTES
      onProgress(`copying ${table}`)
    }
    if (bytes < next) return
    next = bytes + PROGRESS_BYTES
    onProgress(`copying ${table}: ${Math.round(bytes / 2 ** 20)} MiB`)
  }
}
