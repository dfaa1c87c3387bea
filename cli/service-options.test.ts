import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceOption } from '@fulcrum/contract'
import { CliError } from './errors.ts'
import { meantValue } from './service-options.ts'

const option = (providerId: string, name: string, value: ServiceOption['value']): ServiceOption => ({
  id: `${providerId}-${name}`,
  providerId,
  serviceOptionTypeId: 't',
  name,
  value,
  enabled: true,
  displayOrder: 0,
  createdAt: '2026-11-24T00:00:00Z',
  updatedAt: '2026-11-24T00:00:00Z',
})

const choice = (given: string, plain = () => JSON.parse(given)) => ({
  path: ['size'],
  optionType: 'size',
  given,
  plain,
})

test('the name of an option stands for its value, at one provider or at several that agree', () => {
  assert.deepEqual(meantValue(choice('Small'), [option('a', 'Small', { cpu: 1 }), option('b', 'Small', { cpu: 1 })]), {
    cpu: 1,
  })
})

test('a name with different values at several providers is refused with both', () => {
  assert.throws(
    () => meantValue(choice('Small'), [option('a', 'Small', 1), option('b', 'Small', 2)]),
    (error) => error instanceof CliError && error.details.join().includes('2 at provider b'),
  )
})

test('the value itself is accepted too', () => {
  assert.equal(meantValue(choice('2'), [option('a', 'Small', 1), option('a', 'Large', 2)]), 2)
})

test('what is no option is refused with the options', () => {
  assert.throws(
    () => meantValue(choice('Tiny'), [option('a', 'Small', 1)]),
    (error) => error instanceof CliError && error.details.includes('  Small (1)'),
  )
})

test('where no option can be seen the value goes to the server as it is', () => {
  assert.equal(meantValue(choice('3'), []), 3)
})
