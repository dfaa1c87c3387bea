import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conninfo, postgresAddress } from './connection.ts'

test('an address needs host, port, database and username', () => {
  assert.equal(postgresAddress({ host: 'h', port: 5432, database: 'd' }), undefined)
  assert.equal(postgresAddress(undefined), undefined)
})

test('values are quoted as libpq reads them, so that none becomes another setting', () => {
  const address = postgresAddress({ host: 'db.example', port: 5432, database: "a' sslmode=disable", username: 'u' })
  assert.ok(address)
  assert.equal(conninfo(address), "host=db.example port=5432 dbname='a\\' sslmode=disable' user=u")
})
