/** Arithmetic of subnets without a database. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../platform/errors.ts'
import { addressAt, offsetOf, readSubnet } from './subnet.ts'

describe('subnets', () => {
  for (const [cidr, offset, address] of [
    ['10.1.2.77/29', 0n, '10.1.2.72'],
    ['10.0.0.0/8', 2n ** 24n - 1n, '10.255.255.255'],
    ['255.255.255.255/32', 0n, '255.255.255.255'],
    ['0.0.0.0/0', 2n ** 32n - 1n, '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:0/64', 1n, '2001:db8::1'],
    ['2001:db8::/64', 2n ** 64n - 1n, '2001:db8::ffff:ffff:ffff:ffff'],
    ['2001:db8:1:2:3:4:5:6/48', 0n, '2001:db8:1::'],
    ['::/0', 2n ** 128n - 1n, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['::ffff:10.0.0.0/120', 1n, '::ffff:a00:1'],
  ] as const)
    test(`address ${offset} of ${cidr} is ${address}, and back`, () => {
      const subnet = readSubnet({ cidr })
      assert.equal(addressAt(subnet, offset), address)
      assert.equal(offsetOf(subnet, address), offset)
    })

  test('every address of a block has its own text and finds its way back', () => {
    for (const cidr of ['192.168.254.0/23', '2001:db8::ff00/119']) {
      const subnet = readSubnet({ cidr })
      const offsets = Array.from({ length: 512 }, (_, index) => BigInt(index))
      const texts = offsets.map((offset) => addressAt(subnet, offset))
      assert.equal(new Set(texts).size, 512)
      assert.deepEqual(
        texts.map((text) => offsetOf(subnet, text)),
        offsets,
      )
    }
  })

  test('what is no address of the family, or lies before the block, has no offset', () => {
    const subnet = readSubnet({ cidr: '10.0.0.0/24' })
    for (const text of ['9.255.255.255', '::1', 'ten', '', '10.0.0.1 '])
      assert.equal(offsetOf(subnet, text), null, text)
  })

  test('exclusions count from both ends; fractions are cut, anything else is nothing', () => {
    const range = (config: { [key: string]: string | number }) => {
      const { first, end } = readSubnet({ cidr: '10.0.0.0/29', ...config })
      return [first, end]
    }
    assert.deepEqual(range({}), [0n, 8n])
    assert.deepEqual(range({ excludeFirst: 2, excludeLast: 1 }), [2n, 7n])
    assert.deepEqual(range({ excludeFirst: 1.9, excludeLast: -3 }), [1n, 8n])
    assert.deepEqual(range({ excludeFirst: '3' }), [0n, 8n])
    assert.deepEqual(range({ excludeFirst: 1e30 })[1], 8n)
  })

  for (const cidr of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0/24',
    '010.0.0.0/24',
    '::/129',
    'fe80::1%eth0/64',
    'nonsense',
    '',
    ' 10.0.0.0/24',
  ])
    test(`'${cidr}' is refused as a block`, () => {
      assert.throws(
        () => readSubnet({ cidr }),
        (error: unknown) =>
          error instanceof Refusal &&
          error.message === `invalid input: invalid CIDR format: invalid CIDR address: ${cidr}`,
      )
    })

  test('a configuration without a block is refused', () => {
    assert.throws(() => readSubnet(null), /subnet pool missing generator config/)
    assert.throws(() => readSubnet({ excludeFirst: 1 }), /invalid CIDR in generator config/)
    assert.throws(() => readSubnet({ cidr: 5 }), /invalid CIDR in generator config/)
  })
})
