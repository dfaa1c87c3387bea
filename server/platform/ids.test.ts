import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidv7 } from './ids.ts'

test('an id of version 7 is the one of the standard for its time and random bits', () => {
  // RFC 9562, appendix A.6
  const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex')
  assert.equal(uuidv7(new Date(0x017f22e279b0), random), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('ids of later milliseconds sort behind, those of one millisecond differ', () => {
  const [first, second, third] = [uuidv7(new Date(1000)), uuidv7(new Date(1000)), uuidv7(new Date(1001))]
  assert.notEqual(first, second)
  assert.ok(first < third && second < third)
})
