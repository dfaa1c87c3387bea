/** Entries are made in order and once, whoever dies and however many write at the same time. Against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { merkleRoot } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import { expectComplete, records } from '../testing/audit-log.ts'
import { ADMIN_TOKEN, startTestServer, type TestServer, testDatabase, VAULT_KEY } from '../testing/test-server.ts'
import { appendNext } from './append-workflow.ts'

describe('with two servers on one database', () => {
  let one: TestServer
  let two: TestServer
  before(async () => {
    one = await startTestServer({ FULCRUM_DB_POOL_SIZE: '16' })
    two = await startTestServer({ FULCRUM_DB_DSN: one.database, FULCRUM_DB_POOL_SIZE: '16' })
  })
  after(async () => {
    await two.stop()
    await one.stop()
  })

  test('writers, appenders and signers at the same time make one log without a hole', async () => {
    const WRITERS = 8
    const EACH = 15
    let writing = true
    const append = async (server: TestServer) => {
      for (; writing; await sleep(5)) await appendNext(server.platform)
    }
    const signing = async (server: TestServer) => {
      const notes: string[] = []
      for (; writing; await sleep(20)) {
        const { status, body } = await server.admin.post('/audit/checkpoints')
        if (status === 200) notes.push(body.note)
      }
      return notes
    }
    const background = Promise.all([append(one), append(two), append(two), signing(one), signing(two)])
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; n < EACH; n++) {
          const { status } = await (writer % 2 ? one : two).admin.post('/participants', {
            name: `${writer} ${n}`,
            status: 'Enabled',
          })
          assert.equal(status, 201)
        }
      }),
    ).finally(() => {
      writing = false
    })
    const [, , , ofOne = [], ofTwo = []] = await background
    const verdict = await expectComplete(one)
    assert.equal(verdict.entries, WRITERS * EACH)
    const all = await records(two)
    assert.deepEqual(
      all.map(({ entry }) => entry.seq),
      Array.from({ length: WRITERS * EACH }, (_, at) => at + 1),
    )
    // every checkpoint that either of them ever gave away is one of this history
    const leaves = all.map(({ leaf }) => Buffer.from(leaf ?? '', 'hex'))
    for (const note of [...ofOne, ...ofTwo]) {
      const [, size, root] = note.split('\n')
      assert.equal(merkleRoot(leaves.slice(0, Number(size))).toString('base64'), root)
    }
    assert.ok(new Set([...ofOne, ...ofTwo]).size > 1)
  })
})

describe('a process that dies', () => {
  test('after numbering leaves the entries to the next', async () => {
    const first = await startTestServer({ FULCRUM_AUDIT_LOG: 'false' })
    try {
      for (let n = 0; n < 5; n++) await first.participant(`${n}`)
      const numbered = (await first.admin.get('/events?pageSize=1')).body.totalItems
      const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM audit_entries`.execute(first.platform.db)
      assert.deepEqual([numbered, rows[0]?.n], [10, 0])
      const next = await startTestServer({ FULCRUM_DB_DSN: first.database })
      try {
        for (let left = 200; ; left--) {
          const { rows: now } = await sql<{ n: number; s: number | null }>`
            SELECT count(*) AS n, (SELECT max(size) FROM audit_checkpoints) AS s FROM audit_entries`.execute(
            first.platform.db,
          )
          if (now[0]?.n === numbered && now[0]?.s === numbered) break
          assert.ok(left > 0, 'nobody made the entries and signed them')
          await sleep(50)
        }
        assert.equal((await expectComplete(next)).entries, numbered)
      } finally {
        await next.stop()
      }
    } finally {
      await first.stop()
    }
  })

  test('by a kill in the middle of its work leaves nothing half done', async () => {
    const database = await testDatabase()
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-audit-'))
    try {
      for (const aliveMs of [150, 400]) await writeUntilKilled(database.url, dataDir, aliveMs)
      const server = await startTestServer({ FULCRUM_DB_DSN: database.url })
      try {
        const { entries } = await expectComplete(server)
        assert.ok(entries > 0)
      } finally {
        await server.stop()
      }
    } finally {
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    }
  })

  /** Writes to a server of its own process, and kills it so long after the first write. */
  async function writeUntilKilled(database: string, dataDir: string, aliveMs: number): Promise<void> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, '..', 'serve.ts')], {
      env: {
        PATH: process.env.PATH,
        FULCRUM_DB_DSN: database,
        FULCRUM_DATA_DIR: dataDir,
        FULCRUM_PORT: '0',
        FULCRUM_HEALTH_PORT: '0',
        FULCRUM_BOOTSTRAP_ADMIN_TOKEN: ADMIN_TOKEN,
        FULCRUM_VAULT_ENCRYPTION_KEY: VAULT_KEY,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    try {
      let url: string | undefined
      for await (const chunk of child.stdout) {
        url = /"url":"(http:[^"]+)"/.exec(String(chunk))?.[1]
        if (url) break
      }
      assert.ok(url, 'the server did not start')
      const dead = new AbortController()
      const writers = Array.from({ length: 6 }, async (_, writer) => {
        for (let n = 0; !dead.signal.aborted; n++)
          await fetch(`${url}/api/v1/participants`, {
            method: 'POST',
            headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
            body: JSON.stringify({ name: `${aliveMs} ${writer} ${n}`, status: 'Enabled' }),
          }).catch(() => dead.abort())
      })
      await sleep(aliveMs)
      child.kill('SIGKILL')
      dead.abort()
      await Promise.all(writers)
    } finally {
      child.kill('SIGKILL')
      await exited
    }
  }
})
