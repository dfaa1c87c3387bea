/** What a template consists of after it was parsed. */
import type { Json } from '@fulcrum/schema'

/** Where something stands in the text: `from` up to `to`; errors name the place `at`. */
export type Place = { at: number; from: number; to: number }

export type Operand = Place &
  (
    | { kind: 'dot' }
    | { kind: 'nil' }
    | { kind: 'literal'; value: Json }
    | { kind: 'field'; names: readonly string[] }
    | { kind: 'variable'; name: string; names: readonly string[] }
    | { kind: 'function'; name: string }
    | { kind: 'group'; pipeline: Pipeline; names: readonly string[] }
  )

/** An operand, or a function with its arguments. */
export type Command = Place & { operands: readonly [Operand, ...Operand[]] }

/** Each command gets the result of the one before as its last argument. */
export type Pipeline = Place & {
  /** The variables that get the result, without `$`. */
  variables: readonly string[]
  /** They exist already. */
  assigns: boolean
  commands: readonly Command[]
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: Nodes; otherwise: Nodes }
  | (Place & { kind: 'template'; name: string; pipeline: Pipeline | null })
  | { kind: 'break' | 'continue' }

export type Nodes = readonly Node[]

export type Template = {
  /** As errors call it. */
  readonly name: string
  readonly text: string
  readonly body: Nodes
  /** What `define` and `block` made, by name. */
  readonly defined: ReadonlyMap<string, Nodes>
}
