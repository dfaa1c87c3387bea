/** Arithmetic of subnet pools: which addresses a CIDR block gives, IPv4 and IPv6 alike. Pure. */
import { isIP } from 'node:net'
import type { JsonObject } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

/** Addresses `network + first` to `network + end - 1` may be given. */
export type Subnet = { family: 4 | 6; network: bigint; first: bigint; end: bigint }

/**
 * Reads the generator's configuration: `cidr`, and how many addresses to leave out at both ends (`excludeFirst`, `excludeLast`;
 * fractions are cut, anything but a positive number counts as 0).
 *
 * @throws Refusal `invalid` with the contract's text
 */
export function readSubnet(config: JsonObject | null): Subnet {
  if (!config) throw invalidInput('subnet pool missing generator config')
  const { cidr } = config
  if (typeof cidr !== 'string') throw invalidInput('invalid CIDR in generator config')
  const match = /^([^/]+)\/(\d{1,3})$/.exec(cidr)
  const family = isIP(match?.[1] ?? '')
  const bits = family === 4 ? 32 : 128
  const prefix = Number(match?.[2])
  if (!match?.[1] || family === 0 || match[1].includes('%') || prefix > bits)
    throw invalidInput(`invalid CIDR format: invalid CIDR address: ${cidr.slice(0, 100)}`)
  const size = 1n << BigInt(bits - prefix)
  const address = parseAddress(match[1], family === 4 ? 4 : 6)
  return {
    family: family === 4 ? 4 : 6,
    network: address - (address % size),
    first: count(config.excludeFirst),
    end: size - count(config.excludeLast),
  }
}

function count(value: unknown): bigint {
  return typeof value === 'number' && value > 0 ? BigInt(Math.trunc(value)) : 0n
}

/** The address at an offset from the network's, in its canonical text. */
export function addressAt({ family, network }: Subnet, offset: bigint): string {
  const value = network + offset
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  return canonical6(groups.join(':'))
}

/** The offset of an address from the network's; null when it is no address of this subnet. */
export function offsetOf({ family, network }: Subnet, text: string): bigint | null {
  if (isIP(text) !== family) return null
  const offset = parseAddress(text, family) - network
  return offset < 0n ? null : offset
}

function parseAddress(text: string, family: 4 | 6): bigint {
  if (family === 4) return text.split('.').reduce((value, part) => (value << 8n) + BigInt(part), 0n)
  const [head = '', tail] = canonical6(text).split('::')
  const before = head === '' ? [] : head.split(':')
  const behind = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - before.length - behind.length
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...behind]
  return groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n)
}

/** The short lower-case form (RFC 5952), as the URL standard writes a host. */
function canonical6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}
