/**
 * The structure of the whole repository as rules over its files: which room and which feature may import what, and what files
 * and folders look like. Pure: `structure.test.ts` reads the files and hands them in.
 */
import { isBuiltin } from 'node:module'
import path from 'node:path/posix'

/** `file` is relative to the root of the repository, with slashes. */
export type Source = { file: string; text: string }

export type Dependencies = Readonly<Record<string, string>>

export type Manifest = {
  name: string
  exports?: Readonly<Record<string, string>>
  dependencies?: Dependencies
  devDependencies?: Dependencies
  optionalDependencies?: Dependencies
}

export type Violation = { file: string; import: string; rule: string }

/** Rooms, and the rooms that each may import. A directory of `agents` is a room of its own. */
const ROOMS: Readonly<Record<string, readonly string[] | 'any'>> = {
  contract: [],
  schema: ['contract'],
  sovereignty: [],
  client: ['contract'],
  'agent-sdk': ['client', 'contract'],
  agents: ['agent-sdk', 'client', 'contract'],
  'managed-postgres': [],
  server: ['contract', 'schema', 'sovereignty', 'managed-postgres'],
  // the server for what works on its database and not over the API: `fulcrum import`; sovereignty for what is verified offline
  cli: ['client', 'contract', 'server', 'sovereignty'],
  demo: ['client', 'contract', 'managed-postgres'],
  e2e: 'any',
}

/** Rooms that only tests of a room may import besides: what they test against. */
const ROOMS_FOR_TESTS: Readonly<Record<string, readonly string[]>> = { agents: ['managed-postgres'] }

/** The features of the server. Each may import those before it. */
export const FEATURES: readonly string[] = [
  'platform',
  'events',
  'vault',
  'participants',
  'service-options',
  'service-types',
  'templates',
  'agent-types',
  'service-pools',
  'config-pools',
  'agents',
  'tokens',
  'sign-in',
  'keycloak-users',
  'agent-installation',
  'offers',
  'service-groups',
  'sovereignty-profiles',
  'sovereignty-policies',
  'credentials',
  'self',
  'placement',
  'legacy-dialect',
  'services',
  'jobs',
  'metrics',
  'artifacts',
  'compliance',
  'portability',
  'exposure',
  'migrations',
  'evacuations',
  'exit',
  'event-feed',
  'audit',
  'workers',
  'go-import',
]

/** The files of the server that know all features. */
const KNOW_ALL = new Set(['main.ts', 'serve.ts'])
const NO_FOLDERS = new Set(['utils', 'helpers', 'common', 'lib', 'shared', 'managers'])
const NOT_IN_DOMAIN = new Set(['kysely', 'pg', 'fastify'])
const LAYER = /-(store|routes|workflow)\.ts$/
const MOST_LINES = 400
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/

/**
 * @param manifests  the package.json of each room by its directory; the root's under ''
 * @returns everything that breaks a rule, in the order of the files
 */
export function checkStructure(sources: readonly Source[], manifests: Readonly<Record<string, Manifest>>): Violation[] {
  const files = new Set(sources.map(({ file }) => file))
  const graph = new Map<string, string[]>()
  const violations = sources.flatMap((source) => {
    const imports = importsOf(source.text).map((specifier) => resolve(source.file, specifier, manifests))
    // imports of types are gone when the program runs: a circle of them is none
    const atRunTime = importsOf(source.text.replaceAll(TYPE_IMPORTS, ''))
    graph.set(
      source.file,
      imports.flatMap(({ specifier, target }) =>
        target !== null && files.has(target) && atRunTime.includes(specifier) ? [target] : [],
      ),
    )
    return [
      ...shape(source),
      ...imports.flatMap((imported) =>
        [
          ...roomRules(source.file, imported, files),
          ...featureRules(source.file, imported, files),
          ...packageRules(source.file, imported, manifests),
        ].map((rule) => ({ file: source.file, import: imported.specifier, rule })),
      ),
    ]
  })
  return [...violations, ...cycles(graph), ...versionRules(manifests)]
}

