/** Reads a PostgreSQL connection string in both forms that libpq knows: the URL and `key=value` pairs. */

import type { ClientConfig } from 'pg'
import { parse, toClientConfig } from 'pg-connection-string'

export type ParsedConnection = ClientConfig

const PAIR = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\]|\\.)*))/y

/**
 * @param text  `postgres://user:password@host:port/database?sslmode=…` or `host=… user=… dbname=…`
 * @throws Error whose text says what is wrong and never repeats the password
 */
export function parseDsn(text: string): ParsedConnection {
  if (/^postgres(ql)?:\/\//.test(text)) {
    try {
      return toClientConfig(parse(text))
    } catch {
      throw new Error('is not a valid PostgreSQL URL')
    }
  }
  const values = pairs(text)
  const known = new Set([
    'host',
    'port',
    'user',
    'password',
    'dbname',
    'sslmode',
    'connect_timeout',
    'application_name',
    'timezone',
  ])
  const unknown = [...values.keys()].filter((key) => !known.has(key.toLowerCase()))
  if (unknown.length > 0) throw new Error(`has unknown settings: ${unknown.join(', ')}`)
  const port = values.get('port')
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Error('has a port that is no number')
  const url = new URL('postgres://host/')
  url.searchParams.set('sslmode', values.get('sslmode') ?? 'disable')
  const { ssl } = toClientConfig(parse(url.href))
  return {
    host: values.get('host') ?? 'localhost',
    port: Number(port ?? 5432),
    database: values.get('dbname') ?? values.get('user') ?? 'postgres',
    ...(values.has('user') && { user: values.get('user') }),
    ...(values.has('password') && { password: values.get('password') }),
    ...(ssl !== undefined && { ssl }),
  }
}

function pairs(text: string): Map<string, string> {
  const found = new Map<string, string>()
  PAIR.lastIndex = 0
  let end = 0
  for (let match = PAIR.exec(text); match?.[1]; match = PAIR.exec(text)) {
    found.set(match[1], (match[2] ?? match[3] ?? '').replaceAll(/\\(.)/g, '$1'))
    end = PAIR.lastIndex
  }
  if (found.size === 0 || text.slice(end).trim() !== '')
    throw new Error('is neither a postgres:// URL nor a list of key=value pairs')
  return found
}
