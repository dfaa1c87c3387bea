/** Writes a report to a file, never over one that is there unless it was asked for. */
import { rename, rm, writeFile } from 'node:fs/promises'
import type { ReportFlags } from '../command.ts'
import { usage } from '../errors.ts'
import { note } from '../output/terminal.ts'
import { type Report, reportDocument } from './document.ts'

/**
 * Writes the report of a command where its flags ask for one.
 *
 * @param make  called only then, with the moment that the report bears: 2026-11-24T12:00:00Z
 * @throws CliError (usage) when the file exists and `--force` was not given
 */
export async function reportIfAsked(
  { report, force }: ReportFlags,
  make: (generatedAt: string) => Report | Promise<Report>,
): Promise<void> {
  if (report === undefined) return
  const generatedAt = `${new Date().toISOString().slice(0, 19)}Z`
  await writeReport(report, await make(generatedAt), force ?? false)
}

/**
 * Reports tell what is critical and what it costs: only the owner may read the file.
 *
 * @throws CliError (usage) when the file exists and `force` was not given
 */
async function writeReport(path: string, report: Report, force: boolean): Promise<void> {
  const text = reportDocument(report)
  if (!force) await writeNew(path, text)
  else {
    const partial = `${path}.${process.pid}.part`
    try {
      await writeFile(partial, text, { flag: 'wx', mode: 0o600 })
      await rename(partial, path)
    } finally {
      await rm(partial, { force: true })
    }
  }
  note(`Wrote ${path}.`)
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw usage(`${path} exists; --force replaces it.`)
    throw error
  }
}
