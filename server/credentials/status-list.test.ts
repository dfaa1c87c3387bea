import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { statusBitOf } from './status-list.ts'

const list = (bytes: Buffer, more = {}) => ({
  type: 'BitstringStatusList',
  statusPurpose: 'revocation',
  encodedList: `u${gzipSync(bytes).toString('base64url')}`,
  ...more,
})

test('the first bit is the leftmost of the first byte', async () => {
  const subject = list(Buffer.from([0b1000_0001, 0b0100_0000]))
  const bits = await Promise.all([0, 1, 7, 8, 9, 15].map((index) => statusBitOf(subject, index, 'revocation')))
  assert.deepEqual(bits, [true, false, true, false, true, false])
})

test('beyond its end, for another purpose or of another kind it says nothing', async () => {
  const bytes = Buffer.from([0xff])
  assert.equal(await statusBitOf(list(bytes), 8, 'revocation'), null)
  assert.equal(await statusBitOf(list(bytes), 0, 'suspension'), null)
  assert.equal(await statusBitOf(list(bytes, { statusPurpose: ['revocation', 'suspension'] }), 0, 'suspension'), true)
  assert.equal(await statusBitOf(list(bytes), 0, null), true)
  for (const wrong of [
    { type: 'StatusList2021' },
    { encodedList: undefined },
    { encodedList: `z${gzipSync(bytes).toString('base64url')}` },
    { encodedList: `u${bytes.toString('base64url')}` },
    { encodedList: 'u' },
  ])
    assert.equal(await statusBitOf(list(bytes, wrong), 0, null), null, JSON.stringify(wrong))
  assert.equal(await statusBitOf(null, 0, null), null)
})

test('a list that unpacks to far more than it should says nothing, and takes no memory', async () => {
  const bomb = list(Buffer.alloc(200 * 2 ** 20))
  assert.ok(bomb.encodedList.length < 300_000)
  const before = process.memoryUsage().rss
  assert.equal(await statusBitOf(bomb, 0, null), null)
  assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20)
})
