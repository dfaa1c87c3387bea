/** The rules of artifacts, without anything around them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { mayBeRepeated, newArtifact, nextPiece, parsePiece } from './artifact.ts'
import { parseRange } from './byte-range.ts'

const service = { id: randomUUID(), providerId: randomUUID(), consumerId: randomUUID(), agentId: randomUUID() }
const now = new Date('2026-11-24T12:00:00Z')
const first = parsePiece(new URLSearchParams({ serviceId: service.id, kind: 'backup', format: 'raw' }))

for (const [query, name] of [
  ['offset=-1', 'offset'],
  ['offset=1e3', 'offset'],
  ['offset=99999999999999999999', 'offset'],
  ['complete=maybe', 'complete'],
  ['sha256=abc', 'sha256'],
  ['retentionDays=0', 'retentionDays'],
  ['retentionDays=3651', 'retentionDays'],
  ['retentionDays=1.5', 'retentionDays'],
  ['serviceId=x', 'serviceId'],
  ['kind=Backup', 'kind'],
  [`kind=${'a'.repeat(51)}`, 'kind'],
  ['format=../x', 'format'],
] as const)
  test(`a piece with ${query.slice(0, 40)} is refused by name`, () => {
    assert.throws(() => parsePiece(new URLSearchParams(query)), new RegExp(`invalid input: ${name} must be`))
  })

test('a first piece must say what it is', () => {
  assert.throws(() => newArtifact('i', { ...first, kind: null }, service, now), /kind is required/)
  assert.throws(() => newArtifact('i', { ...first, format: null }, service, now), /format is required/)
})

test('retention counts from the last piece that names it, and a piece that names none keeps it', () => {
  const artifact = newArtifact('i', { ...first, retentionDays: 2 }, service, now)
  assert.equal(artifact.expiresAt?.toISOString(), '2026-11-26T12:00:00.000Z')
  assert.deepEqual(nextPiece(artifact, first, now).expiresAt, artifact.expiresAt)
  const later = new Date('2026-11-25T12:00:00Z')
  assert.equal(
    nextPiece(artifact, { ...first, retentionDays: 1 }, later).expiresAt?.toISOString(),
    '2026-11-26T12:00:00.000Z',
  )
})

test('a piece for another service, kind or format is refused', () => {
  const artifact = newArtifact('i', first, service, now)
  for (const change of [{ serviceId: randomUUID() }, { kind: 'export' }, { format: 'tar' }])
    assert.throws(() => nextPiece(artifact, { ...first, ...change }, now), /was started with/)
})

test('only a piece that ends where the artifact ends, with its digest, can be the last one again', () => {
  const artifact = { ...newArtifact('i', first, service, now), state: 'Complete' as const, sizeBytes: 10, sha256: 'aa' }
  const piece = { ...first, offsetBytes: 4 }
  assert.equal(mayBeRepeated(artifact, piece, 6), true)
  assert.equal(mayBeRepeated(artifact, piece, null), true)
  assert.equal(mayBeRepeated(artifact, piece, 5), false)
  assert.equal(mayBeRepeated(artifact, { ...piece, last: false }, 6), false)
  assert.equal(mayBeRepeated(artifact, { ...piece, sha256: 'bb' }, 6), false)
  assert.equal(mayBeRepeated(artifact, { ...piece, offsetBytes: 11 }, null), false)
})

for (const [header, size, expected] of [
  [undefined, 10, 'all'],
  ['bytes=0-3', 10, [0, 3]],
  ['bytes=4-', 10, [4, 9]],
  ['bytes=4-99', 10, [4, 9]],
  ['bytes=-3', 10, [7, 9]],
  ['bytes=-30', 10, [0, 9]],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=3-2', 10, 'all'],
  ['bytes=-', 10, 'all'],
  ['bytes=0-1,4-5', 10, 'all'],
  ['lines=0-1', 10, 'all'],
] as const)
  test(`Range ${header} of ${size} bytes means ${expected}`, () => {
    const range = parseRange(header, size)
    assert.deepEqual(typeof range === 'string' ? range : [range.firstByte, range.lastByte], expected)
  })
