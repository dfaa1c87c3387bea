/** What somebody with full power over the database could do to the audit log, and how it is found. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { canonicalJson, Frontier, leafHash } from '@fulcrum/sovereignty/audit'
import { sql } from 'kysely'
import { sign, verify } from '../testing/audit-log.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  // what is signed is signed by the test alone
  server = await startTestServer({ FULCRUM_AUDIT_LOG: 'false' })
  for (let n = 0; n < 12; n++) await server.participant(`participant ${n}`)
})
after(() => server.stop())

/** Does it, looks what is found, and undoes it. */
async function found(change: (seq: number) => Promise<unknown>, seq = 7): Promise<{ seq?: number; problem: string }[]> {
  const { checkpoint } = await sign(server)
  const { db } = server.platform
  const tables = ['events', 'audit_entries', 'audit_salts', 'audit_nodes', 'audit_log', 'audit_checkpoints']
  for (const table of tables)
    await sql`CREATE TABLE ${sql.table(`kept_${table}`)} AS TABLE ${sql.table(table)}`.execute(db)
  try {
    await change(seq)
    return [...(await verify(server, checkpoint)).findings]
  } finally {
    for (const table of tables) {
      await sql`DELETE FROM ${sql.table(table)}`.execute(db)
      await sql`INSERT INTO ${sql.table(table)} SELECT * FROM ${sql.table(`kept_${table}`)}`.execute(db)
      await sql`DROP TABLE ${sql.table(`kept_${table}`)}`.execute(db)
    }
  }
}
const only = (findings: { seq?: number; problem: string }[], seq: number, problem: RegExp) => {
  assert.equal(findings.length, 1, JSON.stringify(findings))
  assert.equal(findings[0]?.seq, seq)
  assert.match(findings[0]?.problem ?? '', problem)
}

/** Computes every node and the row of the log again from the entries, as somebody would who knows how. */
async function recomputeTree(): Promise<void> {
  const { db } = server.platform
  const { rows } = await sql<{ entry: string }>`SELECT entry FROM audit_entries ORDER BY leaf_index`.execute(db)
  const frontier = new Frontier()
  await sql`DELETE FROM audit_nodes`.execute(db)
  for (const [index, { entry }] of rows.entries()) {
    const leaf = leafHash(entry)
    for (const [level, hash] of [leaf, ...frontier.append(leaf)].entries())
      await sql`INSERT INTO audit_nodes VALUES (${level}, ${Math.floor(index / 2 ** level)}, ${hash})`.execute(db)
  }
  await sql`UPDATE audit_log SET size = ${frontier.size}, peaks = ${frontier.peaks}::bytea[]`.execute(db)
}

const rewriteEntry = async (seq: number) => {
  const { db } = server.platform
  const { rows } = await sql<{ entry: string }>`SELECT entry FROM audit_entries WHERE sequence_number = ${seq}`.execute(
    db,
  )
  const entry = canonicalJson({ ...JSON.parse(rows[0]?.entry ?? ''), initiatorId: 'somebody else' })
  await sql`UPDATE audit_entries SET entry = ${entry} WHERE sequence_number = ${seq}`.execute(db)
}

