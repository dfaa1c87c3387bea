/** The agent that crash.test.ts runs and kills. It writes what happens to each step into the directory EFFECTS_DIR. */
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '@fulcrum/contract'
import { JobFailure, runAgentFromEnvironment } from './index.ts'

const dir = process.env.EFFECTS_DIR ?? ''
const STEPS = ['one', 'two', 'three']

await runAgentFromEnvironment<JsonObject>({
  name: 'crash-test',
  parseConfiguration: (configuration) => configuration,
  handlers: {
    async create({ job, once }) {
      const results: string[] = []
      for (const step of STEPS) {
        const note = (text: string) => appendFileSync(join(dir, `${job.id}.${step}`), `${text}\n`)
        const result = await once(step, async () => {
          note('run')
          await wait(Math.random() * 10)
          return randomUUID()
        })
        note(`returned ${result}`)
        results.push(result)
        await wait(Math.random() * 10)
      }
      return { agentInstanceId: results.join(' ') }
    },
    async refuse({ once }) {
      await once('look', async () => wait(Math.random() * 10, null))
      throw new JobFailure('refused as always')
    },
  },
})
