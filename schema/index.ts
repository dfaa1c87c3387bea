// The property-schema language and the lifecycle language: pure functions for the server, the CLI and the console.

import type { Json, JsonObject } from './json.ts'
import type { LifecycleSchema } from './lifecycle/lifecycle.ts'
import type { PropertySchema, Registry } from './property/definition.ts'
import type { Evaluation, EvaluationArgs } from './property/evaluation.ts'

export type { Json, JsonObject } from './json.ts'
export type { LifecycleAction, LifecycleSchema, Step, Transition } from './lifecycle/lifecycle.ts'
export { allowedActions, isRunning, isTerminal, mayStart, nextState } from './lifecycle/lifecycle.ts'
export type {
  PropertyDefinition,
  PropertySchema,
  PropertyType,
  Registry,
  Rule,
  SecretType,
} from './property/definition.ts'
export type { Actor, Evaluation, EvaluationArgs, Lookups, NewSecret, Violation } from './property/evaluation.ts'
export { SchemaError } from './schema-error.ts'

const unwritten = (...args: unknown[]): never => {
  throw new Error(`not yet written (${args.length} arguments)`)
}
export const checkPropertySchema = (input: unknown, registry: Registry): PropertySchema => unwritten(input, registry)
export const evaluateProperties = (args: EvaluationArgs): Promise<Evaluation> => unwritten(args)
export const checkLifecycle = (input: unknown): LifecycleSchema => unwritten(input)
export const secretReferences = (
  schema: PropertySchema,
  properties: JsonObject,
): { reference: string; path: string; type: 'persistent' | 'ephemeral'; revealable: boolean }[] =>
  unwritten(schema, properties)
export const compilePattern = (pattern: string): ((text: string) => boolean) => unwritten(pattern)
export const jsonEqual = (a: Json, b: Json): boolean => unwritten(a, b)
export const goNumber = (value: number): string => unwritten(value)
export const lintSchema = (schema: PropertySchema, lifecycle?: LifecycleSchema): { path: string; message: string }[] =>
  unwritten(schema, lifecycle)
