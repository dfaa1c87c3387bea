#!/usr/bin/env node
/**
 * The `fulcrum` command. In JavaScript, as the only file: Node strips the types of a TypeScript file that is not in its cache with a
 * compiler of its own, whose start costs 60 ms. From here on the cache holds everything without types.
 */
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

if (process.features.typescript) {
  // In the caller's own directory: in the shared one for temporary files others could put code of theirs.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fulcrum', 'compiled'))
  const { run } = await import('./run.ts')
  await run()
} else {
  process.stderr.write(`Error: fulcrum needs Node.js 24 or newer; this is ${process.version}.\n`)
  process.exitCode = 1
}
