import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didDocumentUrl, didWebOf, hostOfDid } from './did-web.ts'

test('the document of a did:web is at a well-known place, or below its path', () => {
  assert.equal(didDocumentUrl('did:web:w3c.example'), 'https://w3c.example/.well-known/did.json')
  assert.equal(didDocumentUrl('did:web:w3c.example:user:alice'), 'https://w3c.example/user/alice/did.json')
  assert.equal(didDocumentUrl('did:web:example.com%3A3000:user'), 'https://example.com:3000/user/did.json')
})

test('what leads elsewhere than it says is none', () => {
  for (const did of [
    ...['did:key:z6Mk', 'did:web:', 'did:web:a b', 'did:web:host:', 'did:web:host:..', 'did:web:host:a:..:b'],
    ...['did:web:user@host', 'did:web:host/path', 'did:web:host%2Fpath', 'did:web:host?x', 'did:web:host#k'],
    ...['did:web:host%3A99999', 'did:web:[::1]', 'did:web:host:a%2f..', `did:web:${'a'.repeat(600)}`],
  ])
    assert.equal(didDocumentUrl(did), null, did)
})

test('an instance has a DID when it is reached by name, with TLS and at the root', () => {
  assert.equal(didWebOf('https://cloud.example'), 'did:web:cloud.example')
  assert.equal(didWebOf('https://cloud.example:8443'), 'did:web:cloud.example%3A8443')
  for (const url of ['http://cloud.example', 'https://cloud.example/fulcrum', 'https://10.0.0.1', 'https://[::1]'])
    assert.equal(didWebOf(url), null, url)
})

test('the host of a did:web has its port', () => {
  assert.equal(hostOfDid('did:web:example.com%3A3000:user'), 'example.com:3000')
  assert.equal(hostOfDid('did:key:x'), null)
})
