import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.ts'
import { createRedactor } from './redact.ts'

function aLog() {
  const lines: string[] = []
  const redactor = createRedactor()
  const log = createLog({ redactor, write: (line) => lines.push(line), now: () => new Date(0) }, { agentKind: 'test' })
  return { log, lines, redactor }
}

test('a line is one JSON object', () => {
  const { log, lines } = aLog()
  log.child({ jobId: 'j' }).info('the job begins', { n: 1 })
  assert.deepEqual(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"the job begins","agentKind":"test","jobId":"j","n":1}\n',
  ])
})

test('lines below the level are not written', () => {
  const { log, lines } = aLog()
  log.debug('x')
  assert.deepEqual(lines, [])
})

test('a known secret is masked wherever it occurs', () => {
  const { log, lines, redactor } = aLog()
  redactor.learn({ db: { key: 'pä"ss\nwört', parts: ['part-one'] }, pin: 123456 })
  log.error('connect to pä"ss\nwört', {
    text: `query=${encodeURIComponent('pä"ss\nwört')}`,
    nested: [{ x: 'has part-one in it' }, JSON.stringify({ k: 'pä"ss\nwört' })],
    error: new Error('refused part-one', { cause: new Error('pin 123456') }),
  })
  const line = lines.join('')
  for (const secret of ['wört', 'w%C3%B6rt', 'part-one', '123456'])
    assert.ok(!line.includes(secret), `${secret} in ${line}`)
  assert.match(line, /"message":"connect to \*\*\*"/)
})

test('a secret that contains another is masked whole', () => {
  const { redactor } = aLog()
  redactor.learn(['abcd', 'abcdefgh'])
  assert.equal(redactor.text('x abcdefgh y'), 'x *** y')
})

test('what stands under a telling key is masked without being known', () => {
  const { log, lines } = aLog()
  log.info('x', { adminPassword: 'a', deep: { apiToken: 'b', clientSecret: { c: 'd' } }, name: 'kept' })
  assert.match(
    lines.join(''),
    /"adminPassword":"\*\*\*","deep":\{"apiToken":"\*\*\*","clientSecret":"\*\*\*"\},"name":"kept"/,
  )
})

for (const [text, masked] of [
  ['postgres://user:pass@host/db', 'postgres://user:***@host/db'],
  ['password=hunter2 host=x', 'password=*** host=x'],
  ['{"token": "abc"}', '{"token": "***"}'],
  ['Bearer abc.def', 'Bearer ***'],
  ['the password is wrong', 'the password is wrong'],
] as const)
  test(`'${text}' reads '${masked}'`, () => {
    assert.equal(createRedactor().text(text), masked)
  })

test('a circular value does not end the process', () => {
  const { log, lines } = aLog()
  const value: { self?: object } = {}
  value.self = value
  log.info('x', { value })
  assert.equal(lines.length, 1)
})
