/** Resources on the screen: lists as tables, single things as indented text. */
import { isRow, type Row, valueAt } from '../resource-lookup.ts'
import type { Column, Resource } from '../resources.ts'
import { age, type Format, inline, serialize, size } from './format.ts'
import { table } from './table.ts'
import { print, printable } from './terminal.ts'

export async function printList(resource: Resource, rows: readonly Row[], format: Format): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml':
      return print(await serialize(format, rows))
    case 'name':
      if (rows.length > 0) print(rows.map(nameOf).join('\n'))
      return
    case 'table':
    case 'wide':
      return print(listTable(resource, rows, format === 'wide'))
  }
}

export function listTable(resource: Resource, rows: readonly Row[], wide: boolean): string {
  const columns = resource.columns.filter((column) => wide || !column.wide)
  return table(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map((column) => cell(row, column))),
  )
}

/** One thing; `table` gives a table of one row. */
export async function printOne(resource: Resource, row: Row, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, row))
  return await printList(resource, [row], format)
}

/** All members of a thing, related things by name and id, secrets hidden. */
export function describeRow(row: Row): string {
  return members(row, '')
}

export const SECRET = '«secret, use reveal»'

function members(row: Row, indent: string): string {
  return Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${indent}${printable(name)}:${member(name, value, indent)}`)
    .join('')
}

function member(name: string, value: unknown, indent: string): string {
  if (isRow(value)) {
    if (Object.keys(value).length === 0) return ' {}\n'
    if (indent === '' && typeof value.id === 'string') return ` ${label(value)}\n`
    return `\n${members(value, `${indent}  `)}`
  }
  if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null))
    return `\n${value.map((item) => `${indent}  - ${inline(item)}\n`).join('')}`
  if (Array.isArray(value)) return ` ${value.map(inline).join(', ')}\n`
  if (typeof value === 'string' && value.startsWith('vault://')) return ` ${SECRET}\n`
  if (typeof value === 'string' && /(At|since)$/.test(name) && !Number.isNaN(Date.parse(value)))
    return ` ${inline(value)} (${age(value)})\n`
  return ` ${value === null ? 'null' : inline(value)}\n`
}

function label(row: Row): string {
  return typeof row.name === 'string' ? `${printable(row.name)} (${inline(row.id)})` : inline(row.id)
}

export function cell(row: Row, column: Column): string {
  const value = valueAt(row, column.path)
  if (value === undefined) return '-'
  switch (column.kind ?? 'text') {
    case 'text':
      return inline(value) || '-'
    case 'age':
      return typeof value === 'string' ? age(value) : '-'
    case 'size':
      return typeof value === 'number' ? size(value) : '-'
    case 'count':
      return String(Array.isArray(value) ? value.length : Object.keys(isRow(value) ? value : {}).length)
    case 'list': {
      const items = Array.isArray(value) ? value : []
      return items.map((item) => inline(isRow(item) ? (item.name ?? item.type) : item)).join(',') || '-'
    }
  }
}

function nameOf(row: Row): string {
  return inline(row.name ?? row.username ?? row.id)
}