type Imported = {
  specifier: string
  /** The file of ours that is meant; null for packages of others and of Node.js. */
  target: string | null
  /** The package that is meant; null for relative imports. */
  package: string | null
}

const IMPORTS =
  /(?:^|\n)[ \t]*(?:import|export)\b[^'"`;=()]*?\bfrom[ \t]*'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)[ \t]*import[ \t]+'([^']+)'/g

const TYPE_IMPORTS = /(?:^|\n)[ \t]*(?:import|export) type\b[^'"`;=()]*?\bfrom[ \t]*'[^']+'/g

/** Every module that a text names, types included, each once. */
export function importsOf(text: string): string[] {
  return [...new Set([...text.matchAll(IMPORTS)].map((match) => match[1] ?? match[2] ?? match[3] ?? ''))]
}

function resolve(file: string, specifier: string, manifests: Readonly<Record<string, Manifest>>): Imported {
  if (specifier.startsWith('.')) return { specifier, target: path.join(path.dirname(file), specifier), package: null }
  const [scope = '', name = ''] = specifier.split('/')
  const packageName = scope.startsWith('@') ? `${scope}/${name}` : scope
  for (const [directory, manifest] of Object.entries(manifests)) {
    if (manifest.name !== packageName || directory === '') continue
    const entry = manifest.exports?.[`.${specifier.slice(packageName.length)}`]
    return { specifier, target: entry ? path.join(directory, entry) : `${directory}/?`, package: packageName }
  }
  return { specifier, target: null, package: packageName }
}

/** The room that a file lies in: its directory. */
function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'agents' ? `agents/${second}` : first
}

function roomRules(file: string, { target, package: packageName }: Imported, files: ReadonlySet<string>): string[] {
  if (target === null) return []
  const [from, to] = [roomOf(file), roomOf(target)]
  if (packageName === null) {
    if (from !== to) return ['a relative import stays within its room']
    return files.has(target) || target.endsWith('.json') ? [] : ['the file exists, and is imported with its extension']
  }
  if (from === to) return ['a room does not import itself by its package name']
  const kind = from.split('/')[0] ?? ''
  const allowed = ROOMS[kind] ?? []
  const here = isTest(file) ? [...allowed, ...(ROOMS_FOR_TESTS[kind] ?? [])] : allowed
  if (allowed !== 'any' && !here.includes(to))
    return [`${from} may import only ${allowed.join(', ') || 'no other room'}`]
  return files.has(target) ? [] : ['the package exports this path']
}

function featureRules(file: string, { target, package: packageName }: Imported, files: ReadonlySet<string>): string[] {
  if (!file.startsWith('server/')) return []
  const place = placeInServer(file)
  const rules: string[] = []
  if (isDomain(file, files) && (NOT_IN_DOMAIN.has(packageName ?? '') || LAYER.test(target ?? '')))
    rules.push('domain files import no store, routes, workflow, kysely, pg or fastify')
  if (target === null || !target.startsWith('server/')) return rules
  if (/-store\.ts$/.test(file) && /-(routes|workflow)\.ts$/.test(target))
    rules.push('a store imports no routes or workflow')

  const to = placeInServer(target)
  if (place.feature === to.feature || place.knowsAll) return rules
  if (to.feature === 'testing') return isTest(file) ? rules : [...rules, 'only tests import testing/']
  if (to.feature === null) return [...rules, 'features do not import the files that assemble them']
  const order = FEATURES.indexOf(to.feature)
  if (order < 0) return [...rules, `${to.feature} has no place in the order of features`]
  if (to.feature === 'platform') return rules
  if (place.feature === null) return [...rules, 'only main.ts, serve.ts and tests know the features']
  if (order > FEATURES.indexOf(place.feature)) rules.push(`${to.feature} comes after ${place.feature} in the order`)
  const forTests = isTest(file) && to.name.startsWith('testing/')
  if (to.name !== 'index.ts' && !forTests) rules.push('another feature is imported through its index.ts')
  return rules
}

/** `feature` is null for files directly in `server`. */
function placeInServer(file: string): { feature: string | null; name: string; knowsAll: boolean } {
  const [, first = '', ...rest] = file.split('/')
  if (rest.length === 0) return { feature: null, name: first, knowsAll: KNOW_ALL.has(first) || isTest(file) }
  return { feature: first, name: rest.join('/'), knowsAll: first === 'testing' }
}

/** `x.ts` beside `x-store.ts`, `x-routes.ts` or `x-workflow.ts` in a feature. */
function isDomain(file: string, files: ReadonlySet<string>): boolean {
  const stem = file.replace(/\.ts$/, '')
  return ['store', 'routes', 'workflow'].some((layer) => files.has(`${stem}-${layer}.ts`))
}

/** Tests, and what only tests use. */
function isTest(file: string): boolean {
  return /\.test\.ts$|\/testing\.ts$|\/testing\/|-(for-tests|under-test|harness)\.ts$|\/(test|crash-test|fake)-[\w-]+\.ts$/.test(
    file,
  )
}

function packageRules(
  file: string,
  { specifier, package: packageName }: Imported,
  manifests: Readonly<Record<string, Manifest>>,
): string[] {
  if (packageName === null || isBuiltin(specifier)) return []
  const room = manifests[roomOf(file)]
  const root = manifests['']
  const declared: Dependencies = {
    ...room?.dependencies,
    ...room?.optionalDependencies,
    ...(isTest(file) && { ...room?.devDependencies, ...root?.devDependencies }),
  }
  if (packageName in declared) return []
  return [
    `${packageName} is declared in ${roomOf(file)}/package.json${isTest(file) ? '' : ', not only for development'}`,
  ]
}

function versionRules(manifests: Readonly<Record<string, Manifest>>): Violation[] {
  const first = new Map<string, { version: string; file: string }>()
  return Object.entries(manifests).flatMap(([directory, manifest]) => {
    const file = path.join(directory, 'package.json')
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    return Object.entries(all).flatMap(([name, version]) => {
      const known = first.get(name)
      if (!known) first.set(name, { version, file })
      if (!EXACT.test(version)) return [{ file, import: name, rule: `the version is exact, not ${version}` }]
      if (known && known.version !== version)
        return [
          { file, import: name, rule: `the version is the one of ${known.file}: ${known.version}, not ${version}` },
        ]
      return []
    })
  })
}

function shape({ file, text }: Source): Violation[] {
  const found: string[] = []
  const folder = path
    .dirname(file)
    .split('/')
    .find((part) => NO_FOLDERS.has(part))
  if (folder) found.push(`no folder is called ${folder}`)
  if (/^export default\b|^export \{[^}]*\bas default\b/m.test(text)) found.push('nothing is exported as default')
  if (!/^(#!.*\n)?\s*\/[*/]/.test(text) && !isTest(file)) found.push('a file opens with a comment that says what it is')
  const lines = text.trimEnd().split('\n').length
  const opening = /^(#!.*\n)?\s*\/\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
  if (lines > MOST_LINES && !/\blines\b/.test(opening))
    found.push(`a file of more than ${MOST_LINES} lines says why in its first comment; this one has ${lines}`)
  return found.map((rule) => ({ file, import: '-', rule }))
}

/** Every cycle of imports once, found where the search closes it. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): Violation[] {
  const done = new Set<string>()
  const found: Violation[] = []
  const walk = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file)
    if (at >= 0) {
      found.push({
        file,
        import: [...trail.slice(at + 1), file].join(' → '),
        rule: 'files do not import each other in a circle',
      })
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) walk(next, [...trail, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return found
}
