/** `fulcrum import`: copies the database of a Go control plane into ours. It works on databases and needs no running server. */
import type { ImportReport, ImportSettings } from '@fulcrum/server/go-import'
import { type Command, Option } from 'commander'
import { CliError } from '../errors.ts'
import { importReportText } from '../output/import-report.ts'
import { note, print } from '../output/terminal.ts'

type Flags = {
  fromGo: string
  fromGoMetrics?: string
  to?: string
  dryRun?: true
  strict?: true
  merge?: true
  output: string
}

export function declare(command: Command): void {
  command
    .description(
      'Copy the database of a Go control plane (fulcrumproject/core) into ours, all of it or nothing. Tokens, ids, times, ' +
        'event numbers and secrets go on working.',
    )
    .requiredOption('--from-go <dsn>', 'database of the Go control plane; it is only read')
    .option('--from-go-metrics <dsn>', 'its metric database, when that is another one (FULCRUM_METRIC_DB_DSN)')
    .option('--to <dsn>', 'our database (FULCRUM_DB_DSN); else the embedded one in FULCRUM_DATA_DIR')
    .option('--dry-run', 'do everything, report, and undo it')
    .option('--strict', 'import nothing when a row would have to be mended or skipped')
    .option('--merge', 'import into a database that holds other data')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
A DSN is postgres://user@host/database or host=… dbname=…; a password is also taken from PGPASSWORD or ~/.pgpass.
FULCRUM_VAULT_ENCRYPTION_KEY must be the key of the Go control plane when it holds secrets.
Stop the Go control plane first. If it runs on, nothing breaks: what it writes meanwhile is missing until the next import.
A second import takes what changed there since; what changed here later, and what was deleted here, stays as it is.

Example:
  fulcrum import --from-go postgres://fulcrum@old-db/fulcrum_db --to postgres://fulcrum@db/fulcrum --dry-run`,
    )
    .action(async () => await run(command.opts<Flags>()))
}

async function run(flags: Flags): Promise<void> {
  const { importFromGo, ImportRefusal, readImportSettings } = await import('@fulcrum/server/go-import')
  try {
    const settings = readImportSettings(flags, process.env)
    note(`Target: ${targetText(settings)}${settings.dryRun ? ' (dry run: nothing is written)' : ''}`)
    const report = await importFromGo(settings, note)
    show(report, flags.output)
    note(
      report.dryRun
        ? 'Nothing was written: this was a dry run.'
        : 'Imported. Every row and every reference was compared.',
    )
    if (!report.dryRun && settings.vaultKey)
      note('Start the server with the same FULCRUM_VAULT_ENCRYPTION_KEY: the secrets open with no other.')
  } catch (error) {
    if (!(error instanceof ImportRefusal)) throw error
    if (error.report) show(error.report, flags.output)
    throw new CliError(error.kind, error.message, error.details)
  }
}

function targetText({ target }: ImportSettings): string {
  if (target.kind === 'embedded') return `the embedded database in ${target.dataDir}`
  const { host = 'localhost', port, database = '' } = target.connection
  return `database ${database} on ${host}${port ? `:${port}` : ''} (${target.named})`
}

function show(report: ImportReport, output: string): void {
  if (output === 'json') {
    print(JSON.stringify(report, null, 2))
    return
  }
  print(importReportText(report))
}
