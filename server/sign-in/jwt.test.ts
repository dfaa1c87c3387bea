/** What can be a JWT at all, and what the log says of one that is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet } from 'jose'
import { TokenRefused } from './claims.ts'
import { isJwt, verifyJwt } from './jwt.ts'

test('three parts of base64url can be a JWT; an API token never is one', () => {
  for (const bearer of ['eyJ.eyJ.x-_', 'a.b.c']) assert.ok(isJwt(bearer))
  const token = 'Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMDE='
  for (const bearer of [token, 'admin-token-for-tests', 'a.b', 'a.b.', '..', 'a.b.c.d', 'a.b.c=', 'a.b.c\n', 'a.b.ü'])
    assert.ok(!isJwt(bearer), bearer)
  assert.ok(!isJwt(`a.${'b'.repeat(20_000)}.c`))
})

test('a reason holds no line break and is short, whatever a header says', async () => {
  const header = { alg: 'ES256', crit: [`x\n2026 forged line ${'x'.repeat(1_000)}`], b64: true }
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${text(header)}.${text({})}.AAAA`
  const verified = verifyJwt(token, createLocalJWKSet({ keys: [] }), { issuer: null, clockSkewMs: 0 }, new Date())
  await assert.rejects(verified, (error) => {
    assert.ok(error instanceof TokenRefused)
    assert.match(error.message, /forged line/)
    assert.doesNotMatch(error.message, /[\r\n]/)
    assert.ok(error.message.length <= 200)
    return true
  })
})
