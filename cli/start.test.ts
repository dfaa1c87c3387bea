import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

/** Says on stderr which files a process loads. */
const WATCHER = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module'
   registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) })`,
)}`

async function loaded(...args: string[]): Promise<string[]> {
  const command = [join(import.meta.dirname, 'fulcrum.js'), ...args]
  const child = spawn(process.execPath, ['--import', WATCHER, ...command], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [first, ...urls] = (await text(child.stderr)).trim().split('\n')
  assert.match(first ?? '', /fulcrum\.js$/)
  return urls
}

test('help loads no contract, no client and no command but the one that is asked for', async () => {
  const [all, one, version] = await Promise.all([loaded('--help'), loaded('help', 'order'), loaded('--version')])
  for (const urls of [all, one, version])
    assert.deepEqual(
      urls.filter((url) => /\/(contract|client|typebox|undici|yaml|@clack)\//.test(url)),
      [],
    )
  const commands = (urls: string[]) => urls.flatMap((url) => /\/commands\/(\S+)\.ts$/.exec(url)?.[1] ?? [])
  assert.deepEqual([commands(all), commands(one)], [['index'], ['index', 'order']])
})
