/** The Range header: which bytes of a content are asked for (source: RFC 9110, section 14). */

export type ByteRange = { firstByte: number; lastByte: number }

/**
 * Reads a Range header. Several ranges at once, other units and broken values are ignored, as the RFC allows: then all is sent.
 *
 * @returns the bytes, both ends included; `all`; or `unsatisfiable` when the content has none of them
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'all' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '')
  if (!match) return 'all'
  const [, from = '', to = ''] = match
  if (from === '') {
    const suffix = Number(to)
    if (to === '') return 'all'
    if (suffix === 0 || sizeBytes === 0) return 'unsatisfiable'
    return { firstByte: Math.max(0, sizeBytes - suffix), lastByte: sizeBytes - 1 }
  }
  const firstByte = Number(from)
  if (to !== '' && Number(to) < firstByte) return 'all'
  if (firstByte >= sizeBytes) return 'unsatisfiable'
  return { firstByte, lastByte: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) }
}
