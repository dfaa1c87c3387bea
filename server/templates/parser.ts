/** From tokens to nodes. Errors are worded as Go's text/template words them, because clients of API v1 see them. */
import { FUNCTION_NAMES } from './functions.ts'
import { type Token, type TokenKind, tokenize } from './lexer.ts'
import type { Command, Node, Nodes, Operand, Pipeline, Place, Template } from './nodes.ts'
import { syntaxError, TemplateError } from './template-error.ts'

/** A longer text is no template that anybody wrote for a configuration file. */
export const MAX_TEMPLATE_LENGTH = 64 * 1024
/** So deep may blocks and parentheses stand in each other; `else if` counts, too. */
const MAX_DEPTH = 100

const KEYWORDS = new Set(['if', 'with', 'range', 'else', 'end', 'define', 'block', 'template', 'break', 'continue'])
const LITERALS = new Set<Operand['kind']>(['dot', 'nil', 'literal'])

type Stop = { word: 'else' | 'end' | ''; token: Token }

/**
 * Reads a template of Go's text/template language, without methods, calls of values and custom delimiters.
 *
 * @param name  as errors call it
 * @throws TemplateError
 */
export function parseTemplate(name: string, text: string): Template {
  if (text.length > MAX_TEMPLATE_LENGTH)
    throw new TemplateError(`template: ${name}: longer than ${MAX_TEMPLATE_LENGTH} characters`)
  return new Parser(name, text).parse()
}

class Parser {
  readonly #name: string
  readonly #text: string
  readonly #tokens: Token[]
  readonly #defined = new Map<string, Nodes>()
  #next = 0
  #depth = 0
  #loops = 0
  #variables: string[] = ['']

  constructor(name: string, text: string) {
    this.#name = name
    this.#text = text
    this.#tokens = tokenize(name, text)
  }

