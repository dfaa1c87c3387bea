#!/usr/bin/env node
/**
 * The `fulcrum` command. Here only the cache of compiled code is switched on, before the modules that it speeds up are loaded:
 * it halves the time of a start.
 */
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// In the caller's own directory: in the shared one for temporary files others could put code of theirs.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fulcrum', 'compiled'))

const { run } = await import('./run.ts')
await run()
