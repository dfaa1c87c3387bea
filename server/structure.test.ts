/** Holds the structure of the repository: rooms, features, packages, files. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { checkStructure, FEATURES, importsOf, type Manifest, type Source } from './structure-rules.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as Manifest // npm reads it the same way
}

function readRepository(): { sources: Source[]; manifests: Record<string, Manifest> } {
  const { workspaces } = readManifest('package.json') as Manifest & { workspaces: string[] } // ours has them
  const manifests = Object.fromEntries(
    ['', ...workspaces].map((directory) => [directory, readManifest(path.join(directory, 'package.json'))]),
  )
  const sources = workspaces.flatMap((directory) =>
    globSync(`${directory}/**/*.ts`, { cwd: ROOT, exclude: (name) => name.includes('node_modules') }).map((file) => ({
      file: file.replaceAll(path.sep, '/'),
      text: readFileSync(path.join(ROOT, file), 'utf8'),
    })),
  )
  return { sources, manifests }
}

describe('the repository', () => {
  const { sources, manifests } = readRepository()

  test('keeps every rule of its structure', () => {
    const lines = checkStructure(sources, manifests).map(
      ({ file, import: what, rule }) => `${file} → ${what} → ${rule}`,
    )
    assert.equal(lines.length, 0, `\n${lines.join('\n')}`)
  })

  test('is read whole: every room has files, every folder of the server is a feature', () => {
    for (const directory of Object.keys(manifests).filter(Boolean))
      assert.ok(
        sources.some(({ file }) => file.startsWith(`${directory}/`)),
        directory,
      )
    const folders = sources.flatMap(({ file }) => /^server\/([^/]+)\//.exec(file)?.[1] ?? [])
    const features = [...new Set(folders)].filter((name) => name !== 'testing')
    assert.deepEqual(features.toSorted(), FEATURES.filter((name) => features.includes(name)).toSorted())
  })
})

describe('the checker', () => {
  const manifests: Record<string, Manifest> = {
    '': { name: 'fulcrum', devDependencies: { 'fast-check': '1.0.0' } },
    contract: { name: '@fulcrum/contract', exports: { '.': './index.ts' }, dependencies: { typebox: '1.0.0' } },
    schema: { name: '@fulcrum/schema', exports: { '.': './index.ts' }, dependencies: { '@fulcrum/contract': '0.1.0' } },
    server: {
      name: '@fulcrum/server',
      dependencies: { '@fulcrum/contract': '0.1.0', '@fulcrum/schema': '0.1.0', kysely: '1.0.0', pg: '1.0.0' },
    },
    'agents/x': { name: '@fulcrum/agent-x', dependencies: { '@fulcrum/server': '0.1.0' } },
  }
  const base = ['contract/index.ts', 'schema/index.ts', 'server/events/index.ts', 'server/events/event.ts']
  const more = [
    'server/main.ts',
    'server/platform/db.ts',
    'server/agents/index.ts',
    'server/testing/test-server.ts',
    'server/agents/testing/an-agent.ts',
  ]

  /** The rules that one more file breaks, and nothing but it. */
  function broken(file: string, ...lines: string[]): string[] {
    const files = [...base, ...more].filter((name) => name !== file)
    const sources = files.map((name) => ({ file: name, text: '/** It. */\n' }))
    return checkStructure([...sources, { file, text: ['/** It. */', ...lines, ''].join('\n') }], manifests).map(
      (violation) => violation.rule,
    )
  }

  test('finds nothing in what is right', () => {
    assert.deepEqual(broken('server/jobs/job.ts', "import { a } from '../events/index.ts'"), [])
    assert.deepEqual(broken('server/jobs/job.test.ts', "import '../testing/test-server.ts'", "import 'fast-check'"), [])
    assert.deepEqual(broken('server/main.ts', "import { a } from './agents/index.ts'"), [])
    assert.deepEqual(broken('server/jobs/job.test.ts', "import '../agents/testing/an-agent.ts'"), [])
  })

  for (const [what, file, line, rule] of [
    [
      'a contract that knows a room',
      'contract/a.ts',
      "import { a } from '@fulcrum/schema'",
      /contract may import only no other/,
    ],
    [
      'an agent that knows the server',
      'agents/x/a.ts',
      "import { a } from '@fulcrum/server'",
      /agents\/x may import only/,
    ],
    [
      'a way around the package',
      'server/jobs/a.ts',
      "import { a } from '../../schema/index.ts'",
      /stays within its room/,
    ],
    [
      'an inner path of a room',
      'server/jobs/a.ts',
      "import { a } from '@fulcrum/schema/a.ts'",
      /the package exports this/,
    ],
    ['a file that is not there', 'server/jobs/a.ts', "import { a } from './b.ts'", /the file exists/],
    ['the inside of a feature', 'server/jobs/a.ts', "import { a } from '../events/event.ts'", /through its index/],
    [
      'a later feature',
      'server/events/a.ts',
      "import type { A } from '../agents/index.ts'",
      /agents comes after events/,
    ],
    [
      'a platform that knows a feature',
      'server/platform/a.ts',
      "import '../events/index.ts'",
      /events comes after platform/,
    ],
    [
      'main.ts in a feature',
      'server/jobs/a.ts',
      "import { a } from '../main.ts'",
      /do not import the files that assemble/,
    ],
    ['a feature outside main.ts', 'server/health.ts', "import { a } from './jobs/index.ts'", /the file exists/],
    [
      'a loose file with features',
      'server/health.ts',
      "import { a } from './events/index.ts'",
      /only main.ts, serve.ts/,
    ],
    [
      'test code of a feature in the product',
      'server/jobs/a.ts',
      "import '../agents/testing/an-agent.ts'",
      /through its index/,
    ],
    ['test code in the product', 'server/jobs/a.ts', "import '../testing/test-server.ts'", /only tests import testing/],
    ['a package that nobody declared', 'server/jobs/a.ts', "import got from 'got'", /got is declared/],
    ['a tool for tests in the product', 'server/jobs/a.ts', "import 'fast-check'", /fast-check is declared/],
    ['an import at run time', 'server/jobs/a.ts', `const a = await ${'import'}('got')`, /got is declared/],
    ['an import over several lines', 'server/jobs/a.ts', "export {\n  a,\n} from 'got'", /got is declared/],
    ['a default export', 'server/jobs/a.ts', 'export default 1', /exported as default/],
    ['a folder of leftovers', 'server/jobs/utils/a.ts', '', /no folder is called utils/],
    ['a long file', 'server/jobs/a.ts', 'a\n'.repeat(400), /more than 400 lines/],
    ['a circle', 'server/events/event.ts', "import './event.ts'", /in a circle/],
  ] as const)
    test(`finds ${what}`, () => {
      assert.match(broken(file, line).join('\n'), rule)
    })

  test('lets a file be long that says why', () => {
    assert.deepEqual(
      checkStructure(
        [{ file: 'server/events/a.ts', text: `/** 500 lines of facts. */\n${'a\n'.repeat(500)}` }],
        manifests,
      ),
      [],
    )
  })

  test('finds stores, routes and databases in a domain file, and only there', () => {
    const check = (file: string, line: string) =>
      checkStructure(
        [
          { file: 'server/jobs/job.ts', text: '/** It. */' },
          { file: 'server/jobs/job-store.ts', text: '/** It. */' },
          { file: 'server/jobs/job-routes.ts', text: '/** It. */' },
        ].map((source) => (source.file === file ? { ...source, text: `${source.text}\n${line}\n` } : source)),
        manifests,
      ).map(({ rule }) => rule)
    assert.match(check('server/jobs/job.ts', "import { sql } from 'kysely'").join(), /domain files import no/)
    assert.match(
      check('server/jobs/job.ts', "import type { A } from './job-store.ts'").join(),
      /domain files import no/,
    )
    assert.match(check('server/jobs/job-store.ts', "import { a } from './job-routes.ts'").join(), /a store imports no/)
    assert.deepEqual(check('server/jobs/job-store.ts', "import { sql } from 'kysely'"), [])
  })

  test('finds circles over several files', () => {
    const text = (to: string) => `/** It. */\nimport { a } from './${to}.ts'\n`
    const files = ['a', 'b', 'c'].map((name, at) => ({
      file: `schema/${name}.ts`,
      text: text(['b', 'c', 'a'][at] ?? ''),
    }))
    assert.deepEqual(
      checkStructure(files, manifests).map((violation) => violation.import),
      ['schema/b.ts → schema/c.ts → schema/a.ts'],
    )
    const types = files.map((source) => ({ ...source, text: source.text.replace('import {', 'import type {') }))
    assert.deepEqual(checkStructure(types, manifests), [])
  })

  test('finds versions that are not exact or differ between rooms', () => {
    const rules = checkStructure([], {
      a: { name: 'a', dependencies: { pg: '^8.0.0' } },
      b: { name: 'b', dependencies: { pg: '8.0.1' }, devDependencies: { x: '1.0.0-beta.1' } },
    }).map(({ rule }) => rule)
    assert.deepEqual(rules, [
      'the version is exact, not ^8.0.0',
      'the version is the one of a/package.json: ^8.0.0, not 8.0.1',
    ])
  })

  test('sees imports of types, of everything and for their effect, and no texts that look like one', () => {
    const text = [
      "import type { A } from './a.ts'",
      "import * as b from './b.ts'",
      "import './c.ts'",
      "export * from './d.ts'",
      "const text = `import { e } of './e.ts'`",
      "const from = 'f'",
    ].join('\n')
    assert.deepEqual(importsOf(text), ['./a.ts', './b.ts', './c.ts', './d.ts'])
  })
})
