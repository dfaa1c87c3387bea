/** When ends are announced. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysLeft, dueNotice } from './expiry.ts'

const END = new Date('2027-01-31T12:00:00Z')
const before = (days: number) => new Date(END.getTime() - days * 86_400_000)

test('an end is announced 60, 14 and 1 days before, and when it is there', () => {
  assert.equal(dueNotice(END, null, before(61)), null)
  assert.equal(dueNotice(END, null, before(60)), 60)
  assert.equal(dueNotice(END, 60, before(15)), null)
  assert.equal(dueNotice(END, 60, before(14)), 14)
  assert.equal(dueNotice(END, 14, before(2)), null)
  assert.equal(dueNotice(END, 14, before(1)), 1)
  assert.equal(dueNotice(END, 1, before(0.5)), null)
  assert.equal(dueNotice(END, 1, before(0)), 0)
  assert.equal(dueNotice(END, 0, before(-100)), null)
})

test('who was down on the day says once how many days are left, and leaves out what lies between', () => {
  assert.equal(dueNotice(END, null, before(10)), 14)
  assert.equal(dueNotice(END, 60, before(0.1)), 1)
  assert.equal(dueNotice(END, 60, before(-1)), 0)
  assert.equal(daysLeft(END, before(10)), 10)
  assert.equal(daysLeft(END, before(9.2)), 10)
  assert.equal(daysLeft(END, before(-3)), 0)
})
