/**
 * Splits SQL text into statements as psql does, so that a dump can be run piece by piece. A wrong cut would only give a syntax
 * error: the statements run with the tenant's rights, whatever they are.
 */

/** What the scanner looks at: comments, the beginning of literals and quoted names, words, and what ends statements. */
const TOKEN =
  /--[^\n]*|\/\*|\b[eE]'|['"]|\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|[();\\]/y

const ROUTINE = /^create\s+(?:or\s+replace\s+)?(?:function|procedure)\b/i

/**
 * The statements of a text, without the semicolon. Comments before a statement stay with it; a command of psql, which begins with
 * a backslash, counts as one.
 *
 * @param text  all of it, or a part that ends anywhere
 * @returns `rest`: the unfinished end, to be put before the next part
 */
export function splitStatements(text: string): { statements: string[]; rest: string } {
  const statements: string[] = []
  let begin = 0
  let depth = 0
  // In a routine's SQL body, BEGIN ATOMIC … END, semicolons end no statement.
  let bodies = 0
  let at = 0
  while (at < text.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) {
      at += 1
      continue
    }
    const end = endOf(text, at, token)
    if (end === null) break
    if (token === '\\') {
      // A command of psql is a line of its own between two statements.
      if (withoutComments(text.slice(begin, at)) === '') {
        statements.push(text.slice(at, end).trim())
        begin = end
      }
      at = end
      continue
    }
    at = end
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    else if (token === ';') {
      if (depth > 0 || bodies > 0) continue
      statements.push(text.slice(begin, at - 1).trim())
      begin = at
    } else if (/^(?:begin|case|end)$/i.test(token) && ROUTINE.test(withoutComments(text.slice(begin, begin + 2000)))) {
      if (/^end$/i.test(token)) bodies = Math.max(0, bodies - 1)
      else if (bodies > 0 || /^begin$/i.test(token)) bodies += 1
    }
  }
  return { statements: statements.filter((statement) => withoutComments(statement) !== ''), rest: text.slice(begin) }
}

/** The text without the comments and blanks at its beginning. */
export function withoutComments(text: string): string {
  return text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
}

/** Where a token, with all that belongs to it, ends that began at `at`; null if the text ends first. */
function endOf(text: string, at: number, token: string): number | null {
  const after = at + token.length
  if (token === '/*') return endOfComment(text, after)
  if (token === '\\') return endOfLine(text, after)
  if (token === "'" || token === '"') return endOfLiteral(text, after, token)
  if (token === "e'" || token === "E'") return endOfLiteral(text, after, "'", true)
  if (token.startsWith('$')) {
    const close = text.indexOf(token, after)
    return close < 0 ? null : close + token.length
  }
  // At the very end of a part a word or a comment may go on in the next one.
  return after === text.length && token !== ';' ? null : after
}

/** A doubled quote is part of the literal, and so is one after a backslash if that escapes. */
function endOfLiteral(text: string, from: number, quote: string, backslashEscapes = false): number | null {
  for (let at = from; ; ) {
    const close = text.indexOf(quote, at)
    // The last character may be the first half of a doubled quote.
    if (close < 0 || close + 1 >= text.length) return null
    const backslash = backslashEscapes ? text.slice(at, close).indexOf('\\') : -1
    if (backslash >= 0) at += backslash + 2
    else if (text[close + 1] === quote) at = close + 2
    else return close + 1
  }
}

function endOfLine(text: string, from: number): number | null {
  const end = text.indexOf('\n', from)
  return end < 0 ? null : end + 1
}

/** Comments nest. */
function endOfComment(text: string, from: number): number | null {
  const mark = /\/\*|\*\//g
  mark.lastIndex = from
  for (let depth = 1, found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return null
}
