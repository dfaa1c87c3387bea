/**
 * Rendering: a template and data become a text. Bounded in work, output and depth, because whoever writes an agent type
 * must not be able to hold up the server. Errors name places and types, never values.
 */
import { isJsonObject, type Json } from '@fulcrum/schema'
import { callFunction, SHORT_CIRCUITS } from './functions.ts'
import type { Command, Node, Nodes, Operand, Pipeline, Place, Template } from './nodes.ts'
import { columnOf, Fault, lineOf, TemplateError } from './template-error.ts'
import { isTrue, member, print, sortedEntries } from './values.ts'

/** Characters. */
const MAX_OUTPUT = 512 * 1024
/** One for each node, operand and character that is handled; all of it takes less than a second. */
const MAX_WORK = 1024 * 1024
/** So often may templates call each other within each other. */
const MAX_CALLS = 100

/**
 * Renders without escaping anything. A name that the data does not have is an error.
 *
 * @throws TemplateError with `unknownProperty` for such a name; also when a bound is exceeded
 */
export function render(template: Template, data: Json): string {
  return new Renderer(template).render(data)
}

type Variable = { name: string; value: Json }
type Flow = 'break' | 'continue' | undefined

class Renderer {
  readonly #template: Template
  readonly #output: string[] = []
  #outputLength = 0
  #work = 0
  #calls = 0
  /** The template that is executed, as errors name it. */
  #executing: string
  /** The innermost last. */
  #variables: Variable[] = []

  constructor(template: Template) {
    this.#template = template
    this.#executing = template.name
  }

  render(data: Json): string {
    this.#variables = [{ name: '', value: data }]
    this.#run(this.#template.body, data)
    return this.#output.join('')
  }

