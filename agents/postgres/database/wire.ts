/**
 * The part of PostgreSQL's wire protocol that a client on a synchronous line needs: when is the server's answer to what was
 * sent complete?
 *
 * @see PostgreSQL documentation, "Message Formats"
 */

/** 'none': no answer comes. 'step': one authentication message. 'ready': all up to ReadyForQuery. */
export type Expected = 'none' | 'step' | 'ready'

/** Message types of the client after which the server answers up to ReadyForQuery: Query, Sync, FunctionCall. */
const ASKS = new Set(['Q', 'S', 'F'])

/**
 * What the server will send after these bytes of the client.
 *
 * @param bytes  whole messages, as a client flushes them
 * @param started  false before the startup message, which alone has no type byte
 */
export function expectedAnswer(bytes: Buffer, started: boolean): Expected {
  if (!started) return 'step'
  let expected: Expected = 'none'
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    const type = String.fromCharCode(bytes[at] ?? 0)
    if (type === 'p') expected = 'step'
    else if (ASKS.has(type)) expected = 'ready'
  }
  return expected
}

/**
 * True when the server's bytes end the answer: with ReadyForQuery, or, while the client logs in, with a question for it or
 * a refusal.
 */
export function isComplete(bytes: Buffer, expected: Expected): boolean {
  let at = 0
  let complete = false
  while (at + 5 <= bytes.length) {
    const type = String.fromCharCode(bytes[at] ?? 0)
    const end = at + 1 + bytes.readUInt32BE(at + 1)
    if (end > bytes.length) return false
    // Authentication 0 (passed) and 12 (the last of SCRAM) are followed by more without a word of the client.
    const asks = type === 'R' && ![0, 12].includes(bytes.readUInt32BE(at + 5))
    complete = type === 'Z' || (expected === 'step' && (asks || type === 'E'))
    at = end
  }
  return complete && at === bytes.length
}
