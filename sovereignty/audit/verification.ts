/**
 * Verifies an audit log from outside: takes its records in order, as somebody hands them out, and finds what does not fit together
 * or does not fit what was signed. Believes nothing but the checkpoints that it is given.
 */
import type { Checkpoint } from './checkpoint.ts'
import { type AuditEntry, commitTo, entryHash } from './entry.ts'
import { EMPTY_ROOT, Frontier } from './merkle.ts'

/** The type of the events that say which payloads were erased: `properties.sequences` is a list of `[first, last]`. */
export const ERASURE = 'audit.erased'

export type AuditRecord = {
  /** Place of the leaf in the tree, from 0. */
  index: number
  entry: AuditEntry
  /** What the log keeps as the hash of this leaf, hexadecimal: tells which entry was changed when not all of the tree was. */
  leaf?: string
  /** Hexadecimal; absent when it was erased, or deleted together with an old event. */
  salt?: string
  payload?: unknown
}

export type Finding = { seq?: number; problem: string }

export type Verdict = {
  /** How many leaves were seen, and how many of them the checkpoint covers. */
  entries: number
  signed: number
  /** Payloads that were there and are what was committed to; erased by an audited erasure; deleted with old events. */
  payloads: number
  erased: number
  expired: number
  findings: readonly Finding[]
  /** More than `findings` when there were too many to keep. */
  problems: number
}

/** More are counted, and not kept. */
const MOST_FINDINGS = 1_000

type Range = readonly [first: number, last: number]

export class LogVerifier {
  readonly #checkpoint: Checkpoint
  /** By size; the later ones are looked at when the tree has grown to them. */
  readonly #known: Map<number, { checkpoint: Checkpoint; name: string }[]>
  readonly #frontier = new Frontier()
  readonly #findings: Finding[] = []
  readonly #withoutSalt: number[] = []
  readonly #erasures: Range[] = []
  #problems = 0
  #payloads = 0
  #expired = 0
  #lastSeq = 0
  #end = 0
  #whole = true

  /**
   * @param checkpoint  whose signature was verified: the tree must have its root at its size
   * @param older  others with verified signatures, such as one that the auditor kept, with the words to name them by
   */
  constructor(checkpoint: Checkpoint, older: readonly { checkpoint: Checkpoint; name: string }[] = []) {
    this.#checkpoint = checkpoint
    const all = [...older, { checkpoint, name: 'the signed checkpoint' }]
    this.#known = Map.groupBy(all, ({ checkpoint: { size } }) => size)
    for (const { checkpoint: other, name } of older)
      if (other.origin !== checkpoint.origin) this.#find(`${name} is of another log: ${other.origin}`)
    this.#compare()
  }

  /** Takes the next record; they must come in the order of their indexes. */
  add(record: AuditRecord): void {
    const { entry, index } = record
    const expected = this.#frontier.size
    if (index !== expected && this.#whole) {
      this.#whole = false
      const missing = index - expected
      this.#find(
        missing > 0
          ? `${missing === 1 ? 'the entry' : `${missing} entries`} before it (index ${expected}) ${missing === 1 ? 'is' : 'are'} missing`
          : `its index is ${index}, and not ${expected}`,
        entry.seq,
      )
    }
    if (entry.seq <= this.#lastSeq) this.#find(`it stands after number ${this.#lastSeq}`, entry.seq)
    this.#lastSeq = entry.seq
    this.#end = index + 1
    if (`${entry.instance}/audit` !== this.#checkpoint.origin)
      this.#find(`it names another instance: ${entry.instance}`, entry.seq)
    const leaf = entryHash(entry)
    if (record.leaf !== undefined && leaf.toString('hex') !== record.leaf.toLowerCase())
      this.#find('the entry was changed after it was appended', entry.seq)
    this.#frontier.append(leaf)
    this.#payload(record)
    this.#compare()
  }

  /** Call once, after the last record. */
  finish(): Verdict {
    const entries = this.#frontier.size
    // of a log with missing entries it is said already which ones are
    for (const [size, known] of this.#known)
      if (size > this.#end)
        for (const { name } of known) this.#find(`${name} speaks of ${size} entries, and there are only ${entries}`)
    const { length } = this.#withoutSalt
    const uncovered = this.#withoutSalt.filter((seq) => !this.#erasures.some(([from, to]) => seq >= from && seq <= to))
    for (const seq of uncovered) this.#find('its payload is gone, and no later entry says that it was erased', seq)
    return {
      entries,
      signed: Math.min(entries, this.#checkpoint.size),
      payloads: this.#payloads,
      erased: length - uncovered.length,
      expired: this.#expired,
      findings: this.#findings,
      problems: this.#problems,
    }
  }

  #payload({ entry, salt, payload }: AuditRecord): void {
    // old events are deleted from the first on, so that none is gone behind one that is there
    const wasRetained = this.#payloads > 0 || this.#withoutSalt.length > 0
    if (payload === undefined || salt === undefined) {
      if (payload === undefined && salt !== undefined && wasRetained)
        this.#find('its event is gone, and older ones are there', entry.seq)
      else if (payload === undefined && !wasRetained) this.#expired++
      else this.#withoutSalt.push(entry.seq)
      return
    }
    this.#payloads++
    if (!commits(entry, salt, payload))
      this.#find('its event was changed: the payload is not the one that was committed to', entry.seq)
    else if (entry.type === ERASURE) this.#erasures.push(...rangesOf(payload))
  }

  #compare(): void {
    if (!this.#whole) return
    const { size } = this.#frontier
    const known = this.#known.get(size)
    if (!known) return
    const root = size === 0 ? EMPTY_ROOT : this.#frontier.root()
    for (const { checkpoint, name } of known)
      if (!root.equals(checkpoint.root))
        this.#find(
          `history was rewritten: the first ${size} entries (up to number ${this.#lastSeq}) are not those of ${name}`,
        )
  }

  #find(problem: string, seq?: number): void {
    this.#problems++
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push({ ...(seq !== undefined && { seq }), problem })
  }
}

function commits(entry: AuditEntry, salt: string, payload: unknown): boolean {
  try {
    return commitTo(Buffer.from(salt, 'hex'), payload) === entry.commit
  } catch {
    return false
  }
}

function rangesOf(payload: unknown): Range[] {
  const sequences = memberOf(memberOf(payload, 'properties'), 'sequences')
  if (!Array.isArray(sequences)) return []
  return sequences.flatMap((range): Range[] => {
    const [first, last] = Array.isArray(range) ? range : []
    return typeof first === 'number' && typeof last === 'number' ? [[first, last]] : []
  })
}

function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined
}