  #run(nodes: Nodes, dot: Json): Flow {
    for (const node of nodes) {
      this.#count(1)
      const flow = this.#node(node, dot)
      if (flow) return flow
    }
    return undefined
  }

  #node(node: Node, dot: Json): Flow {
    switch (node.kind) {
      case 'text':
        return this.#write(node.text)
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot)
        if (node.pipeline.variables.length > 0) return undefined
        return this.#write(value === null ? '<no value>' : print(value))
      }
      case 'break':
      case 'continue':
        return node.kind
      case 'template':
        return this.#call(node, node.name, node.pipeline ? this.#pipeline(node.pipeline, dot) : null)
      case 'if':
      case 'with':
      case 'range': {
        const visible = this.#variables.length
        const flow = node.kind === 'range' ? this.#range(node, dot) : this.#branch(node, dot)
        this.#variables.length = visible
        return flow
      }
    }
  }

  #branch({ kind, pipeline, body, otherwise }: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: Json): Flow {
    const value = this.#pipeline(pipeline, dot)
    if (!isTrue(value)) return this.#run(otherwise, dot)
    return this.#run(body, kind === 'with' ? value : dot)
  }

  #range({ pipeline, body, otherwise }: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: Json): Flow {
    const items = this.#items(pipeline, this.#pipeline({ ...pipeline, variables: [] }, dot))
    let any = false
    const visible = this.#variables.length
    for (const [key, value] of items) {
      any = true
      this.#count(1)
      this.#variables.length = visible
      const [first, second] = pipeline.variables
      if (first !== undefined) this.#assign(pipeline, first, second === undefined ? value : key)
      if (second !== undefined) this.#assign(pipeline, second, value)
      if (this.#run(body, value) === 'break') break
    }
    this.#variables.length = visible
    return any ? undefined : this.#run(otherwise, dot)
  }

  /** What a range goes over: index and element, key and member, or the numbers below a number. */
  *#items(place: Place, value: Json): Iterable<readonly [Json, Json]> {
    if (value === null) return
    if (Array.isArray(value)) yield* value.entries()
    else if (isJsonObject(value)) {
      this.#count(Object.keys(value).length)
      yield* sortedEntries(value)
    } else if (typeof value === 'number' && Number.isInteger(value)) {
      for (let number = 0; number < value; number++) yield [number, number]
    } else throw this.#at(place, new Fault(`range can't iterate over ${typeof value}`))
  }

  #call(place: Place, name: string, dot: Json): Flow {
    const body = this.#template.defined.get(name)
    if (!body) throw this.#at(place, new Fault(`template "${name}" not defined`))
    if (this.#calls >= MAX_CALLS) throw this.#at(place, new Fault(`exceeded maximum template depth (${MAX_CALLS})`))
    const [variables, executing] = [this.#variables, this.#executing]
    this.#variables = [{ name: '', value: dot }]
    this.#executing = name
    this.#calls++
    this.#run(body, dot)
    this.#calls--
    this.#variables = variables
    this.#executing = executing
    return undefined
  }

  #pipeline(pipeline: Pipeline, dot: Json): Json {
    let value: Json | undefined
    for (const command of pipeline.commands) value = this.#command(command, dot, value)
    const result = value ?? null
    for (const name of pipeline.variables) this.#assign(pipeline, name, result)
    return result
  }

  #assign({ assigns }: Pipeline, name: string, value: Json): void {
    const variable = assigns ? this.#variables.findLast((candidate) => candidate.name === name) : undefined
    if (variable) variable.value = value
    else this.#variables.push({ name, value })
  }

  /** `final` is the result of the command before; undefined for the first. */
  #command(command: Command, dot: Json, final: Json | undefined): Json {
    const [first, ...rest] = command.operands
    if (first.kind !== 'function') {
      if (rest.length > 0 || final !== undefined)
        throw this.#at(first, new Fault(`can't give argument to non-function ${this.#source(first)}`))
      return this.#operand(first, dot)
    }
    const stop = SHORT_CIRCUITS[first.name]
    if (stop !== undefined) return this.#shortCircuit(command, dot, final, stop)
    const values = rest.map((operand) => this.#operand(operand, dot))
    return this.#function(command, first.name, final === undefined ? values : [...values, final])
  }

  /** `and` answers the first false value, `or` the first true one, both the last otherwise; what follows is not evaluated. */
  #shortCircuit(command: Command, dot: Json, final: Json | undefined, stop: boolean): Json {
    let value: Json | undefined
    for (const operand of command.operands.slice(1)) {
      value = this.#operand(operand, dot)
      if (isTrue(value) === stop) return value
    }
    value = final ?? value
    if (value === undefined) throw this.#at(command, new Fault('wrong number of args: want at least 1 got 0'))
    return value
  }

  #function(place: Place, name: string, values: readonly Json[]): Json {
    for (const value of values) this.#count(typeof value === 'string' ? value.length : 1)
    try {
      const result = callFunction(name, values)
      if (typeof result === 'string') this.#count(result.length)
      return result
    } catch (error) {
      throw this.#at(place, error)
    }
  }

  #operand(operand: Operand, dot: Json): Json {
    this.#count(1)
    switch (operand.kind) {
      case 'dot':
        return dot
      case 'nil':
        return null
      case 'literal':
        return operand.value
      case 'field':
        return this.#fields(operand, dot, operand.names)
      case 'variable': {
        const variable = this.#variables.findLast(({ name }) => name === operand.name)
        return this.#fields(operand, variable?.value ?? null, operand.names)
      }
      case 'group':
        return this.#fields(operand, this.#pipeline(operand.pipeline, dot), operand.names)
      case 'function':
        return this.#function(operand, operand.name, [])
    }
  }

  #fields(place: Place, start: Json, names: readonly string[]): Json {
    let value = start
    for (const name of names) {
      this.#count(1)
      if (value === null) throw this.#at(place, new Fault(`nil pointer evaluating interface {}.${name}`))
      if (!isJsonObject(value)) throw this.#at(place, new Fault(`can't evaluate field ${name} in type interface {}`))
      const found = member(value, name)
      if (found === undefined)
        throw this.#at(place, new Fault(`map has no entry for key "${name}"`, { unknownProperty: name }))
      value = found
    }
    return value
  }

  #write(text: string): undefined {
    this.#count(text.length)
    this.#outputLength += text.length
    if (this.#outputLength > MAX_OUTPUT) throw this.#exceeded('output')
    this.#output.push(text)
  }

  #count(work: number): void {
    this.#work += work
    if (this.#work > MAX_WORK) throw this.#exceeded('work')
  }

  #exceeded(what: string): TemplateError {
    return new TemplateError(`template: ${this.#template.name}: the ${what} exceeds the bound of a template`)
  }

  #source({ from, to }: Place): string {
    return this.#template.text.slice(from, Math.min(to, from + 100))
  }

  /** A fault with its place; anything else as it is. */
  #at(place: Place, error: unknown): unknown {
    if (!(error instanceof Fault)) return error
    const { name, text } = this.#template
    const where = `${name}:${lineOf(text, place.at)}:${columnOf(text, place.at)}`
    return new TemplateError(
      `template: ${where}: executing "${this.#executing}" at <${this.#source(place)}>: ${error.message}`,
      error.unknownProperty === undefined ? {} : { unknownProperty: error.unknownProperty },
    )
  }
}
