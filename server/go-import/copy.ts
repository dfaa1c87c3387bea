/**
 * Copies rows from one PostgreSQL to another without reading them: COPY … TO STDOUT on one side, COPY … FROM STDIN on the other,
 * so that memory does not grow with the table.
 */
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from, to } from 'pg-copy-streams'

/**
 * @param select  a query of the source
 * @param into  table and columns of the target, as `t (a, b)`, in the order of the query
 * @param onBytes  called with the bytes that have come so far
 * @returns number of rows
 */
export async function copyRows(
  source: pg.Client,
  select: string,
  target: pg.Client,
  into: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<number> {
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      onBytes(bytes)
      done(null, chunk)
    },
  })
  const rows = target.query(from(`COPY ${into} FROM STDIN`))
  await pipeline(source.query(to(`COPY (${select}) TO STDOUT`)), counter, rows)
  return rows.rowCount
}
