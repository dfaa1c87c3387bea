import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Offer } from '@fulcrum/contract'
import { CliError } from './errors.ts'
import { meantValue, type NamedOption, resolveOffered } from './service-options.ts'

const option = (provider: string, name: string, value: NamedOption['value']): NamedOption => ({
  type: 'size',
  provider,
  name,
  value,
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
    (error) => error instanceof CliError && error.details.join().includes('2 at b'),
  )
})

test('the value itself is accepted too', () => {
  assert.equal(meantValue(choice('2'), [option('a', 'Small', 1), option('a', 'Large', 2)]), 2)
})

test('what is no option is refused with the options', () => {
  assert.throws(
    () => meantValue(choice('Tiny'), [option('a', 'Small', 1)]),
    (error) => error instanceof CliError && error.details.includes('  Small (1)  a'),
  )
})

test('where no option can be seen the value goes to the server as it is', () => {
  assert.equal(meantValue(choice('3'), []), 3)
})

const offer = (name: string, options: Record<string, string[]>): Offer => ({
  providerId: name,
  providerName: name,
  agentId: name,
  agentName: name,
  tags: [],
  connected: true,
  options: Object.entries(options).flatMap(([type, names]) =>
    names.map((option) => ({ type, name: option, value: `${name}.${option}` })),
  ),
})
const both = () => ({
  properties: { size: 'S', zone: 'z' },
  choices: [
    { path: ['size'], optionType: 'size', given: 'S', plain: () => 'S' },
    { path: ['zone'], optionType: 'zone', given: 'z', plain: () => 'z' },
  ],
})

test('offers without one of the options do not count, so a name that is ambiguous elsewhere is clear', () => {
  const offers = [offer('a', { size: ['S'], zone: ['x'] }), offer('b', { size: ['S'], zone: ['z'] })]
  const { properties, able } = resolveOffered(both(), offers)
  assert.deepEqual(properties, { size: 'b.S', zone: 'b.z' })
  assert.deepEqual(able, [offers[1]])
})

test('options that nobody offers together are refused with who has which', () => {
  assert.throws(
    () => resolveOffered(both(), [offer('a', { size: ['S'], zone: ['x'] }), offer('b', { size: ['L'], zone: ['z'] })]),
    (error) =>
      error instanceof CliError &&
      /together/.test(error.message) &&
      error.details.join() === '  size S (a.S)  a,  zone z (b.z)  b',
  )
})
