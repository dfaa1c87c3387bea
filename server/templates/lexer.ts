/**
 * The text of a template as a sequence of tokens: text between actions, and the words of the actions (Go's text/template).
 * Each character is looked at once or a bounded number of times.
 */
import { syntaxError } from './template-error.ts'

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'word'
  | 'field'
  | 'variable'
  | 'dot'
  | 'number'
  | 'string'
  | '('
  | ')'
  | '|'
  | ':='
  | '='
  | ','
  | 'end'

export type Token = {
  kind: TokenKind
  /** A field or variable without its sign, a string or character without its quotes, else as it is written. */
  value: string
  from: number
  to: number
  /** White space stands before it. */
  spaced: boolean
}

const SPACE = ' \t\r\n'
const OPEN = /\{\{(-[ \t\r\n])?/y
const CLOSE = /[ \t\r\n]+-\}\}|[ \t\r\n]*\}\}/y
const COMMENT_CLOSE = /(?:[ \t\r\n]-)?\}\}/y
const BLANK = /[ \t\r\n]+/y
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y
const NAME = /[\p{L}\p{Nd}_]+/uy
const RAW = /`[^`]*`/y
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])[^'\n]*'/y
const SIGN = /:=|[()|=,]/y

/** @throws TemplateError when the text holds what can be part of no template */
export function tokenize(name: string, text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trimNext = false
  const fail = (message: string, place = at) => syntaxError(name, text, place, message)
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0] ?? null
  }

  while (at < text.length) {
    const open = text.indexOf('{{', at)
    const end = open < 0 ? text.length : open
    const trimsBefore = open >= 0 && text[open + 2] === '-' && isSpace(text[open + 3])
    addText(end, trimsBefore)
    if (open < 0) break
    const marker = match(OPEN) ?? ''
    const from = at
    at += marker.length
    if (text.startsWith('/*', at)) skipComment()
    else {
      tokens.push({ kind: 'open', value: marker, from, to: at, spaced: false })
      readAction()
    }
  }
  tokens.push({ kind: 'end', value: '', from: text.length, to: text.length, spaced: false })
  return tokens

  function addText(end: number, trimsBefore: boolean): void {
    let [first, last] = [at, end]
    while (trimNext && first < last && isSpace(text[first])) first++
    while (trimsBefore && last > first && isSpace(text[last - 1])) last--
    if (last > first)
      tokens.push({ kind: 'text', value: text.slice(first, last), from: first, to: last, spaced: false })
    at = end
  }

  function skipComment(): void {
    const end = text.indexOf('*/', at)
    if (end < 0) throw fail('unclosed comment')
    at = end + 2
    const close = match(COMMENT_CLOSE)
    if (close === null) throw fail('comment ends before closing delimiter')
    at += close.length
    trimNext = close.includes('-')
  }

  function readAction(): void {
    let parentheses = 0
    for (;;) {
      const close = match(CLOSE)
      if (close !== null) {
        if (parentheses > 0) throw fail('unclosed left paren')
        tokens.push({ kind: 'close', value: close, from: at, to: at + close.length, spaced: false })
        at += close.length
        trimNext = close.includes('-')
        return
      }
      const blank = match(BLANK)
      at += blank?.length ?? 0
      if (at >= text.length) throw fail('unclosed action')
      const token = readToken(blank !== null)
      tokens.push(token)
      at = token.to
      if (token.kind === '(') parentheses++
      if (token.kind === ')' && --parentheses < 0) throw fail('unexpected right paren', token.from)
    }
  }

  function readToken(spaced: boolean): Token {
    const from = at
    const token = (kind: TokenKind, value: string, length: number): Token => ({
      kind,
      value,
      from,
      to: from + length,
      spaced,
    })
    const sign = match(SIGN)
    if (sign !== null) return token(sign as TokenKind, sign, sign.length) // the pattern has only signs that are kinds
    const number = match(NUMBER)
    if (number !== null) return terminated(token('number', number, number.length), 'bad number syntax')
    const character = text[at] ?? ''
    if (character === '.' || character === '$') {
      at++
      const word = match(NAME) ?? ''
      at--
      if (character === '.' && word === '') return token('dot', '.', 1)
      return terminated(token(character === '.' ? 'field' : 'variable', word, word.length + 1))
    }
    const word = match(NAME)
    if (word !== null) return terminated(token('word', word, word.length))
    if (character === '"') return quoted(token, QUOTED, 'unterminated quoted string')
    if (character === "'") return quoted(token, CHARACTER, 'unterminated character constant')
    if (character === '`') {
      const raw = match(RAW)
      if (raw === null) throw fail('unterminated raw quoted string')
      return token('string', raw.slice(1, -1).replaceAll('\r', ''), raw.length)
    }
    throw fail(`unrecognized character in action: ${describe(text, at)}`)
  }

  function quoted(token: (kind: TokenKind, value: string, length: number) => Token, pattern: RegExp, fault: string) {
    const literal = match(pattern)
    if (literal === null) throw fail(fault)
    const value = unquote(literal.slice(1, -1))
    if (value === null) throw fail('invalid syntax')
    if (pattern === QUOTED) return token('string', value, literal.length)
    if (Array.from(value).length !== 1) throw fail(`malformed character constant: ${literal.slice(0, 20)}`)
    // a character stands for its number
    return token('number', String(value.codePointAt(0)), literal.length)
  }

  /** Words end at white space, at one of some signs, or with the action. */
  function terminated(token: Token, fault?: string): Token {
    const next = text[token.to] ?? ' '
    if (isSpace(next) || '.,|:)('.includes(next) || text.startsWith('}}', token.to)) return token
    if (fault) throw fail(`${fault}: ${JSON.stringify(text.slice(token.from, token.to + 1))}`)
    throw fail(`bad character ${describe(text, token.to)}`)
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && character !== '' && SPACE.includes(character)
}

/** A character as `U+002D '-'`. */
function describe(text: string, at: number): string {
  const point = text.codePointAt(at) ?? 0
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(point)}'`
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"])|[\s\S])/g
const NAMED: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The text between quotes with its escapes replaced; null when one is none. */
function unquote(text: string): string | null {
  let valid = true
  const value = text.replaceAll(ESCAPE, (_, byte, short, long, octal, named) => {
    if (named !== undefined) return NAMED[named] ?? ''
    const hex = byte ?? short ?? long
    const point = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? 'none', 8)
    if (Number.isNaN(point) || point > 0x10ffff) {
      valid = false
      return ''
    }
    return String.fromCodePoint(point)
  })
  return valid ? value : null
}