  parse(): Template {
    const { nodes, stop } = this.#list(true)
    if (stop.word !== '') throw this.#fail(`unexpected {{${stop.word}}}`, stop.token)
    return { name: this.#name, text: this.#text, body: nodes, defined: this.#defined }
  }

  /** Up to `else`, `end` or the end of the text; the action that ended it is read up to behind its word. */
  #list(outermost = false): { nodes: Nodes; stop: Stop } {
    const nodes: Node[] = []
    for (;;) {
      const token = this.#take()
      if (token.kind === 'end') return { nodes, stop: { word: '', token } }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.value })
        continue
      }
      const word = this.#peek()
      if (word.kind === 'word' && (word.value === 'else' || word.value === 'end')) {
        this.#take()
        return { nodes, stop: { word: word.value, token: word } }
      }
      if (word.kind === 'word' && word.value === 'define') {
        if (!outermost) throw this.#fail('unexpected {{define}}', word)
        this.#take()
        this.#define()
      } else nodes.push(this.#deeper(() => this.#action()))
    }
  }

  #action(): Node {
    const token = this.#peek()
    const keyword = token.kind === 'word' && KEYWORDS.has(token.value) ? token.value : ''
    const visible = this.#variables.length
    if (keyword !== '') this.#take()
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range': {
        const node = this.#control(keyword)
        this.#variables.length = visible
        return node
      }
      case 'template':
        return this.#template(token)
      case 'block':
        return this.#block(token)
      case 'break':
      case 'continue':
        if (this.#loops === 0) throw this.#fail(`{{${keyword}}} outside {{range}}`, token)
        this.#close(keyword)
        return { kind: keyword }
      default:
        return { kind: 'action', pipeline: this.#pipeline('command', 'close', false) }
    }
  }

  #control(kind: 'if' | 'with' | 'range'): Node {
    const pipeline = this.#pipeline(kind, 'close', kind === 'range')
    if (kind === 'range') this.#loops++
    const visible = this.#variables.length
    const { nodes: body, stop } = this.#list()
    this.#variables.length = visible
    if (kind === 'range') this.#loops--
    return { kind, pipeline, body, otherwise: this.#otherwise(kind, stop) }
  }

  #otherwise(kind: 'if' | 'with' | 'range', stop: Stop): Nodes {
    if (stop.word === '') throw this.#fail('unexpected EOF', stop.token)
    if (stop.word === 'end') {
      this.#close('end')
      return []
    }
    const again = this.#peek()
    // `else if` is an `if` inside `else` that shares the `end`
    if (again.kind === 'word' && again.value === kind && kind !== 'range') {
      this.#take()
      return [this.#deeper(() => this.#control(kind))]
    }
    this.#close('else')
    const visible = this.#variables.length
    const { nodes, stop: last } = this.#list()
    this.#variables.length = visible
    if (last.word === '') throw this.#fail('unexpected EOF', last.token)
    if (last.word === 'else') throw this.#fail('expected end; found {{else}}', last.token)
    this.#close('end')
    return nodes
  }

  #define(): void {
    const name = this.#take()
    if (name.kind !== 'string') throw this.#unexpected(name, 'define clause')
    this.#close('define clause')
    this.#defined.set(name.value, this.#separateList('define clause'))
  }

  #block(token: Token): Node {
    const name = this.#take()
    if (name.kind !== 'string') throw this.#unexpected(name, 'block clause')
    const pipeline = this.#pipeline('block clause', 'close', false)
    this.#defined.set(name.value, this.#separateList('block clause'))
    return { kind: 'template', name: name.value, pipeline, at: token.from, from: token.from, to: name.to }
  }

  /** What a definition holds sees no variables of what is around it. */
  #separateList(context: string): Nodes {
    const [variables, loops] = [this.#variables, this.#loops]
    this.#variables = ['']
    this.#loops = 0
    const { nodes, stop } = this.#deeper(() => this.#list())
    if (stop.word !== 'end') throw this.#fail(stop.word === '' ? 'unexpected EOF' : 'unexpected {{else}}', stop.token)
    this.#close(context)
    this.#variables = variables
    this.#loops = loops
    return nodes
  }

  #template(token: Token): Node {
    const name = this.#take()
    if (name.kind !== 'string') throw this.#unexpected(name, 'template clause')
    const place = { at: token.from, from: token.from, to: name.to }
    if (this.#peek().kind === 'close') {
      this.#take()
      return { kind: 'template', name: name.value, pipeline: null, ...place }
    }
    return { kind: 'template', name: name.value, pipeline: this.#pipeline('template clause', 'close', false), ...place }
  }

  /** Reads up to and with the token that ends it. */
  #pipeline(context: string, end: TokenKind, inRange: boolean): Pipeline {
    const first = this.#peek()
    const { variables, assigns } = this.#declarations(context, inRange)
    const commands: Command[] = []
    for (;;) {
      commands.push(this.#command(context))
      const token = this.#take()
      if (token.kind === end) {
        // names of variables can be used behind their declaration only
        if (!assigns) this.#variables.push(...variables)
        this.#checkStages(commands)
        return { variables, assigns, commands, at: first.from, from: first.from, to: token.from }
      }
      if (token.kind !== '|') throw this.#unexpected(token, context)
    }
  }

  #declarations(context: string, inRange: boolean): { variables: string[]; assigns: boolean } {
    const start = this.#next
    const variables: string[] = []
    while (this.#peek().kind === 'variable') {
      variables.push(this.#take().value)
      const sign = this.#peek()
      if (sign.kind === ',' && inRange && variables.length === 1) {
        this.#take()
        continue
      }
      if (sign.kind === ',') throw this.#fail(`too many declarations in ${context}`, sign)
      if (sign.kind !== ':=' && sign.kind !== '=') break
      this.#take()
      const missing = variables.find((name) => sign.kind === '=' && !this.#variables.includes(name))
      if (missing !== undefined) throw this.#fail(`undefined variable "$${missing}"`, sign)
      return { variables, assigns: sign.kind === '=' }
    }
    // it was an operand
    this.#next = start
    return { variables: [], assigns: false }
  }

  #checkStages(commands: readonly Command[]): void {
    const stage = commands.findIndex(({ operands }, index) => index > 0 && LITERALS.has(operands[0].kind))
    const literal = commands[stage]
    if (literal) throw this.#failAt(`non executable command in pipeline stage ${stage + 1}`, literal.from)
  }

  #command(context: string): Command {
    const operands: Operand[] = []
    for (let token = this.#peek(); !endsCommand(token); token = this.#peek()) {
      if (operands.length > 0 && !token.spaced) throw this.#unexpected(token, 'operand')
      operands.push(this.#operand(context))
    }
    const [first, ...rest] = operands
    if (!first) {
      const token = this.#peek()
      if (token.kind === 'close' || token.kind === '|') throw this.#fail(`missing value for ${context}`, token)
      throw this.#unexpected(token, context)
    }
    if (first.kind === 'nil' && rest.length === 0) throw this.#failAt('nil is not a command', first.from)
    return {
      operands: [first, ...rest],
      at: first.kind === 'group' ? first.from : first.at,
      from: first.from,
      to: last(operands),
    }
  }

  #operand(context: string): Operand {
    const token = this.#take()
    const simple = { at: token.from, from: token.from, to: token.to }
    switch (token.kind) {
      case 'dot':
        return { kind: 'dot', ...simple }
      case 'string':
        return { kind: 'literal', value: token.value, ...simple }
      case 'number':
        return { kind: 'literal', value: this.#number(token), ...simple }
      case 'word':
        return { ...this.#word(token), ...simple }
      case 'field': {
        const { names, ...place } = this.#fields(token)
        return { kind: 'field', names: [token.value, ...names], ...place }
      }
      case 'variable':
        if (!this.#variables.includes(token.value)) throw this.#fail(`undefined variable "$${token.value}"`, token)
        return { kind: 'variable', name: token.value, ...this.#fields(token) }
      case '(': {
        const pipeline = this.#deeper(() => this.#pipeline('parenthesized pipeline', ')', false))
        const closing = this.#tokens[this.#next - 1] ?? token
        return { kind: 'group', pipeline, ...this.#fields({ ...closing, from: token.from }) }
      }
      default:
        throw this.#unexpected(token, context)
    }
  }

  #word({
    value: word,
    ...token
  }: Token): { kind: 'nil' } | { kind: 'literal'; value: boolean } | { kind: 'function'; name: string } {
    if (word === 'nil') return { kind: 'nil' }
    if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' }
    if (KEYWORDS.has(word)) throw this.#failAt(`unexpected <${word}> in operand`, token.from)
    if (!FUNCTION_NAMES.has(word)) throw this.#failAt(`function "${word}" not defined`, token.from)
    return { kind: 'function', name: word }
  }

  #number(token: Token): number {
    const value = numberOf(token.value.replaceAll('_', ''))
    if (!Number.isFinite(value)) throw this.#fail(`bad number syntax: "${token.value}"`, token)
    return value
  }

  /** The fields that follow without white space; errors name the place of the first of them. */
  #fields(first: Token): Place & { names: string[] } {
    const place = { at: first.from, from: first.from, to: first.to }
    const names: string[] = []
    for (let token = this.#peek(); token.kind === 'field' && !token.spaced; token = this.#peek()) {
      if (names.length === 0) place.at = token.from
      names.push(this.#take().value)
      place.to = token.to
    }
    return { ...place, names }
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.#fail('nested too deeply', this.#peek())
    const result = read()
    this.#depth--
    return result
  }

  #close(context: string): void {
    const token = this.#take()
    if (token.kind !== 'close') throw this.#unexpected(token, context)
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? END
  }

  #take(): Token {
    const token = this.#peek()
    this.#next++
    return token
  }

  #unexpected(token: Token, context: string): TemplateError {
    if (token.kind === 'end') return this.#fail('unexpected EOF', token)
    return this.#fail(
      `unexpected ${JSON.stringify(this.#text.slice(token.from, token.to).slice(0, 20))} in ${context}`,
      token,
    )
  }

  #fail(message: string, token: Token): TemplateError {
    return this.#failAt(message, token.from)
  }

  #failAt(message: string, at: number): TemplateError {
    return syntaxError(this.#name, this.#text, at, message)
  }
}

const END: Token = { kind: 'end', value: '', from: 0, to: 0, spaced: false }

function endsCommand({ kind }: Token): boolean {
  return kind === 'close' || kind === '|' || kind === ')' || kind === 'end'
}

function last(operands: readonly Operand[]): number {
  return operands.at(-1)?.to ?? 0
}

/** Also with a sign before a prefix, which JavaScript does not read. */
function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[+-]/, '')
  return sign * (/^0\d+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits))
}
