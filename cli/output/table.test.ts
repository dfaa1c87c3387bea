import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findResource } from '../resource-lookup.ts'
import { age, parseDurationMs, shortDuration, size } from './format.ts'
import { describeRow, listTable } from './resource.ts'
import { table } from './table.ts'

test('columns are as wide as their widest cell and lines end without spaces', () => {
  assert.equal(
    table(
      ['NAME', 'ID'],
      [
        ['a', '1'],
        ['longer', ''],
      ],
    ),
    'NAME    ID\na       1\nlonger\n',
  )
})

test('wide characters count twice and combining marks not at all', () => {
  assert.equal(
    table(
      ['N', 'X'],
      [
        ['日本', '1'],
        ['e\u0301', '2'],
        ['abcd', '3'],
      ],
    ),
    'N     X\n日本  1\ne\u0301     2\nabcd  3\n',
  )
})

test('names of others cannot steer the terminal', () => {
  assert.equal(table(['N'], [['a\u001b[2Jb\nc\u202ed']]), 'N\na[2Jb cd\n')
})

test('a list shows the columns of its resource, the full id last, and more with wide', () => {
  const job = {
    id: '0192f0c1-2222-7333-8444-555566667777',
    action: 'create',
    status: 'Failed',
    serviceId: 's',
    service: { name: 'crm' },
    agentId: 'a1',
    errorMessage: 'disk full',
    createdAt: new Date(Date.now() - 200_000).toISOString(),
  }
  const [header, line] = listTable(findResource('job'), [job], false).split('\n')
  assert.match(header ?? '', /^ACTION +STATUS +SERVICE +AGENT +ERROR +AGE +ID$/)
  assert.match(line ?? '', /^create +Failed +crm +a1 +disk full +3m +0192f0c1-2222-7333-8444-555566667777$/)
  assert.match(listTable(findResource('job'), [job], true), /CLAIMED/)
})

test('describe hides secrets and names related things', () => {
  const text = describeRow({ name: 'crm', agent: { id: 'a1', name: 'pg-1' }, properties: { password: 'vault://abc' } })
  assert.equal(text, 'name: crm\nagent: pg-1 (a1)\nproperties:\n  password: «secret, use reveal»\n')
})

test('ages, durations and sizes are short', () => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  assert.equal(age('2026-11-24T11:57:00Z', now), '3m')
  assert.equal(age('2026-12-24T12:00:00Z', now), 'in 30d')
  assert.equal(shortDuration(59), '59s')
  assert.equal(shortDuration(86_400 * 800), '2y')
  assert.equal(parseDurationMs('30d'), 30 * 86_400_000)
  for (const bad of ['', '5', 'm', '0s', '-1m', '1w']) assert.throws(() => parseDurationMs(bad))
  assert.equal(size(812), '812 B')
  assert.equal(size(1_610_612_736), '1.5 GiB')
})
