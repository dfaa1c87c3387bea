import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvelopeError, openEnvelope, payloadOf } from './envelope.ts'

const jwt = (payload: unknown, signature = 'c2ln') =>
  `e30.${Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)).toString('base64url')}.${signature}`
const credential = (type: string, id = 'x') => ({ id, type: ['VerifiableCredential', type] })
const presentation = (items: unknown[]) => jwt({ type: ['VerifiablePresentation'], verifiableCredential: items })
const enveloped = (text: string, media = 'application/vc+jwt') => ({
  type: 'EnvelopedVerifiableCredential',
  id: `data:${media},${text}`,
})

test('one credential is itself, whatever its signature; the payload in another order has the same digest', () => {
  const [one] = openEnvelope(`  ${jwt({ id: 'a', type: ['VerifiableCredential'] })}\n`)
  const [same] = openEnvelope(jwt('{ "type": ["VerifiableCredential"], "id": "a" }', 'b3RoZXI'))
  assert.equal(one?.id, 'a')
  assert.match(one?.sha256 ?? '', /^[0-9a-f]{64}$/)
  assert.equal(one?.sha256, same?.sha256)
})

test('what is no credential is kept as it is, to fail its first check', () => {
  for (const text of ['nothing', 'a.b.c', jwt('[1]'), jwt('"text"')])
    assert.deepEqual(openEnvelope(text), [{ jwt: text, document: null, sha256: null, id: null }])
})

test('of a presentation come all credentials, each once, the label first', () => {
  const offering = jwt(credential('gx:ServiceOffering', 'o'))
  const label = jwt(credential('gx:LabelCredential', 'l'))
  const media = ['application/vc+jwt', 'application/vc+ld+jwt', 'application/vc+ld+json+jwt']
  const found = openEnvelope(
    presentation([enveloped(offering, media[1]), enveloped(label, media[2]), enveloped(offering, media[0])]),
  )
  assert.deepEqual(
    found.map(({ id }) => id),
    ['l', 'o'],
  )
})

test('a presentation with something else in it, nothing, or too much is refused', () => {
  const offering = jwt(credential('gx:ServiceOffering'))
  for (const items of [
    [],
    [credential('gx:ServiceOffering')],
    [{ ...enveloped(offering), type: 'Other' }],
    [enveloped(offering, 'text/html')],
    [null],
    Array.from({ length: 31 }, (_, n) => enveloped(jwt(credential('gx:ServiceOffering', `${n}`)))),
  ])
    assert.throws(() => openEnvelope(presentation(items)), EnvelopeError, JSON.stringify(items).slice(0, 100))
})

test('a payload that cannot be kept or digested is none', () => {
  const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`
  for (const text of [deep, '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e400}', '{"a":'])
    assert.equal(payloadOf(jwt(text)), null, text.slice(0, 40))
  assert.deepEqual(payloadOf(jwt('{"a":"\\ud83d\\ude00"}')), { a: '😀' })
})
