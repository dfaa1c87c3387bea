import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from './addresses.ts'

test('addresses of the public Internet are public, also beside the special ranges', () => {
  for (const address of [
    ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1'],
    ...['169.253.255.255', '172.15.255.255', '172.32.0.0', '192.167.1.1', '192.169.0.1', '223.255.255.255'],
    ...['2606:4700:4700::1111', '2a01:4f8::1', '2003::1', '2001:4860:4860::8888'],
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('loopback, private, link-local, shared, multicast, reserved and broadcast addresses are not', () => {
  for (const address of [
    ...['0.0.0.0', '127.0.0.1', '127.255.255.254', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '192.0.0.1', '192.88.99.1'],
  ])
    assert.equal(isPublicAddress(address), false, address)
})

test('the same of IPv6, and addresses that carry one of IPv4, are not', () => {
  for (const address of [
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1', 'fec0::1', 'ff02::1', '2001:db8::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1'],
    ...['2002:7f00:1::', '2001:0:4136:e378::', '100::1', '5f00::1'],
  ])
    assert.equal(isPublicAddress(address), false, address)
})

test('what is no address is not public', () => {
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', '1.1.1.1 '])
    assert.equal(isPublicAddress(text), false, text)
})
