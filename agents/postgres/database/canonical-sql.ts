/**
 * Definitions as PostgreSQL writes them, without what its versions write differently: from version 16 on columns of a view with
 * one table stand without its name, and parentheses come and go. What is left tells definitions apart, but is no SQL.
 */

/** Literals and quoted names as they are; words with their dots one by one; every other character alone. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_\u0080-\uffff]*\$)[\s\S]*?\1|[\w\u0080-\uffff$]+|\s+|./gu
const NAME = /^["\w\u0080-\uffff]/u

/** @param sql  a definition, deparsed with `pg_catalog` as search path, so that all names in it are whole */
export function canonicalSql(sql: string): string {
  const tokens = [...sql.matchAll(TOKEN)].map(([token]) => token).filter((token) => !/^(?:\s+|[()])$/.test(token))
  const kept: string[] = []
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]
    // the name before a dot, and the dot: the objects themselves are told apart by the lines about dependencies
    if (next === '.' && NAME.test(token)) continue
    if (token === '.' && NAME.test(tokens[index - 1] ?? '')) continue
    kept.push(token)
  }
  return kept.join(' ')
}
