/**
 * Reads the table of contents at the beginning of an archive of `pg_dump --format=custom` while the archive passes by. Sequences
 * are outside of snapshots: what a dump says about them is known from the dump alone.
 *
 * Format: pg_backup_archiver.c of PostgreSQL, versions 1.14 (PostgreSQL 12 to 15), 1.15 (16) and 1.16 (17 and 18).
 */

/** Longest table of contents that is read, in bytes: some 200,000 objects. */
const LONGEST_TOC = 64 * 1024 * 1024

export type SequenceValue = { schema: string; name: string; value: string; isCalled: boolean }

export type TocReader = {
  add(chunk: Buffer): void
  /** The values that a restore will set. @throws Error when what came by is no archive that can be understood */
  sequenceValues(): SequenceValue[]
}

class Short extends Error {}

export function createTocReader(): TocReader {
  let chunks: Buffer[] = []
  let bytes = 0
  let tryAt = 4096
  let found: SequenceValue[] | null = null

  function look(): void {
    try {
      found = sequencesOf(Buffer.concat(chunks))
      chunks = []
    } catch (error) {
      if (!(error instanceof Short)) throw error
      if (bytes > LONGEST_TOC) throw new Error('the dump has too many objects')
      tryAt = bytes * 2
    }
  }

  return {
    add(chunk) {
      if (found) return
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= tryAt) look()
    },
    sequenceValues() {
      if (!found) look()
      if (!found) throw new Error('the archive ends within its table of contents')
      return found
    },
  }
}

function sequencesOf(archive: Buffer): SequenceValue[] {
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > archive.length) throw new Short()
    at += length
    return archive.subarray(at - length, at)
  }
  const byte = () => take(1).readUInt8()
  if (take(5).toString('latin1') !== 'PGDMP') throw new Error('this is no archive of pg_dump')
  const [major, minor] = [byte(), byte(), byte()]
  const [intSize, offsetSize] = [byte(), byte(), byte()]
  if (
    major !== 1 ||
    minor === undefined ||
    minor < 14 ||
    intSize === undefined ||
    intSize > 6 ||
    offsetSize === undefined
  )
    throw new Error(`archives of the version ${major}.${minor} are not known`)
  const int = () => (byte() === 0 ? 1 : -1) * take(intSize).readUIntLE(0, intSize)
  const text = () => {
    const length = int()
    return length < 0 ? null : take(length).toString('utf8')
  }
  const skip = (count: number, read: () => unknown) => {
    for (let n = 0; n < count; n++) read()
  }

  if (minor >= 15) byte()
  else int()
  // time of creation; database, versions of server and program
  skip(7, int)
  skip(3, text)
  const values: SequenceValue[] = []
  for (let left = int(); left > 0; left--) {
    skip(2, int)
    skip(3, text)
    const kind = text()
    int()
    const definition = text()
    // drop and copy statements, schema, tablespace, access method
    skip(5, text)
    if (minor >= 16) int()
    // owner, and a word that is always false
    skip(2, text)
    for (let dependency = text(); dependency !== null; ) dependency = text()
    skip(1 + offsetSize, byte)
    if (kind === 'SEQUENCE SET') values.push(sequenceValueOf(definition ?? ''))
  }
  return values
}

const SETVAL = /^SELECT pg_catalog\.setval\('((?:[^']|'')+)', (-?\d+), (true|false)\);?\s*$/

/** What a statement of a dump says about a sequence. @throws Error when it says nothing */
export function sequenceValueOf(statement: string): SequenceValue {
  const [, quoted, value, called] = SETVAL.exec(statement) ?? []
  const [schema, name] = quoted === undefined ? [] : namesIn(quoted.replaceAll("''", "'"))
  if (schema === undefined || name === undefined || value === undefined)
    throw new Error('the dump has a value of a sequence that cannot be read')
  return { schema, name, value, isCalled: called === 'true' }
}

export const isSequenceValue = (statement: string) => SETVAL.test(statement)

/** `public.s` and `"odd ""schema".s`, part by part. */
function namesIn(qualified: string): string[] {
  return [...qualified.matchAll(/"((?:[^"]|"")*)"|[^."]+/g)].map(([whole, quoted]) =>
    quoted === undefined ? whole : quoted.replaceAll('""', '"'),
  )
}
