/** `fulcrum sovereignty self`: what the running system connects to, what it is made of, and under which licences. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Self } from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption } from '../command.ts'
import { CliError } from '../errors.ts'
import { age, serialize, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { withSession } from '../session.ts'

type SelfFlags = OutputFlags & { sbom?: string; server: boolean }

/** One package of the installation, as the SBOM lists it. */
export type Component = { name: string; version: string; licence: string }

/** The directory that `npm ci` was run in. */
const INSTALLATION = path.resolve(import.meta.dirname, '..', '..')
const SBOM_MAX_BYTES = 64 * 2 ** 20

export function declareSelf(sovereignty: Command): void {
  const self = sovereignty
    .command('self')
    .summary('list what Fulcrum itself depends on: connections, packages, licences')
    .option('--sbom <file>', 'write the software bill of materials, CycloneDX JSON, into this file')
    .option('--no-server', 'only what is installed here; ask no server')
    .addOption(outputOption())
  self.action(async () => await run(self.optsWithGlobals<SelfFlags>()))
}

async function run(flags: SelfFlags): Promise<void> {
  const format = toFormat(flags.output)
  const sbom = await makeSbom()
  const components = componentsOf(sbom)
  if (flags.sbom !== undefined) {
    await writeFile(flags.sbom, sbom)
    note(`Wrote ${flags.sbom}: ${components.length} packages.`)
  }
  const server = flags.server
    ? await withSession(flags, ({ client, contract }) => client.call(contract.self.get, {}))
    : undefined
  if (format === 'json' || format === 'yaml')
    return print(await serialize(format, { ...(server && { server }), components }))
  if (server) print(`${serverText(server)}\n`)
  print(licencesText(components, format === 'wide'))
}

/** By npm, which knows what it installed. */
async function makeSbom(): Promise<string> {
  const { name } = JSON.parse(await readFile(path.join(INSTALLATION, 'package.json'), 'utf8'))
  if (name !== 'fulcrum') throw new CliError('unexpected', `${INSTALLATION} is not where Fulcrum was installed.`)
  try {
    const { stdout } = await promisify(execFile)('npm', ['sbom', '--sbom-format=cyclonedx'], {
      cwd: INSTALLATION,
      maxBuffer: SBOM_MAX_BYTES,
    })
    return withoutDevelopment(stdout)
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n')
    throw new CliError('unexpected', 'npm cannot list what is installed.', [
      reason ?? '',
      `Run npm ci in ${INSTALLATION}.`,
    ])
  }
}

/**
 * Without what only developers need. npm marks it; its own `--omit=dev` also leaves out what runs and is needed for development, too.
 */
function withoutDevelopment(text: string): string {
  // CycloneDX, as npm writes it
  const sbom = JSON.parse(text) as Sbom
  const isForDevelopment = ({ properties = [] }: SbomComponent) =>
    properties.some(({ name }) => name === 'cdx:npm:package:development')
  const gone = new Set(sbom.components?.filter(isForDevelopment).map((component) => component['bom-ref']))
  const stays = (ref: string) => !gone.has(ref)
  return `${JSON.stringify(
    {
      ...sbom,
      components: sbom.components?.filter((component) => !isForDevelopment(component)),
      dependencies: sbom.dependencies
        ?.filter(({ ref }) => stays(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn?.filter(stays) })),
    },
    null,
    2,
  )}\n`
}

type SbomComponent = {
  'bom-ref'?: string
  name?: string
  version?: string
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
  purl?: string
  properties?: { name: string }[]
}
type Sbom = { components?: SbomComponent[]; dependencies?: { ref: string; dependsOn?: string[] }[] }

/** @param sbom  CycloneDX, JSON */
export function componentsOf(sbom: string): Component[] {
  // npm wrote it; members that are missing show as unknown
  const { components = [] } = JSON.parse(sbom) as Sbom
  return components
    .map(({ name = '', version = '', licenses = [], purl }) => ({
      // the purl has the scope, the name of a workspace its folder
      name: purl ? decodeURIComponent(/^pkg:npm\/(.*)@[^@]*$/.exec(purl)?.[1] ?? name) : name,
      version,
      licence:
        licenses
          .map(({ license, expression }) => expression ?? license?.id ?? license?.name)
          .filter((text) => text !== undefined)
          .join(' AND ') || 'unknown',
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function serverText({ version, startedAt, destinations, connections, undeclared }: Self): string {
  return [
    pairs([
      ['Server', version],
      ['Started', `${startedAt} (${age(startedAt)})`],
      ['Connections that nobody configured', `${undeclared}`],
    ]),
    table(
      ['MAY CONNECT TO', 'PORT', 'FOR', 'SAYS WHO'],
      destinations.map(({ host, port, purpose, source }) => [host, `${port ?? '-'}`, purpose, source]),
    ),
    table(
      ['CONNECTED TO', 'PORT', 'TIMES', 'LAST', 'FOR'],
      connections.map(({ host, port, count, lastAt, purpose }) => [
        host,
        `${port ?? '-'}`,
        `${count}`,
        age(lastAt),
        purpose ?? 'NOBODY CONFIGURED IT',
      ]),
    ),
  ].join('\n')
}

function licencesText(components: readonly Component[], wide: boolean): string {
  if (wide)
    return table(
      ['PACKAGE', 'VERSION', 'LICENCE'],
      components.map(({ name, version, licence }) => [name, version, licence]),
    )
  const byLicence = [...Map.groupBy(components, ({ licence }) => licence)].toSorted((a, b) => b[1].length - a[1].length)
  return table(
    ['LICENCE', 'PACKAGES'],
    byLicence.map(([licence, of]) => [licence, `${of.length}`]),
  )
}
