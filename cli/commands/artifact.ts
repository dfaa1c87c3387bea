/** `fulcrum artifact`: dumps and other files of services. */
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { type OutputFlags, outputOption, positive } from '../command.ts'
import { usage } from '../errors.ts'
import { size, toFormat } from '../output/format.ts'
import { printList, printOne } from '../output/resource.ts'
import { note } from '../output/terminal.ts'
import { findResource, listRows, operationsOf, resolveId } from '../resource-lookup.ts'
import { type GlobalFlags, withSession } from '../session.ts'

type ListFlags = OutputFlags & { service?: string }
type DownloadFlags = GlobalFlags & { output: string; force?: true }
type UploadFlags = OutputFlags & { service: string; kind: string; format: string; id?: string; retentionDays?: string }

export function declare(command: Command): void {
  const list = command.command('list').summary('list artifacts').option('--service <service>', 'only of this service')
  list.addOption(outputOption()).action(async () => await runList(list.optsWithGlobals<ListFlags>()))

  const download = command
    .command('download')
    .summary('fetch an artifact and verify it')
    .argument('<id>')
    .requiredOption('-o, --output <file>', 'where to, - for standard output')
    .option('--force', 'replace an existing file')
  download.action(async (id: string) => await runDownload(id, download.optsWithGlobals<DownloadFlags>()))

  const upload = command
    .command('upload')
    .summary('send a file')
    .argument('<file>')
    .requiredOption('--service <service>', 'service that it belongs to, by name or id')
    .option('--kind <kind>', 'what it is for: backup, export, import, …', 'import')
    .option('--format <format>', 'how to read it, for example pg_dump-custom', 'binary')
    .option('--retention-days <days>', 'deleted after so many days')
    .option('--id <id>', 'of an interrupted upload, to go on with it')
    .addOption(outputOption())
  upload.action(async (file: string) => await runUpload(file, upload.optsWithGlobals<UploadFlags>()))
}

async function runList(flags: ListFlags): Promise<void> {
  const resource = findResource('artifacts')
  await withSession(flags, async (session) => {
    const service = flags.service
    const serviceId = service === undefined ? undefined : await resolveId(session, findResource('services'), service)
    const query = { sort: '-createdAt', ...(serviceId !== undefined && { serviceId }) }
    const { rows } = await listRows(session.client, operationsOf(session.contract, resource).list, query)
    await printList(resource, rows, toFormat(flags.output))
  })
}

async function runDownload(id: string, { output, force, ...flags }: DownloadFlags): Promise<void> {
  if (output !== '-' && !force && (await exists(output))) throw usage(`${output} exists; --force replaces it.`)
  await withSession(flags, async ({ client }) => {
    const { stream, artifact } = await client.downloadArtifact(id)
    if (output === '-') return await pipeline(stream, process.stdout, { end: false })
    // Only a complete and verified file gets the name that was asked for.
    const partial = `${output}.${process.pid}.part`
    try {
      await pipeline(stream, createWriteStream(partial, { mode: 0o600, flags: 'wx' }))
      await rename(partial, output)
    } finally {
      await rm(partial, { force: true })
    }
    note(`Wrote ${output}: ${size(artifact.sizeBytes)}, verified.`)
  })
}

async function runUpload(file: string, flags: UploadFlags): Promise<void> {
  const format = toFormat(flags.output)
  const { size: sizeBytes } = await stat(file)
  const retentionDays =
    flags.retentionDays === undefined ? undefined : positive(flags.retentionDays, '--retention-days')
  await withSession(flags, async (session) => {
    const serviceId = await resolveId(session, findResource('services'), flags.service)
    const id = flags.id ?? randomUUID()
    const about = { serviceId, kind: flags.kind, format: flags.format, ...(retentionDays && { retentionDays }) }
    note(`Sending ${size(sizeBytes)} as ${id}; if it breaks off, go on with --id ${id}`)
    const artifact = await session.client.uploadArtifact(id, () => createReadStream(file), about)
    await printOne(findResource('artifacts'), artifact, format)
  })
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