describe('it is found', () => {
  test('nothing, when nothing was done', async () => {
    assert.deepEqual(await found(async () => {}), [])
  })

  for (const [column, value] of Object.entries({
    properties: sql`'{"name":"another"}'::json`,
    type: sql`'participant.deleted'`,
    initiator_id: sql`'somebody else'`,
    entity_id: sql`gen_random_uuid()`,
    consumer_id: sql`gen_random_uuid()`,
    created_at: sql`created_at - interval '1 day'`,
  }))
    test(`that the ${column} of an event was changed`, async () => {
      const findings = await found((seq) =>
        sql`UPDATE events SET ${sql.ref(column)} = ${value} WHERE sequence_number = ${seq}`.execute(server.platform.db),
      )
      only(findings, 7, /its event was changed/)
    })

  test('that an event was deleted', async () => {
    const findings = await found((seq) =>
      sql`DELETE FROM events WHERE sequence_number = ${seq}`.execute(server.platform.db),
    )
    only(findings, 7, /its event is gone/)
  })

  test('that a payload was erased behind the back of the log', async () => {
    const findings = await found(async (seq) => {
      await sql`UPDATE events SET properties = NULL WHERE sequence_number = ${seq}`.execute(server.platform.db)
      await sql`DELETE FROM audit_salts WHERE sequence_number = ${seq}`.execute(server.platform.db)
    })
    only(findings, 7, /no later entry says that it was erased/)
  })

  test('which entry was changed', async () => {
    const [first, ...rest] = await found(rewriteEntry)
    only(first ? [first] : [], 7, /the entry was changed after it was appended/)
    assert.match(rest.at(-1)?.problem ?? '', /history was rewritten/)
  })

  test('that an entry was changed and the whole tree computed again', async () => {
    const findings = await found(async (seq) => {
      await rewriteEntry(seq)
      await recomputeTree()
    })
    assert.equal(findings.length, 1)
    assert.match(findings[0]?.problem ?? '', /history was rewritten: the first \d+ entries .* not those of the signed/)
  })

  test('that an entry was deleted, and where', async () => {
    const findings = await found(async (seq) => {
      await sql`DELETE FROM audit_entries WHERE sequence_number = ${seq}`.execute(server.platform.db)
    })
    only(findings, 8, /the entry before it \(index 6\) is missing/)
  })

  test('that an entry was deleted, the others moved up and the tree computed again', async () => {
    const findings = await found(async (seq) => {
      const { db } = server.platform
      await sql`DELETE FROM audit_entries WHERE sequence_number = ${seq}`.execute(db)
      await sql`UPDATE audit_entries SET leaf_index = -leaf_index WHERE sequence_number > ${seq}`.execute(db)
      await sql`UPDATE audit_entries SET leaf_index = -leaf_index - 1 WHERE leaf_index < 0`.execute(db)
      await recomputeTree()
    })
    assert.equal(findings.length, 1)
    assert.match(findings[0]?.problem ?? '', /speaks of \d+ entries, and there are only/)
  })

  test('that the last entries were cut off', async () => {
    const findings = await found(async (seq) => {
      await sql`DELETE FROM audit_entries WHERE sequence_number > ${seq}`.execute(server.platform.db)
    })
    assert.match(findings[0]?.problem ?? '', /speaks of \d+ entries, and there are only 7/)
  })
})

describe('a log that does not go on from what it signed', () => {
  const refusals: Readonly<Record<string, () => Promise<unknown>>> = {
    'with an entry changed and the tree computed again': async () => {
      await rewriteEntry(3)
      await recomputeTree()
    },
    'with a node changed': () =>
      sql`UPDATE audit_nodes SET hash = sha256('x') WHERE level = (SELECT max(level) FROM audit_nodes)`.execute(
        server.platform.db,
      ),
    'with the signed checkpoint changed': () =>
      sql`UPDATE audit_checkpoints SET root = sha256('x'), note = replace(note, '/audit', '/other')`.execute(
        server.platform.db,
      ),
    'that is shorter than what was signed': async () => {
      await sql`DELETE FROM audit_entries WHERE leaf_index > 3`.execute(server.platform.db)
      await recomputeTree()
    },
  }
  for (const [how, change] of Object.entries(refusals))
    test(`is not signed any more: ${how}`, async () => {
      await found(async () => {
        const before = (await server.admin.get('/audit/checkpoint')).body
        await server.participant('later')
        await server.admin.get('/audit/entries')
        await change()
        const refused = await server.admin.post('/audit/checkpoints')
        assert.equal(refused.status, 409, JSON.stringify(refused.body))
        const after = (await server.admin.get('/audit/checkpoint')).body
        assert.equal(after.size, before.size)
        assert.ok(after.problem.length > 0)
      })
      assert.equal((await server.admin.post('/audit/checkpoints')).status, 200)
    })

  test('is told from its past by whoever kept a checkpoint, also when it was signed again with the same key', async () => {
    const { db } = server.platform
    const { checkpoint: kept } = await sign(server)
    await rewriteEntry(5)
    await recomputeTree()
    await sql`DELETE FROM audit_checkpoints`.execute(db)
    const { checkpoint: rewritten } = await sign(server)
    assert.deepEqual((await verify(server, rewritten)).findings, [])
    const { findings } = await verify(server, rewritten, [kept])
    assert.equal(findings.length, 1)
    assert.match(findings[0]?.problem ?? '', /history was rewritten.*the kept checkpoint/)
  })
})
