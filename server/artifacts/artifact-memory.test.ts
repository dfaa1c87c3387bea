/** Artifacts pass through the server without being held in its memory: looked at from outside, at the process's own peak. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { connect } from '../platform/db.ts'
import { parseDsn } from '../platform/dsn.ts'
import { insertServiceRows } from '../testing/service-rows.ts'
import { ADMIN_TOKEN, testDatabase } from '../testing/test-server.ts'
import { anId, MIB, piecePath, putPiece, serveProcess, someBytes } from './testing.ts'

const CONTENT_BYTES = 384 * MIB
/** What garbage and buffers may add to the peak on a busy machine; a server that held the content would add all of it. */
const MOST_BYTES = CONTENT_BYTES / 2

const stops: (() => Promise<unknown>)[] = []
after(async () => {
  for (const stop of stops.toReversed()) await stop()
})

async function serve(): Promise<{ url: string; child: ChildProcess; database: string }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-artifacts-'))
  stops.push(() => rm(dataDir, { recursive: true, force: true }))
  const database = await testDatabase()
  stops.push(() => database.drop())
  const served = await serveProcess(dataDir, database.url, (child) =>
    stops.push(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }),
  )
  return { ...served, database: database.url }
}

/** The most memory that the process ever had, as the kernel counts it. */
function peakBytes({ pid }: ChildProcess): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

test('hundreds of megabytes go in and come out slowly, and the server stays small', {
  skip: process.platform === 'linux' ? false : 'the peak of a process is read from /proc',
  timeout: 120_000,
}, async () => {
  const { url, child, database } = await serve()
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'p', status: 'Enabled' })
  const made = await fetch(`${url}/api/v1/participants`, { method: 'POST', headers, body })
  const { id: participantId } = (await made.json()) as { id: string } // as the API says
  const db = connect(parseDsn(database))
  const { serviceId } = await insertServiceRows(db, participantId, participantId).finally(() => db.destroy())
  const before = peakBytes(child)

  const id = anId()
  const chunk = someBytes(MIB / 4)
  const content = async function* () {
    for (let sent = 0; sent < CONTENT_BYTES; sent += chunk.length) yield chunk
  }
  const put = await putPiece(url, ADMIN_TOKEN, piecePath(id, serviceId), content())
  assert.equal(put.body.sizeBytes, CONTENT_BYTES)
  assert.ok(peakBytes(child) - before < MOST_BYTES, `${peakBytes(child) - before} bytes more at the upload`)

  const { body: stream } = await fetch(`${url}/api/v1/artifacts/${id}`, { headers })
  let received = 0
  for await (const part of stream ?? []) {
    // a reader that pauses: what the server has read from the disk meanwhile would pile up
    if (received === 0) await new Promise((resolve) => setTimeout(resolve, 500))
    received += part.length
  }
  assert.equal(received, CONTENT_BYTES)
  assert.ok(peakBytes(child) - before < MOST_BYTES, `${peakBytes(child) - before} bytes more at the download`)
})
