/** What can be wrong with a template, or with rendering it. */

export class TemplateError extends Error {
  /** The property that the data does not have, when that is the fault. */
  readonly unknownProperty: string | undefined

  /** `message` names places and types, never values: they may be secrets. */
  constructor(message: string, options: { unknownProperty?: string } = {}) {
    super(message)
    this.name = 'TemplateError'
    this.unknownProperty = options.unknownProperty
  }
}

/** What is wrong inside a function or an operand, before the place is known. */
export class Fault extends Error {
  readonly unknownProperty: string | undefined

  constructor(message: string, options: { unknownProperty?: string } = {}) {
    super(message)
    this.name = 'Fault'
    this.unknownProperty = options.unknownProperty
  }
}

/** @returns `template: name:line: message`, as Go's text/template words what is wrong with the text */
export function syntaxError(name: string, text: string, at: number, message: string): TemplateError {
  return new TemplateError(`template: ${name}:${lineOf(text, at)}: ${message}`)
}

/** The line of a place in a text, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** Bytes between the beginning of the line and the place. */
export function columnOf(text: string, at: number): number {
  return Buffer.byteLength(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))
}
