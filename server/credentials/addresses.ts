/** Which addresses belong to the public Internet; source: the special-purpose registries of IANA (RFC 6890 and its updates). */
import { BlockList, isIP } from 'node:net'

const SPECIAL_4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  // multicast, reserved and broadcast
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]

/** Everything but global unicast, and the parts of it that carry IPv4 addresses or are set aside: Teredo, 6to4, examples. */
const SPECIAL_6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

// one list for each family: one for both would hold IPv4 addresses against the mapped ranges of IPv6
const special4 = listOf(SPECIAL_4, 'ipv4')
const special6 = listOf(SPECIAL_6, 'ipv6')

/** False for loopback, private, link-local, unique-local, mapped, multicast, reserved and translated ranges, and for no address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6:
      // a zone names an interface of this machine
      return !address.includes('%') && !special6.check(address, 'ipv6')
    default:
      return false
  }
}

function listOf(blocks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', bits] = block.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return list
}
