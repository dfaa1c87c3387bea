/** What an import tells: what became of each table's rows, and of each row that could not be taken as it was. */

/**
 * - `adapted`: written differently here, as every Go control plane's data need it; nothing was wrong
 * - `mended`: was wrong there, and is imported changed
 * - `skipped`: cannot be imported
 * - `left out`: is not meant to be imported
 * - `deleted here`: was imported earlier and has been deleted here since
 * - `warning`: imported as it is; somebody should look at it
 */
export type Treatment = 'adapted' | 'mended' | 'skipped' | 'left out' | 'deleted here' | 'warning'

export type Finding = {
  readonly table: string
  /** Null where only their number is told. */
  readonly id: string | null
  readonly treatment: Treatment
  readonly text: string
  readonly count: number
}

export type TableReport = {
  readonly table: string
  /** Rows of the source. */
  readonly source: number
  /** Not here before. */
  readonly added: number
  /** Here from an earlier import, and changed there since. */
  readonly changed: number
  readonly unchanged: number
  /** Changed here since, and so kept as they are. */
  readonly kept: number
  /** Not imported, for any of the reasons told. */
  readonly notImported: number
  /** Made up for what the source refers to and does not have any more. */
  readonly placeholders: number
}

export type ImportReport = {
  readonly dryRun: boolean
  readonly tables: readonly TableReport[]
  readonly findings: readonly Finding[]
}

/** What a caller can do about it; the report as far as there is one. */
export class ImportRefusal extends Error {
  readonly kind: 'usage' | 'conflict' | 'failed' | 'unavailable'
  readonly details: readonly string[]
  readonly report: ImportReport | undefined

  constructor(kind: ImportRefusal['kind'], message: string, details: readonly string[] = [], report?: ImportReport) {
    super(message)
    this.name = 'ImportRefusal'
    this.kind = kind
    this.details = details
    this.report = report
  }
}
