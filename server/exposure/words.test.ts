import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sums } from './exposure.ts'
import type { AskedScenario } from './scenario.ts'
import { percent, reasonText, summaryOf } from './words.ts'

const AT = new Date('2026-11-23T12:00:00Z')
const cutOff: AskedScenario = { type: 'cut-off', jurisdictions: ['US', 'CN'], at: AT, graceHours: 0 }
const sums: Sums = {
  services: 7,
  hit: 3,
  blastRadius: 0.4286,
  open: {
    critical: 4,
    criticalHit: 2,
    unknownSpend: 0,
    spend: [{ currency: 'EUR', amount: 100, hitAmount: 42, share: 0.42, costDelta: 0 }],
  },
  firstImpactDays: 60,
  byImpact: { 'lost-after': 3, none: 4 },
}
const open = (more: Partial<NonNullable<Sums['open']>>) => ({ ...sums, open: { ...sums.open, ...more } }) as Sums // both are whole

test('a summary tells how many, how much, how critical, how soon', () => {
  assert.equal(
    summaryOf(cutOff, sums),
    'A cut-off by US, CN: 3 of 7 services are hit, 42 % of the monthly spend in EUR, 2 critical; the first after 60 days.',
  )
})

test('spend that is known in part only, several currencies and unknown impacts are said', () => {
  assert.match(summaryOf(cutOff, open({ unknownSpend: 1 })), /42 % of the known monthly spend in EUR/)
  const both = open({
    spend: [
      { currency: 'CHF', amount: 10, hitAmount: 10, share: 1, costDelta: 0 },
      { currency: 'EUR', amount: 10, hitAmount: 0.01, share: 0.001, costDelta: 0 },
    ],
  })
  assert.match(
    summaryOf(cutOff, both),
    /100 % of the monthly spend in CHF and less than 1 % of the monthly spend in EUR/,
  )
  assert.match(summaryOf(cutOff, { ...sums, byImpact: { unknown: 1 } }), /1 of them because too little is known\.$/)
})

test('without services, without a hit and without a view of what consumers say, nothing more is said', () => {
  const none = { ...sums, hit: 0, firstImpactDays: null, byImpact: { none: 7 } }
  assert.equal(summaryOf(cutOff, none), 'A cut-off by US, CN: 0 of 7 services are hit.')
  assert.equal(summaryOf(cutOff, { ...none, services: 0 }), 'A cut-off by US, CN: there are no services to look at.')
  assert.equal(
    summaryOf(cutOff, { ...sums, open: null }),
    'A cut-off by US, CN: 3 of 7 services are hit; the first after 60 days.',
  )
})

test('shares are never rounded to nothing or to everything', () => {
  assert.deepEqual([0, 0.004, 0.4217, 0.996, 1].map(percent), ['0 %', 'less than 1 %', '42 %', '99 %', '100 %'])
})

test('codes become sentences, with the names that they carry', () => {
  assert.match(reasonText('CRITICAL_COMPONENT:a:b'), /depends on a:b,/)
  assert.match(reasonText('SEAT_IN'), /seat/)
  assert.equal(reasonText('NEW_CODE:x'), 'NEW_CODE:x')
})
